import { failedRow } from '../core/copy-data.ts'
import { isSqlmigError, SqlmigError } from '../core/errors.ts'
import { withoutGuard } from '../core/execute-guard.ts'
import type { SqlFile } from '../core/migration.ts'
import type { Step } from '../core/plan.ts'
import { asSqlmigError } from '../core/report.ts'
import type { StepInfo } from '../core/run.ts'
import type { StatementSpan } from '../core/split.ts'
import { chunksOf, excerptAt, offsetOfCharacter, positionAt } from '../core/sql-text.ts'
import { type Answer, HEAD_MOVED, type Session, StatementError } from '../ports.ts'
import type { Analysis } from './analyse.ts'
import type { EngineContext, StatementContext } from './context.ts'
import type { Observer } from './observer.ts'
import { settingsFor } from './settings.ts'

// Looking for blockers opens a second session; most statements end before it is worth it.
const BLOCKED_AFTER_MS = 1000
const CANCEL_AGAIN_MS = 1000

/** What sending the SQL of files takes. */
export interface StatementTools {
  readonly context: StatementContext
  readonly session: Session
  readonly observer: Observer
  readonly analysis: Analysis
}

/** Everything that the parts of one run share. */
export interface RunTools extends StatementTools {
  readonly context: EngineContext
}

/** A step of the plan together with what events call it. */
export interface PlannedStep {
  readonly step: Step
  readonly info: StepInfo
}

/**
 * Sends SQL of a file: an interrupt cancels it, and whoever blocks it is named. The session has answered when this settles, and no
 * cancellation is on its way any more. An answer that came in spite of an interrupt counts: what has run has run.
 * @throws SqlmigError `STATEMENT_FAILED` with the place in the file, `INTERRUPTED`, `SESSION_LOST`
 */
export async function sendFileSql(
  tools: StatementTools,
  planned: PlannedStep,
  message: string,
  place: FailurePlace = {},
): Promise<Answer> {
  const { signal } = tools.context
  if (signal.aborted) throw interrupted(planned.step)
  const watch = new AbortController()
  let blockers: string | undefined
  let cancelling: Promise<unknown> | undefined
  const cancel = () => {
    cancelling ??= cancelUntil(tools, watch.signal)
  }
  signal.addEventListener('abort', cancel, { once: true })
  const watching = watchBlockers(tools, planned, watch.signal, (who) => {
    blockers = who
  })
  try {
    const { data } = place
    if (data === undefined) return await tools.session.send(message)
    return await tools.session.sendCopy(
      message,
      untilAborted(chunksOf(planned.step.sql.text, data.start, data.end), signal),
    )
  } catch (error) {
    if (signal.aborted) throw interrupted(planned.step, error)
    throw error instanceof StatementError
      ? await explainFailure(tools.analysis, planned.step.sql, error, { ...place, blockers })
      : error
  } finally {
    signal.removeEventListener('abort', cancel)
    // With a reason no DOMException is made, which takes longer than most statements.
    watch.abort('answered')
    await Promise.all([cancelling, watching])
  }
}

/** A server that waits for data sees no request to cancel; it is told by the data that end. */
function* untilAborted<T>(items: Iterable<T>, signal: AbortSignal): Generator<T, void, undefined> {
  for (const item of items) {
    if (signal.aborted) throw new Error('interrupted')
    yield item
  }
}

/** Again and again: a request that overtakes the statement it is meant for has no effect. */
async function cancelUntil({ context, session, observer }: StatementTools, done: AbortSignal): Promise<void> {
  while (!done.aborted) {
    const sent = await observer.cancel(session)
    // Nobody can reach the server any more, so only the connection is left to cut.
    if (!sent && context.database.observe !== undefined) session.destroy('interrupted')
    await context.clock.sleep(CANCEL_AGAIN_MS, done)
  }
}

export function interrupted({ version, name }: Pick<Step, 'version' | 'name'>, cause?: unknown): SqlmigError {
  return new SqlmigError('INTERRUPTED', { during: `while ${version} ${name} was running` }, { cause })
}

