import { setTimeout as wait } from 'node:timers/promises'
import { SqlmigError } from '../../core/errors.ts'
import type { ConnectOptions } from '../../ports.ts'
import { DirectoryInUse, lockDirectory, lockFileOf } from './directory-lock.ts'

const PAUSE_MS = 100
// Most waits are shorter than this.
const ANNOUNCE_AFTER_MS = 1000

/**
 * Claims the folder of an embedded database, and waits for its present user as long as for the migration lock of a server.
 * @returns a function that gives the folder back
 * @throws SqlmigError `LOCK_NOT_OBTAINED`, `INTERRUPTED`
 */
export async function waitForDirectory(
  directory: string,
  { lockWaitMs = 0 }: { readonly lockWaitMs?: number },
  { signal, onNotice }: ConnectOptions,
): Promise<() => Promise<void>> {
  const start = performance.now()
  let announced = false
  for (;;) {
    const holder = await tryToLock(directory)
    if (typeof holder === 'function') return holder
    const waitedMs = Math.round(performance.now() - start)
    if (waitedMs >= lockWaitMs) throw new SqlmigError('LOCK_NOT_OBTAINED', { waitedMs, holder })
    if (!announced && waitedMs >= ANNOUNCE_AFTER_MS) {
      announced = true
      onNotice({ severity: 'WARNING', message: `the embedded database is in use by ${holder}: waiting` })
    }
    await wait(
      Math.min(PAUSE_MS, lockWaitMs - waitedMs),
      undefined,
      signal === undefined ? {} : { signal },
    ).catch(() => {})
    if (signal?.aborted === true)
      throw new SqlmigError('INTERRUPTED', { during: 'while waiting for the embedded database' })
  }
}

/** The way to give the folder back, or who holds it. */
async function tryToLock(directory: string): Promise<(() => Promise<void>) | string> {
  try {
    return await lockDirectory(directory)
  } catch (error) {
    // The file is named, because a process number can have been given to another program after a crash.
    if (error instanceof DirectoryInUse) return `process ${error.pid} (${lockFileOf(directory)})`
    throw error
  }
}
