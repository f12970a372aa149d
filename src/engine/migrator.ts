import { SqlmigError } from '../core/errors.ts'
import { findExtensions } from '../core/extensions.ts'
import { hasErrors } from '../core/finding.ts'
import { type MigrationFolder, pairFiles } from '../core/migration.ts'
import { describeSteps, makePlan, type Plan, type PlanRequest } from '../core/plan.ts'
import type { Session } from '../ports.ts'
import { type Analysis, checkStatements, createAnalysis } from './analyse.ts'
import type { EngineContext } from './context.ts'
import { execute, type TransactionMode } from './execute.ts'
import { Ledger } from './ledger.ts'
import { acquireLock } from './lock.ts'
import { createObserver } from './observer.ts'
import type { RunRecorder } from './recorder.ts'
import {
  compareState,
  findingsFor,
  hasIncomplete,
  hasLastingErrors,
  readRecordedDowns,
  readState,
  type State,
  type Tolerance,
} from './state.ts'

/** A run that changes the database. */
export interface MigrationRequest extends Tolerance {
  readonly plan: PlanRequest
  readonly mode: TransactionMode
  readonly dryRun: boolean
}

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
    const { database, server } = session.info
    recorder.connected({ database, server, history: context.history.name, head: null })
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
    const first = await inspect(context, recorder, session, folder)
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
  const findings = findingsFor(state, request.plan.kind, request)
  recorder.found(findings)
  // A migration that another run is in the middle of looks incomplete; only behind the lock is that certain.
  if (hasLastingErrors(findings)) {
    const plan = tryPlan(request, state)
    if (plan !== undefined) recorder.found([...findings, ...(await checkStatements(analysis, plan))])
    recorder.refuseErrors()
  }
  if (hasErrors(findings)) return { steps: [] }
  const recorded =
    request.downSource === 'history' ? await readRecordedDowns(context, session, state) : undefined
  const plan = makePlan(request.plan, state.statuses, recorded)
  const single = plan.steps.find((step) => step.sql.directives.transaction === 'none')
  if (request.mode === 'single' && single !== undefined)
    throw new SqlmigError('SINGLE_TRANSACTION_IMPOSSIBLE', { file: single.sql.file })
  const found = [...findings, ...(await checkStatements(analysis, plan))]
  recorder.found(found)
  if (hasErrors(found)) recorder.refuseErrors()
  return plan
}

/** A refused run reports what its files hold as well, as far as a plan can be made at all. */
function tryPlan(request: MigrationRequest, state: State): Plan | undefined {
  try {
    return makePlan(request.plan, state.statuses)
  } catch {
    return undefined
  }
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
  const observer = createObserver(context)
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
      recorder.found(findingsFor(after, request.plan.kind, { ...request, outOfOrder: 'allow' }))
    }
  }
}
