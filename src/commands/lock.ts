import { SqlmigError } from '../core/errors.ts'
import { LOCK_FILE, lockMigrations, parseLockFile, renderLockFile } from '../core/lock-file.ts'
import { type MigrationFolder, pairFiles } from '../core/migration.ts'
import type { Report } from '../core/run.ts'
import type { EngineContext } from '../engine/context.ts'
import { withSession } from '../engine/open.ts'
import { type RunRecorder, record } from '../engine/recorder.ts'
import { inspectUnlocked } from '../engine/running.ts'
import type { FileWriter, MigrationSource } from '../ports.ts'

export interface LockInput {
  /** What becomes of the pinned head: it stays as it is, is taken from the database, or is no longer pinned. Default `keep`. */
  readonly head?: 'keep' | 'pin' | 'drop'
}

export interface LockContext {
  readonly source: MigrationSource
  readonly files: FileWriter
  /** Puts a file's name behind the folder of the migrations. */
  readonly pathOf: (file: string) => string
  readonly emit: EngineContext['emit']
  /** The database; only asked for when its head is pinned. */
  readonly database: () => Promise<EngineContext>
}

/** Writes the lock file of the folder: one line for each migration, and the head of the database where that is wanted. */
export function lock(context: LockContext, input: LockInput = {}): Promise<Report> {
  return record('lock', false, context.emit, async (recorder) => {
    const head =
      input.head === 'pin'
        ? { head: await readHead(await context.database(), recorder) }
        : input.head === 'drop'
          ? { head: undefined }
          : {}
    const changed = await writeLockFile(context, head)
    recorder.add({ files: changed ? [context.pathOf(LOCK_FILE)] : [] })
    return 0
  })
}

/** The head of a chain that holds; what the folder and an older pin say does not matter. */
async function readHead(context: EngineContext, recorder: RunRecorder): Promise<string> {
  return withSession(context, recorder, 'read', async (session, folder) => {
    const alone: MigrationFolder = { ...folder, findings: [], pins: [] }
    const { findings, history } = await inspectUnlocked(context, recorder, session, alone)
    recorder.found(findings.filter(({ code }) => code === 'CHAIN_BROKEN' || code === 'HISTORY_UNTRUSTED'))
    recorder.refuseErrors()
    if (history.head === undefined)
      throw new SqlmigError('USAGE', { problem: `${context.history.name} is empty: there is no head to pin` })
    return history.head
  })
}

/**
 * Writes the lines of the folder as it is now; true when that changed the lock file.
 * @param change the head, where it is to be another one than before
 */
export async function writeLockFile(
  { source, files, pathOf }: Pick<LockContext, 'source' | 'files' | 'pathOf'>,
  change: { readonly head?: string | undefined } = {},
): Promise<boolean> {
  const { migrations } = pairFiles(await source.read())
  const before = await source.readBeside(LOCK_FILE)
  const known = before === undefined ? undefined : parseLockFile(before).lock
  const head = 'head' in change ? change.head : known?.head
  const text = renderLockFile({ head, migrations: lockMigrations(migrations) })
  if (before !== undefined && 'bytes' in before && Buffer.from(before.bytes).toString('utf8') === text)
    return false
  await files.replaceFile(pathOf(LOCK_FILE), text)
  return true
}
