import type { FindingCode } from '../core/finding.ts'
import type { Report } from '../core/run.ts'
import type { EngineContext } from '../engine/context.ts'
import { withSession } from '../engine/open.ts'
import { record } from '../engine/recorder.ts'
import { inspectUnlocked } from '../engine/running.ts'

/** What is wrong with the history itself, and not with the files. */
const OF_HISTORY: ReadonlySet<FindingCode> = new Set(['CHAIN_BROKEN', 'HEAD_MISMATCH', 'HISTORY_UNTRUSTED'])

/** Every event that the history holds, oldest first. Writes nothing and takes no lock. */
export function history(context: EngineContext): Promise<Report> {
  return record('history', false, context.emit, (recorder) =>
    withSession(context, recorder, 'read', async (session, folder) => {
      const state = await inspectUnlocked(context, recorder, session, folder)
      recorder.add({ events: state.history.rows })
      return state.findings.some(({ code, severity }) => severity === 'error' && OF_HISTORY.has(code)) ? 4 : 0
    }),
  )
}
