import type { MigrationFolder } from '../core/migration.ts'
import { runningFinding } from '../core/reconcile.ts'
import type { Session } from '../ports.ts'
import type { EngineContext } from './context.ts'
import { inspect } from './open.ts'
import type { RunRecorder } from './recorder.ts'
import { hasIncomplete, type State } from './state.ts'

/**
 * Like `inspect`, for commands that take no lock: a migration that looks incomplete may be one that another session is in the middle of,
 * and then that session holds the lock.
 */
export async function inspectUnlocked(
  context: EngineContext,
  recorder: RunRecorder,
  session: Session,
  folder: MigrationFolder,
): Promise<State> {
  const state = await inspect(context, recorder, session, folder)
  if (!hasIncomplete(state)) return state
  const holder = await context.lock.holder(session)
  // It may have ended between the two questions; without a holder what is read now is certain.
  if (holder === undefined || holder.pid === session.info.backendPid)
    return inspect(context, recorder, session, folder)
  const findings = state.findings.map((finding) =>
    finding.code === 'INCOMPLETE' ? runningFinding(finding, holder.description) : finding,
  )
  recorder.found(findings)
  return { ...state, findings }
}
