import { findExtensions } from '../core/extensions.ts'
import type { MigrationFolder } from '../core/migration.ts'
import type { Session } from '../ports.ts'
import type { EngineContext } from './context.ts'
import { readFolder } from './folder.ts'
import { createObserver, type Observer } from './observer.ts'
import type { RunRecorder } from './recorder.ts'
import { readState, type State } from './state.ts'
import { watchSession } from './watchdog.ts'

/** Opens the session of a command, does the work with it, and ends it whatever happens. */
export async function withSession<T>(
  context: EngineContext,
  recorder: RunRecorder,
  access: 'read' | 'write',
  work: (session: Session, folder: MigrationFolder, observer: Observer) => Promise<T>,
): Promise<T> {
  const folder = await readFolder(context)
  recorder.found(folder.findings)
  const opened = await context.database.connect({
    onNotice: (notice) => recorder.notice(notice),
    signal: context.signal,
    access,
    extensions: findExtensions(folder.migrations),
  })
  const observer = createObserver(context.database, context.clock)
  const session = watchSession(opened, observer, context.clock, context.policy.liveness)
  try {
    const { database, server, findings = [] } = session.info
    recorder.connected({ database, server, history: context.history.name, head: null }, findings)
    return await work(session, folder, observer)
  } finally {
    await observer.close()
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
