import { makePlan } from '../core/plan.ts'
import type { Report } from '../core/run.ts'
import { checkStatements, createAnalysis } from '../engine/analyse.ts'
import type { EngineContext } from '../engine/context.ts'
import { withSession } from '../engine/open.ts'
import { record } from '../engine/recorder.ts'
import { inspectUnlocked } from '../engine/running.ts'

/** Files, history and chain: every finding at once. Writes nothing and takes no lock. */
export function verify(context: EngineContext): Promise<Report> {
  return record('verify', false, context.emit, (recorder) =>
    withSession(context, recorder, 'read', async (session, folder) => {
      const { statuses, findings } = await inspectUnlocked(context, recorder, session, folder)
      const pending = makePlan({ kind: 'up', to: { kind: 'latest' } }, statuses)
      recorder.found([...findings, ...(await checkStatements(createAnalysis(context.parser), pending))])
      return recorder.verdict()
    }),
  )
}
