import { SqlmigError } from '../core/errors.ts'
import { hasErrors } from '../core/finding.ts'
import { describeSteps, makePlan, type Plan, type PlanRequest, tryPlan } from '../core/plan.ts'
import { versionKey } from '../core/version.ts'
import type { Session } from '../ports.ts'
import { type Analysis, checkStatements, createAnalysis } from './analyse.ts'
import type { EngineContext } from './context.ts'
import { execute, type TransactionMode } from './execute.ts'
import { Ledger } from './ledger.ts'
import { acquireLock } from './lock.ts'
import { createObserver } from './observer.ts'
import { inspect, withSession } from './open.ts'
import type { RunRecorder } from './recorder.ts'
import { inspectUnlocked } from './running.ts'
import {
  compareState,
  findingsFor,
  hasIncomplete,
  hasLastingErrors,
  readRecordedDowns,
  type State,
  type Tolerance,
} from './state.ts'

/** A run that changes the database. */
export interface MigrationRequest extends Tolerance {
  readonly plan: PlanRequest
  readonly mode: TransactionMode
  readonly dryRun: boolean
}

/**
 * Read everything, reconcile, plan, run all checks, and only then write. The lock is taken when there is something to do, and the history
 * is read again behind it: another run may have done it all meanwhile.
 * @throws SqlmigError with any code that stops a run
 */
export async function migrate(
  context: EngineContext,
  recorder: RunRecorder,
  request: MigrationRequest,
): Promise<void> {
  await withSession(context, recorder, request.dryRun ? 'read' : 'write', async (session, folder) => {
    const analysis = createAnalysis(context.parser)
    const look = request.dryRun ? inspectUnlocked : inspect
    const first = await look(context, recorder, session, folder)
    const preview = await prepare(context, recorder, session, first, request, analysis)
    if (request.dryRun || (preview.steps.length === 0 && !hasIncomplete(first))) {
      recorder.refuseErrors()
      recorder.planned(describeSteps(preview))
      return
    }
    await acquireLock(context, session)
    await context.history.prepare(session)
    const state = await inspect(context, recorder, session, folder)
    const plan = await prepare(context, recorder, session, state, request, analysis)
    recorder.refuseErrors()
    recorder.planned(describeSteps(plan))
    await run(context, recorder, session, state, plan, request, analysis)
  })
}

/** The plan, and every finding about it. Without a plan in the end the run is refused by its findings. */
async function prepare(
  context: EngineContext,
  recorder: RunRecorder,
  session: Session,
  state: State,
  request: MigrationRequest,
  analysis: Analysis,
): Promise<Plan> {
  const findings = findingsFor(state, request.plan, request)
  recorder.found(findings)
  // A migration that another run is in the middle of looks incomplete; only behind the lock is that certain.
  if (hasLastingErrors(findings)) {
    // A refused run reports what its files hold as well.
    const plan = tryPlan(request.plan, state.statuses)
    recorder.found([...findings, ...(await checkStatements(analysis, plan))])
    recorder.refuseErrors()
  }
  if (hasErrors(findings)) return { steps: [] }
  const recorded =
    request.downSource === 'history' ? await readRecordedDowns(context, session, state) : undefined
  const plan = withoutRunning(makePlan(request.plan, state.statuses, recorded), state)
  const alone = plan.steps.find((step) => step.sql.directives.transaction === 'none')
  if (request.mode === 'single' && alone !== undefined)
    throw new SqlmigError('SINGLE_TRANSACTION_IMPOSSIBLE', { file: alone.sql.file })
  const found = [...findings, ...(await checkStatements(analysis, plan))]
  recorder.found(found)
  recorder.refuseErrors()
  return plan
}

/** A dry run beside a migration that another run is in the middle of: that one is no step any more. */
function withoutRunning({ steps }: Plan, { history }: State): Plan {
  return { steps: steps.filter((step) => !history.incomplete.has(versionKey(step.version))) }
}

async function run(
  context: EngineContext,
  recorder: RunRecorder,
  session: Session,
  state: State,
  plan: Plan,
  request: MigrationRequest,
  analysis: Analysis,
): Promise<void> {
  const ledger = new Ledger(context.history, context.policy, session, state.history.rows)
  const observer = createObserver(context.database)
  try {
    await execute({ context, session, observer, analysis }, ledger, plan, request.mode, recorder)
  } finally {
    await observer.close()
    const after = await compareState(context.history, session, state.folder, ledger.rows).catch(
      () => undefined,
    )
    if (after !== undefined) {
      recorder.state(after.statuses)
      recorder.head(after.history.head)
      recorder.found(findingsFor(after, request.plan, { ...request, outOfOrder: 'allow' }))
    }
  }
}
