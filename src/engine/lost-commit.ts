import { isSqlmigError, SqlmigError, StatementError } from '../core/errors.ts'
import type { Step } from '../core/plan.ts'
import { asSqlmigError } from '../core/report.ts'
import type { Session } from '../ports.ts'
import { commit, type RunTools } from './run-statements.ts'

// After an interrupt a COMMIT has this time to be answered; then the server is asked to make an end of it, and then it is given up.
const CANCEL_AFTER_MS = 2000
const GIVE_UP_AFTER_MS = 10_000
// How long the outcome is looked for at least, and at most once somebody wants an end of it.
const SHORTEST_SEARCH_MS = 5000
// Who has the lock is asked when the time is over.
const LAST_QUESTION_MS = 2000
const SHORTEST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 2000

/** What a COMMIT is known by afterwards. */
export interface CommitMark {
  /** The hash of a history row that the transaction wrote. */
  readonly hash: string
  /** The number of the transaction, where it was asked for. */
  readonly xid?: string
}

type Outcome = 'committed' | 'rolled-back' | { readonly unknown: string }

/**
 * Commits a transaction that wrote history rows. When the connection is lost meanwhile, a new one finds out what became of it: this
 * resolves when it was committed, and fails with `SESSION_LOST` when it was not. The lost session stays lost in either case.
 * @throws SqlmigError `OUTCOME_UNKNOWN` when that cannot be found out within the time to wait for the lock, `SESSION_LOST`,
 *   `FILE_ENDED_TRANSACTION`, `STATEMENT_FAILED`
 */
export async function commitRecorded(tools: RunTools, step: Step, mark: CommitMark): Promise<void> {
  try {
    await commitOrCut(tools, step)
  } catch (error) {
    if (!isSqlmigError(error, 'SESSION_LOST')) throw error
    const outcome = await search(tools, mark)
    if (outcome === 'rolled-back') throw error
    const { version, name } = step
    const { reason } = error.facts
    if (outcome !== 'committed')
      throw new SqlmigError(
        'OUTCOME_UNKNOWN',
        { version, name, reason: `${reason}; ${outcome.unknown}` },
        { cause: error },
      )
    tools.context.emit({
      type: 'notice',
      severity: 'WARNING',
      message: `the connection was lost during COMMIT (${reason}); a new one shows that it was committed`,
      version,
    })
  }
}

/** An interrupt waits for the answer, though not for ever: a COMMIT can wait for a standby that is gone. */
async function commitOrCut(tools: RunTools, step: Step): Promise<void> {
  const { signal, clock } = tools.context
  const answered = new AbortController()
  const cut = async () => {
    await clock.sleep(CANCEL_AFTER_MS, answered.signal)
    if (!answered.signal.aborted) await tools.observer.cancel(tools.session)
    await clock.sleep(GIVE_UP_AFTER_MS, answered.signal)
    if (!answered.signal.aborted) tools.session.destroy('interrupted')
  }
  let cutting: Promise<void> | undefined
  const begin = () => {
    cutting ??= cut()
  }
  if (signal.aborted) begin()
  signal.addEventListener('abort', begin, { once: true })
  try {
    await commit(tools, step)
  } finally {
    signal.removeEventListener('abort', begin)
    answered.abort()
    await cutting
  }
}

/** Asks on new connections until one knows, or the time is over. */
async function search(tools: RunTools, mark: CommitMark): Promise<Outcome> {
  const { context } = tools
  const { over, stop } = timeLimit(tools)
  let unknown = 'there was no time to find out'
  try {
    for (let pause = SHORTEST_PAUSE_MS; !over.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        return await searchOnce(tools, mark, over)
      } catch (error) {
        unknown = asSqlmigError(error).message
      }
      await context.clock.sleep(pause, over)
    }
    return { unknown }
  } finally {
    stop()
  }
}

function timeLimit({ context }: RunTools): { over: AbortSignal; stop: () => void } {
  const { clock, policy, signal } = context
  const over = new AbortController()
  const endAfter = (milliseconds: number) => {
    void clock.sleep(milliseconds, over.signal).then(() => over.abort())
  }
  const hurry = () => endAfter(SHORTEST_SEARCH_MS)
  endAfter(Math.max(policy.lockWaitMs, SHORTEST_SEARCH_MS))
  if (signal.aborted) hurry()
  signal.addEventListener('abort', hurry, { once: true })
  return {
    over: over.signal,
    stop() {
      signal.removeEventListener('abort', hurry)
      over.abort()
    },
  }
}

async function searchOnce(tools: RunTools, mark: CommitMark, over: AbortSignal): Promise<Outcome> {
  const { database } = tools.context
  // For writing: a standby may be behind, and a pooler may answer for anybody.
  const session = await database.connect({ onNotice: () => {}, signal: over, access: 'write' })
  const answered = new AbortController()
  const cut = async () => {
    await tools.context.clock.sleep(LAST_QUESTION_MS, answered.signal)
    if (!answered.signal.aborted) session.destroy('it did not answer in time')
  }
  over.addEventListener('abort', cut, { once: true })
  try {
    return await askServer(tools, session, mark, over)
  } finally {
    over.removeEventListener('abort', cut)
    answered.abort()
    await session.close()
  }
}

async function askServer(
  tools: RunTools,
  session: Session,
  mark: CommitMark,
  over: AbortSignal,
): Promise<Outcome> {
  const before = tools.session.info.identity
  const now = session.info.identity
  if (before !== undefined && now !== undefined && before !== now)
    return { unknown: 'another server or another database answers now' }
  const comparable = before !== undefined && now !== undefined
  for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    const outcome = await askOnce(tools, session, mark)
    if (outcome === 'rolled-back' && !comparable)
      return { unknown: 'it cannot be told whether the same server answers now' }
    if (outcome !== 'undecided') return outcome
    if (over.aborted) return { unknown: await whoHolds(tools, session) }
    await tools.context.clock.sleep(pause, over)
  }
}

/**
 * The row shows that it was committed. That there is none shows nothing while the old session may still be at it: it has the lock until
 * it is gone, and so whoever gets the lock and then finds no row knows that there will be none.
 */
async function askOnce(tools: RunTools, session: Session, mark: CommitMark): Promise<Outcome | 'undecided'> {
  if (await hasRow(tools, session, mark)) return 'committed'
  const status = await transactionStatus(session, mark)
  if (status === 'aborted') return 'rolled-back'
  if (!(await tools.context.lock.tryAcquire(session))) return 'undecided'
  if (await hasRow(tools, session, mark)) return 'committed'
  return status === 'committed'
    ? { unknown: 'its transaction was committed, but its history row is not there' }
    : 'rolled-back'
}

async function hasRow({ context }: RunTools, session: Session, { hash }: CommitMark): Promise<boolean> {
  const rows = (await context.history.read(session)) ?? []
  return rows.some((row) => row.hash === hash)
}

/** What the server remembers of the transaction; it has forgotten old ones, and those of another timeline it refuses. */
async function transactionStatus(session: Session, { xid }: CommitMark): Promise<string | null> {
  if (xid === undefined) return null
  try {
    const { rows } = await session.send(`select pg_catalog.pg_xact_status('${xid}'::xid8) as status`)
    return rows[0]?.['status'] ?? null
  } catch (error) {
    if (error instanceof StatementError) return null
    throw error
  }
}

async function whoHolds({ context }: RunTools, session: Session): Promise<string> {
  const holder = await context.lock.holder(session).catch(() => undefined)
  return holder === undefined
    ? 'there was no time to find out'
    : `the migration lock is held by ${holder.description}`
}
