import { behindFindings, containedHeads } from '../core/history-findings.ts'
import { makePlan } from '../core/plan.ts'
import type { Report } from '../core/run.ts'
import { checkStatements, createAnalysis } from '../engine/analyse.ts'
import type { EngineContext } from '../engine/context.ts'
import { withSession } from '../engine/open.ts'
import { record } from '../engine/recorder.ts'
import { inspectUnlocked } from '../engine/running.ts'

export interface VerifyInput {
  /**
   * A head of the chain that was kept elsewhere, such as in CI. A history that does not contain it lost its end, was written anew, or is
   * another one (`HEAD_MISMATCH`); one that went on behind it is only a warning (`HEAD_BEHIND`).
   */
  readonly head?: string
}

/** Files, history and chain: every finding at once. Writes nothing and takes no lock. */
export function verify(context: EngineContext): Promise<Report> {
  return record('verify', false, context.emit, (recorder) =>
    withSession(context, recorder, 'read', async (session, folder) => {
      const { statuses, findings, history } = await inspectUnlocked(context, recorder, session, folder)
      const pending = makePlan({ kind: 'up', to: { kind: 'latest' } }, statuses)
      const behind = behindFindings(context.history.name, folder.pins, history.rows)
      const statements = await checkStatements(createAnalysis(context.parser), pending)
      recorder.found([...findings, ...behind, ...statements])
      if (folder.pins.length > 0) recorder.add({ pinnedHeads: containedHeads(folder.pins, history.rows) })
      return recorder.verdict()
    }),
  )
}
