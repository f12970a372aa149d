import { isSqlmigError, SqlmigError } from '../core/errors.ts'
import { lastingEffects } from '../core/lasting-effects.ts'
import { describeStep, type Plan } from '../core/plan.ts'
import type { StepInfo } from '../core/run.ts'
import { runJournalled } from './journalled.ts'
import type { Ledger } from './ledger.ts'
import { keepOnlyLock, resetSession } from './lock.ts'
import type { RunRecorder } from './recorder.ts'
import { isLockTimeout, type PlannedStep, type RunTools } from './run-statements.ts'
import { runAsBatch, runInTransaction } from './transactional.ts'

const LOCK_TIMEOUT_RETRIES = 3
const FIRST_DELAY_MS = 250

export type TransactionMode = 'each' | 'single'

/** Runs the plan, each step after the one before it, and stops at the first that fails. */
export async function execute(
  tools: RunTools,
  ledger: Ledger,
  plan: Plan,
  mode: TransactionMode,
  recorder: RunRecorder,
): Promise<void> {
  const steps = plan.steps.map((step, index) => ({ step, info: describeStep(step, index, plan) }))
  if (mode === 'single') await executeBatch(tools, ledger, steps, recorder)
  else await executeEach(tools, ledger, steps, recorder)
}

async function executeEach(
  tools: RunTools,
  ledger: Ledger,
  steps: readonly PlannedStep[],
  recorder: RunRecorder,
): Promise<void> {
  for (const [index, planned] of steps.entries()) {
    // An interrupt during a COMMIT waits for its answer; what comes next was not begun, and has not failed.
    if (tools.context.signal.aborted) {
      recorder.leaves(['Nothing else was begun.', summarise(steps.slice(0, index))].join(' ').trim())
      const { version, name } = planned.step
      throw new SqlmigError('INTERRUPTED', { during: `before ${version} ${name} was begun` })
    }
    await timed(tools, recorder, planned.info, async () => {
      const rowsBefore = ledger.rows.length
      try {
        await runOne(tools, ledger, planned)
      } catch (error) {
        const journalled = ledger.rows.length > rowsBefore || planned.step.resume !== undefined
        recorder.leaves(consequenceOf(steps.slice(0, index), planned, error, journalled))
        throw error
      }
    })
    // The session is back at its start: each migration ends with a reset, before its last row.
    if (index < steps.length - 1)
      await keepOnlyLock(tools.context, tools.session, planned.step.sql.file).catch((error: unknown) => {
        recorder.leaves(`Nothing else was begun. ${summarise(steps.slice(0, index + 1))}`)
        throw error
      })
  }
}

async function runOne(tools: RunTools, ledger: Ledger, planned: PlannedStep): Promise<void> {
  if (!planned.info.transactional) return runJournalled(tools, ledger, planned)
  for (let retry = 1; ; retry++) {
    try {
      return await runInTransaction(tools, ledger, planned)
    } catch (error) {
      if (!isLockTimeout(error) || retry > LOCK_TIMEOUT_RETRIES || tools.context.signal.aborted) throw error
      await pauseBeforeRetry(tools, planned, retry, error)
    }
  }
}

/** What could not get a lock is tried again as a whole; between the tries nobody queues behind it. */
async function pauseBeforeRetry(
  { context, session }: RunTools,
  { step, info }: PlannedStep,
  retry: number,
  error: unknown,
): Promise<void> {
  const delayMs = Math.round(FIRST_DELAY_MS * 2 ** (retry - 1) * (0.75 + Math.random() / 2))
  const blockers = isSqlmigError(error, 'STATEMENT_FAILED') ? (error.facts.blockers ?? null) : null
  context.emit({ type: 'step.retrying', step: info, attempt: retry + 1, delayMs, blockers })
  await resetSession(context, session, step.sql.file)
  await context.clock.sleep(delayMs, context.signal)
}

/** Until the one COMMIT nothing is done: a failure takes all steps back. */
async function executeBatch(
  tools: RunTools,
  ledger: Ledger,
  steps: readonly PlannedStep[],
  recorder: RunRecorder,
): Promise<void> {
  const { clock } = tools.context
  const durations: number[] = []
  let running: StepInfo | undefined
  try {
    await runAsBatch(tools, ledger, steps, async ({ info }, run) => {
      running = info
      recorder.stepStarted(info)
      const start = clock.elapsed()
      await run()
      durations.push(Math.round(clock.elapsed() - start))
    })
  } catch (error) {
    if (running !== undefined) recorder.stepFinished(running, 'failed', null)
    recorder.leaves(
      isSqlmigError(error, 'OUTCOME_UNKNOWN')
        ? 'Everything ran in one transaction: whether it was committed is unknown.'
        : `Everything ran in one transaction, which was rolled back: nothing was applied${lasting(begun(steps, running))}.`,
    )
    throw error
  }
  for (const [index, { info }] of steps.entries())
    recorder.stepFinished(info, 'done', durations[index] ?? null)
}

function begun(steps: readonly PlannedStep[], running: StepInfo | undefined): readonly PlannedStep[] {
  return steps.filter(({ info }) => running !== undefined && info.index <= running.index)
}

async function timed(
  { context }: RunTools,
  recorder: RunRecorder,
  info: StepInfo,
  work: () => Promise<void>,
): Promise<void> {
  const start = context.clock.elapsed()
  recorder.stepStarted(info)
  try {
    await work()
  } catch (error) {
    recorder.stepFinished(info, 'failed', Math.round(context.clock.elapsed() - start))
    throw error
  }
  recorder.stepFinished(info, 'done', Math.round(context.clock.elapsed() - start))
}

/** The sentence that matters after a failure: what counts and what does not. */
function consequenceOf(
  done: readonly PlannedStep[],
  failed: PlannedStep,
  error: unknown,
  journalled: boolean,
): string {
  const verb = failed.step.action === 'apply' ? 'applied' : 'reverted'
  const label = `${failed.step.version} ${failed.step.name}`
  const before = done.length === 0 ? '' : ` ${summarise(done)}`
  if (isSqlmigError(error, 'OUTCOME_UNKNOWN')) return `Whether ${label} was ${verb} is unknown.${before}`
  if (isSqlmigError(error, 'FILE_ENDED_TRANSACTION'))
    return `What ${label} did before it ended its transaction may stay; look at the database before you go on.${before}`
  if (journalled)
    return `${label} runs without a transaction: the statements before the failing one stay done, and it is incomplete now; sqlmig status shows how to go on.${before}`
  return `Nothing of ${label} was ${verb}${lasting([failed])}.${before}`
}

/** What was done outside of a transaction stays when that is rolled back. */
function lasting(failed: readonly PlannedStep[]): string {
  const effects = [...new Set(failed.flatMap(({ step }) => lastingEffects(step.sql.text)))]
  return effects.length === 0 ? '' : `, but what was done by ${effects.join(', ')} stays`
}

function summarise(done: readonly PlannedStep[]): string {
  const list = (action: string) =>
    done.filter(({ step }) => step.action === action).map(({ step }) => step.version)
  const shorten = (versions: readonly string[]) =>
    versions.length > 5 ? `${versions[0]} … ${versions.at(-1)} (${versions.length})` : versions.join(', ')
  const parts = []
  const reverted = list('revert')
  const applied = list('apply')
  if (reverted.length > 0)
    parts.push(`${shorten(reverted)} ${reverted.length === 1 ? 'stays' : 'stay'} reverted.`)
  if (applied.length > 0)
    parts.push(`${shorten(applied)} ${applied.length === 1 ? 'stays' : 'stay'} applied.`)
  return parts.join(' ')
}
