import { findExtensions } from '../core/extensions.ts'
import { type MigrationFolder, pairFiles } from '../core/migration.ts'
import type { Session } from '../ports.ts'
import type { EngineContext } from './context.ts'
import type { RunRecorder } from './recorder.ts'
import { readState, type State } from './state.ts'

/** Opens the session of a command, does the work with it, and ends it whatever happens. */
export async function withSession<T>(
  context: EngineContext,
  recorder: RunRecorder,
  access: 'read' | 'write',
  work: (session: Session, folder: MigrationFolder) => Promise<T>,
): Promise<T> {
  const folder = pairFiles(await context.source.read())
  recorder.found(folder.findings)
  const session = await context.database.connect({
    onNotice: (notice) => recorder.notice(notice),
    signal: context.signal,
    access,
    extensions: findExtensions(folder.migrations),
  })
  try {
    const { database, server, findings = [] } = session.info
    recorder.connected({ database, server, history: context.history.name, head: null }, findings)
    return await work(session, folder)
  } finally {
    await session.close()
  }
}

/** Reads files and history and records what they say. */
export async function inspect(
  context: EngineContext,
  recorder: RunRecorder,
  session: Session,
  folder: MigrationFolder,
): Promise<State> {
  const state = await readState(context, session, folder)
  recorder.found(state.findings)
  recorder.state(state.statuses)
  recorder.head(state.history.head)
  return state
}
