import type { UpTo } from '../core/plan.ts'
import type { Report } from '../core/run.ts'
import type { EngineContext } from '../engine/context.ts'
import { migrate } from '../engine/migrator.ts'
import { record } from '../engine/recorder.ts'

export interface PlanInput {
  readonly to?: UpTo
  readonly outOfOrder?: 'refuse' | 'allow'
}

/** What `up` would run, with every check that it would make first. Writes nothing. */
export function plan(context: EngineContext, input: PlanInput = {}): Promise<Report> {
  return record('plan', true, context.emit, async (recorder) => {
    await migrate(context, recorder, {
      plan: { kind: 'up', to: input.to ?? { kind: 'latest' } },
      outOfOrder: input.outOfOrder ?? 'refuse',
      downSource: 'files',
      mode: 'each',
      resume: 'refuse',
      dryRun: true,
    })
    return 0
  })
}
