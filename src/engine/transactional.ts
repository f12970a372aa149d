import { randomUUID } from 'node:crypto'
import { isSqlmigError, SqlmigError } from '../core/errors.ts'
import { textForServer } from '../core/file-checks.ts'
import type { HistoryRow } from '../core/history.ts'
import type { Step } from '../core/plan.ts'
import type { StepInfo } from '../core/run.ts'
import { StatementError } from '../ports.ts'
import type { Ledger } from './ledger.ts'
import {
  explainFailure,
  explainOwnFailure,
  interrupted,
  type RunTools,
  sendWatched,
} from './run-statements.ts'
import { quoteText, settingsFor } from './settings.ts'

/** A step of the plan together with what events call it. */
export interface PlannedStep {
  readonly step: Step
  readonly info: StepInfo
}

const TRANSACTION_TAG = /^(?:BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PREPARE TRANSACTION)/

/**
 * Runs one migration in a transaction of its own: its file and its history row commit together or not at all.
 * Every message has exactly one answer and none depends on the one before, so that they can follow each other without waiting.
 */
export async function runInTransaction(tools: RunTools, ledger: Ledger, planned: PlannedStep): Promise<void> {
  await inTransaction(tools, ledger, planned, async () => [
    await runAndRecord(tools, ledger, planned, 'set constraints all immediate'),
  ])
}