async function watchBlockers(
  { context, session, observer }: StatementTools,
  { step, info }: PlannedStep,
  done: AbortSignal,
  onBlocked: (who: string) => void,
): Promise<void> {
  const { lockTimeoutMs } = settingsFor(step.sql, context.policy, session.info)
  // A lock timeout that is shorter would end the wait before anybody looked.
  let pause = lockTimeoutMs > 0 ? Math.min(BLOCKED_AFTER_MS, lockTimeoutMs / 2) : BLOCKED_AFTER_MS
  let last: string | undefined
  for (;;) {
    await context.clock.sleep(pause, done)
    if (done.aborted) return
    pause = BLOCKED_AFTER_MS
    const blockers = await observer.blockers(session)
    if (blockers === undefined || blockers === last || done.aborted) continue
    last = blockers
    onBlocked(blockers)
    context.emit({ type: 'step.blocked', step: info, blockers })
  }
}

/**
 * Commits. It counts only with the tag COMMIT: a failed transaction answers COMMIT without an error, but with the tag ROLLBACK.
 * @throws SqlmigError `SESSION_LOST` (and whether it was committed is unknown), `FILE_ENDED_TRANSACTION`, `STATEMENT_FAILED`
 */
export async function commit({ session }: Pick<StatementTools, 'session'>, { sql }: Step): Promise<void> {
  const { tags, status } = await session.send('commit').catch((error: unknown) => {
    throw asSqlmigError(error)
  })
  if (tags.at(-1) !== 'COMMIT' || status !== 'idle')
    throw new SqlmigError('FILE_ENDED_TRANSACTION', { file: sql.file, tags: tags.join(', ') })
}

/** Turns what the server said into the error of the run, with the place in the file. */
async function explainFailure(
  analysis: Analysis,
  file: SqlFile,
  error: StatementError,
  { blockers, guarded, ...place }: FailurePlace & { blockers: string | undefined },
): Promise<SqlmigError> {
  const failure = guarded === undefined ? error.failure : withoutGuard(error.failure, error.internal, guarded)
  const offset = await locate(analysis, file, { failure, completed: error.completed }, place)
  const position = offset === undefined ? undefined : positionAt(file.text, offset)
  const facts = {
    failure,
    ...(blockers === undefined ? {} : { blockers }),
    ...(guarded === undefined ? {} : { guarded: true as const }),
  }
  const location = { file: file.file, ...position }
  const excerpt = position === undefined ? undefined : excerptAt(file.text, position)
  return new SqlmigError('STATEMENT_FAILED', facts, { cause: error, location, excerpt })
}

/** Where a message stood in its file. */
interface FailurePlace {
  /** 0-based; `none`: the file as a whole failed, such as by a constraint that it deferred; `unknown`: nobody counted. */
  readonly statement?: number | 'none' | 'unknown'
  /** Where the message begins in the text. */
  readonly offset?: number
  /** The data that were sent with a COPY … FROM stdin. */
  readonly data?: StatementSpan | undefined
  /** The text as it was before {@link guardedByExecute}. */
  readonly guarded?: string
}

/**
 * Where in the text a message failed. The server gives a position for syntax errors and unknown names, and the line for a row of COPY data;
 * for anything else it is known how many statements had completed.
 */
async function locate(
  analysis: Analysis,
  file: SqlFile,
  { failure, completed }: Pick<StatementError, 'failure' | 'completed'>,
  { statement, offset = 0, data }: FailurePlace,
): Promise<number | undefined> {
  if (statement === 'none') return undefined
  if (failure.position !== undefined)
    return offset + offsetOfCharacter(file.text.slice(offset), failure.position)
  if (statement === 'unknown') return undefined
  const statements = await analysis.statementsOf(file)
  const first = statements.findIndex(({ start }) => start >= offset)
  const failed = statements[statement ?? first + completed.length]
  if (data === undefined) return failed?.start
  const format = failed?.trait.kind === 'copy-from-client' ? failed.trait.format : 'text'
  return failedRow(file.text, data, format, failure.where) ?? failed?.start
}

/** An error in one of our own statements around a file: it is about the history, not about the file. */
export function explainOwnFailure(error: unknown, history: string): unknown {
  if (!(error instanceof StatementError)) return error
  const { sqlstate, message } = error.failure
  if (sqlstate === HEAD_MOVED) return new SqlmigError('HISTORY_MOVED', { history }, { cause: error })
  return new SqlmigError(
    'HISTORY_WRITE_FAILED',
    { history, reason: `${message} (SQLSTATE ${sqlstate})` },
    { cause: error },
  )
}

export function isLockTimeout(error: unknown): boolean {
  return isSqlmigError(error, 'STATEMENT_FAILED') && error.facts.failure.sqlstate === '55P03'
}
