import { isSqlmigError, SqlmigError } from '../core/errors.ts'
import { type Finding, hasErrors } from '../core/finding.ts'
import { describeSteps, makePlan, type Plan, type PlanRequest, tryPlan } from '../core/plan.ts'
import type { Session } from '../ports.ts'
import { type Analysis, checkStatements, createAnalysis, writtenPasswords } from './analyse.ts'
import type { EngineContext } from './context.ts'
import { execute, type TransactionMode } from './execute.ts'
import { Ledger } from './ledger.ts'
import { acquireLock } from './lock.ts'
import { inspect, withSession } from './open.ts'
import type { RunRecorder } from './recorder.ts'
import { checkResumed, decideResumes } from './resume.ts'
import type { RunTools } from './run-statements.ts'
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
  await withSession(
    context,
    recorder,
    request.dryRun ? 'read' : 'write',
    async (session, folder, observer) => {
      const analysis = createAnalysis(context.parser)
      const look = request.dryRun ? inspectUnlocked : inspect
      const first = await look(context, recorder, session, folder)
      const asked = { context, recorder, session, request, analysis }
      const preview = await prepare(asked, first, request.dryRun ? 'decide' : 'preview')
      if (request.dryRun || (preview.steps.length === 0 && !hasIncomplete(first))) {
        recorder.refuseErrors()
        recorder.planned(describeSteps(preview))
        return
      }
      await acquireLock(context, session)
      const tableState = await context.history.prepare(session)
      const state = await inspect(context, recorder, session, folder)
      const plan = await prepare(asked, state, 'decide')
      recorder.refuseErrors()
      recorder.planned(describeSteps(plan))
      const ledger = new Ledger(context.history, context.policy, session, state.history.rows, tableState)
      await run({ context, session, observer, analysis }, ledger, recorder, state, plan, request)
    },
  )
}

/** What is asked for, and what it takes to answer. */
interface Asked {
  readonly context: EngineContext
  readonly recorder: RunRecorder
  readonly session: Session
  readonly request: MigrationRequest
  readonly analysis: Analysis
}

/**
 * The plan, and every finding about it. Without a plan in the end the run is refused by its findings. How a migration goes on that stopped
 * midway is decided where nobody can be in the middle of it any more.
 */
async function prepare(asked: Asked, state: State, stage: 'preview' | 'decide'): Promise<Plan> {
  const { context, recorder, session, request, analysis } = asked
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
  const plan = withoutRunning(makePlan(request.plan, state.statuses, recorded), findings)
  const alone = plan.steps.find((step) => step.sql.directives.transaction === 'none')
  if (request.mode === 'single' && alone !== undefined)
    throw new SqlmigError('SINGLE_TRANSACTION_IMPOSSIBLE', { file: alone.sql.file })
  const found = [...findings, ...(await checkStatements(analysis, plan))]
  recorder.found(found)
  recorder.refuseErrors()
  if (stage === 'preview') return plan
  checkResumed(state.statuses, request.plan, plan, request.resume)
  const { history, policy } = context
  return decideResumes({ history, policy, session, analysis }, plan, request.resume)
}

/** A dry run beside a migration that another run is in the middle of: that one is no step any more. */
function withoutRunning({ steps }: Plan, findings: readonly Finding[]): Plan {
  const running = findings.filter(
    ({ code, facts }) => code === 'INCOMPLETE' && facts?.['holder'] !== undefined,
  )
  return { steps: steps.filter(({ version }) => !running.some((found) => found.version === version)) }
}

async function run(
  tools: RunTools,
  ledger: Ledger,
  recorder: RunRecorder,
  state: State,
  plan: Plan,
  request: MigrationRequest,
): Promise<void> {
  const { context, session } = tools
  try {
    await execute(tools, ledger, plan, request.mode, recorder)
  } catch (error) {
    throw state.history.rows.length === 0 ? suspectTruncation(error, context.history.name) : error
  } finally {
    const after = await compareState(context, session, state.folder, ledger.rows).catch(() => undefined)
    if (after !== undefined) {
      recorder.state(after.statuses)
      recorder.head(after.history.head)
      recorder.found(findingsFor(after, request.plan, { ...request, outOfOrder: 'allow', resume: 'refuse' }))
      recorder.foundMore(writtenPasswords(plan))
    }
  }
}

/** What already exists although the history knows of nothing may be all that is left of a history that somebody cut off. */
function suspectTruncation(error: unknown, history: string): unknown {
  if (!isSqlmigError(error, 'STATEMENT_FAILED') || !ALREADY_EXISTS.has(error.facts.failure.sqlstate))
    return error
  const { cause, location, excerpt } = error
  return new SqlmigError(
    'STATEMENT_FAILED',
    { ...error.facts, emptyHistory: history },
    { cause, location, excerpt },
  )
}

/** Duplicate schema, table, object, function, column, and database (manual, appendix A, class 42). */
const ALREADY_EXISTS = new Set(['42P06', '42P07', '42710', '42723', '42701', '42P04'])
