import type { Report } from '../core/run.ts'
import type { EngineContext } from '../engine/context.ts'
import { withSession } from '../engine/open.ts'
import { record } from '../engine/recorder.ts'
import { inspectUnlocked } from '../engine/running.ts'

export interface StatusInput {
  /** `report` only shows pending migrations; `fail` makes exit code 3 of them. */
  readonly pending?: 'report' | 'fail'
}

/** The state of every migration. Writes nothing and takes no lock. */
export function status(context: EngineContext, input: StatusInput = {}): Promise<Report> {
  return record('status', false, context.emit, (recorder) =>
    withSession(context, recorder, 'read', async (session, folder) => {
      const { statuses } = await inspectUnlocked(context, recorder, session, folder)
      const verdict = recorder.verdict()
      const pending = statuses.some((one) => one.state === 'pending')
      return verdict === 0 && pending && input.pending === 'fail' ? 3 : verdict
    }),
  )
}
