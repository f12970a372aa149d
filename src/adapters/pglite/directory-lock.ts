import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, rmdir, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
// biome-ignore lint/style/noRestrictedImports: a claim on a directory is a matter between processes
import { kill, pid as ownPid } from 'node:process'
import { setTimeout as wait } from 'node:timers/promises'

/** Another process works with the embedded database. */
export class DirectoryInUse extends Error {
  readonly pid: number

  constructor(pid: number) {
    super(`process ${pid} is using it`)
    this.pid = pid
  }
}

/** Only one process takes a claim of a dead one away; this is far longer than that can last. */
const TAKEOVER_LIMIT_MS = 10_000
const TAKEOVER_PAUSE_MS = 20

export function lockFileOf(directory: string): string {
  return `${directory}.lock`
}

/**
 * Claims a data directory for this process; PGlite itself lets two processes destroy each other's files. The claim is a file beside the
 * directory that holds the process number. A heartbeat would be no use: a long statement keeps the event loop of its process busy.
 * @returns a function that gives the directory back
 * @throws DirectoryInUse
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const file = lockFileOf(directory)
  await mkdir(dirname(file), { recursive: true })
  for (;;) {
    if (await claim(file)) return () => rm(file, { force: true })
    const owner = await readOwner(file)
    if (owner === 'nobody') continue
    if (owner !== undefined && isAlive(owner)) throw new DirectoryInUse(owner)
    await removeStale(file)
  }
}

/** A link appears whole or not at all, so that nobody ever reads a claim without its process number. */
async function claim(file: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, `${ownPid}\n`)
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}

/** @returns the process that claims; `nobody`: there is no claim; undefined: a claim that names no process */
async function readOwner(file: string): Promise<number | 'nobody' | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return 'nobody'
  const pid = Number(text.trim())
  return Number.isInteger(pid) && pid > 0 ? pid : undefined
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 is never delivered; it only asks whether the process is there (kill(2)).
    kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Two processes that both saw a dead owner must not take each other's fresh claim away, so they do this one after the other. */
async function removeStale(file: string): Promise<void> {
  const turn = `${file}.takeover`
  try {
    await mkdir(turn)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const since = await stat(turn).catch(() => undefined)
    if (since !== undefined && Date.now() - since.mtimeMs > TAKEOVER_LIMIT_MS)
      await rmdir(turn).catch(() => {})
    await wait(TAKEOVER_PAUSE_MS)
    return
  }
  try {
    const owner = await readOwner(file)
    // Without a claim there is nothing to remove, and the next moment somebody's fresh one may be there.
    if (owner === 'nobody') return
    if (owner === undefined || !isAlive(owner)) await rm(file, { force: true })
  } finally {
    await rmdir(turn)
  }
}