/** Runs all migrations in one transaction; `onDone` is told of each that ran, though nothing counts before the end. */
export async function runAsBatch(
  tools: RunTools,
  ledger: Ledger,
  batch: readonly PlannedStep[],
  around: (planned: PlannedStep, run: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const last = batch.at(-1)
  if (last === undefined) return
  await inTransaction(tools, ledger, last, async () => {
    const rows: HistoryRow[] = []
    for (const planned of batch) {
      await around(planned, async () => {
        rows.push(await runAndRecord(tools, ledger, planned, CHECK_AND_DEFER_AGAIN))
      })
    }
    return rows
  })
}

async function inTransaction(
  tools: RunTools,
  ledger: Ledger,
  last: PlannedStep,
  work: () => Promise<HistoryRow[]>,
): Promise<void> {
  const { session, context } = tools
  try {
    await session.send(`begin; ${ledger.headCheck}`).catch((error: unknown) => {
      throw explainOwnFailure(error, context.history.name)
    })
    const rows = await work()
    if (context.signal.aborted) throw interrupted(last.step)
    await commit(tools, last)
    for (const row of rows) ledger.add(row)
  } catch (error) {
    ledger.rewind()
    // After a loss there is nothing to roll back: the server does it when it notices.
    await session.send('rollback').catch(() => {})
    throw error
  }
}

/**
 * SET CONSTRAINTS ALL lasts until the end of the transaction, and the next file expects its constraints as they were declared. The
 * triggers run with the search path of the file, so every name here is qualified.
 */
const CHECK_AND_DEFER_AGAIN = `do $$
declare
  each record;
begin
  for each in
    select distinct n.nspname, c.conname, c.condeferred
    from pg_catalog.pg_constraint c join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.connamespace
    where c.condeferrable
  loop
    execute pg_catalog.format('set constraints %I.%I immediate', each.nspname, each.conname);
    if each.condeferred then
      execute pg_catalog.format('set constraints %I.%I deferred', each.nspname, each.conname);
    end if;
  end loop;
end $$`

/** @param checkConstraints the statement with which the deferred constraints are checked, so that their errors belong to the file */
async function runAndRecord(
  tools: RunTools,
  ledger: Ledger,
  planned: PlannedStep,
  checkConstraints: string,
): Promise<HistoryRow> {
  const { session, context } = tools
  const { step } = planned
  const xid = await openFile(tools, step)
  await runFile(tools, planned)
  await closeFile(tools, planned, checkConstraints)
  const event = step.action === 'apply' ? 'applied' : 'reverted'
  const row = ledger.seal(event, step, randomUUID(), step.outOfOrder ? { reason: 'out-of-order' } : {})
  const witnesses = {
    lock_held: `(${context.lock.heldExpression})::text`,
    current_xid: 'pg_catalog.pg_current_xact_id_if_assigned()::text',
  }
  try {
    const answer = await session.send(ledger.insert(row, witnesses))
    const written = ledger.verify(row, answer)
    if (answer.rows[0]?.['lock_held'] !== 'true') throw new SqlmigError('LOCK_LOST', { file: step.sql.file })
    if (answer.rows[0]?.['current_xid'] !== xid)
      throw new SqlmigError('FILE_ENDED_TRANSACTION', {
        file: step.sql.file,
        tags: 'another transaction is open',
      })
    return written
  } catch (error) {
    throw explainOwnFailure(error, context.history.name)
  }
}

/** Settings for the file, local to the transaction; returns the number of the transaction that the file has to stay in. */
async function openFile(tools: RunTools, step: Step): Promise<string> {
  const { session, context } = tools
  const { searchPath } = settingsFor(step.sql, context.policy, session.info)
  const { rows } = await session.send(
    `${timeouts(tools, step)};
    select pg_catalog.pg_current_xact_id()::text as xid, pg_catalog.set_config('search_path', ${quoteText(searchPath)}, true)`,
  )
  return rows[0]?.['xid'] ?? ''
}

function timeouts({ session, context }: RunTools, step: Step): string {
  const { lockTimeoutMs, statementTimeoutMs } = settingsFor(step.sql, context.policy, session.info)
  return `set local lock_timeout = ${lockTimeoutMs}; set local statement_timeout = ${statementTimeoutMs}`
}

async function runFile(tools: RunTools, { step, info }: PlannedStep): Promise<void> {
  let blockers: string | undefined
  const noteBlockers = (who: string) => {
    blockers = who
  }
  try {
    const { tags, status } = await sendWatched(tools, info, textForServer(step.sql.text), noteBlockers)
    const suspicious = tags.filter((tag) => TRANSACTION_TAG.test(tag))
    if (status !== 'open' || suspicious.length > 0)
      throw new SqlmigError('FILE_ENDED_TRANSACTION', {
        file: step.sql.file,
        tags: suspicious.join(', ') || status,
      })
  } catch (error) {
    if (!(error instanceof StatementError)) throw error
    throw await explainFailure(tools.analysis, step.sql, error, { blockers })
  }
}

/** Checks what the file deferred, and takes back everything that it set: its row is written with our own settings and encoding. */
async function closeFile(
  tools: RunTools,
  { step, info }: PlannedStep,
  checkConstraints: string,
): Promise<void> {
  let blockers: string | undefined
  const noteBlockers = (who: string) => {
    blockers = who
  }
  const message = `${timeouts(tools, step)}; ${checkConstraints}; ${tools.session.resetStatements}`
  try {
    await sendWatched(tools, info, message, noteBlockers)
  } catch (error) {
    if (!(error instanceof StatementError)) throw error
    throw await explainFailure(tools.analysis, step.sql, error, { statement: 'none', blockers })
  }
}

/** A failed transaction answers COMMIT without an error, but with the tag ROLLBACK. */
async function commit({ session }: RunTools, { step }: PlannedStep): Promise<void> {
  try {
    const { tags, status } = await session.send('commit')
    if (tags.at(-1) !== 'COMMIT' || status !== 'idle')
      throw new SqlmigError('FILE_ENDED_TRANSACTION', { file: step.sql.file, tags: tags.join(', ') })
  } catch (error) {
    if (isSqlmigError(error, 'SESSION_LOST')) {
      const { version, name } = step
      throw new SqlmigError(
        'OUTCOME_UNKNOWN',
        { version, name, reason: error.facts.reason },
        { cause: error },
      )
    }
    if (error instanceof StatementError)
      throw new SqlmigError('STATEMENT_FAILED', { failure: error.failure }, { cause: error })
    throw error
  }
}
