import { randomUUID } from 'node:crypto'
import { cutAtCopyData } from '../core/copy-data.ts'
import { SqlmigError } from '../core/errors.ts'
import { guardedByExecute } from '../core/execute-guard.ts'
import { textForServer } from '../core/file-checks.ts'
import type { HistoryRow } from '../core/history.ts'
import type { Step } from '../core/plan.ts'
import { literal } from '../core/sql-literal.ts'
import type { Ledger } from './ledger.ts'
import { commitRecorded } from './lost-commit.ts'
import {
  explainOwnFailure,
  interrupted,
  type PlannedStep,
  type RunTools,
  type StatementTools,
  sendFileSql,
} from './run-statements.ts'
import { settingsFor } from './settings.ts'

const TRANSACTION_TAG = /^(?:BEGIN|START TRANSACTION|COMMIT|ROLLBACK|SAVEPOINT|RELEASE|PREPARE TRANSACTION)/

/** Runs one migration in a transaction of its own: its file and its history row commit together or not at all. */
export async function runInTransaction(tools: RunTools, ledger: Ledger, planned: PlannedStep): Promise<void> {
  await inTransaction(tools, ledger, planned, async () => [
    await runAndRecord(tools, ledger, planned, 'set constraints all immediate'),
  ])
}

/** Runs all migrations in one transaction; `around` is called for each in turn, though nothing counts before the end. */
export async function runAsBatch(
  tools: RunTools,
  ledger: Ledger,
  batch: readonly PlannedStep[],
  around: (planned: PlannedStep, run: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const last = batch.at(-1)
  if (last === undefined) return
  await inTransaction(tools, ledger, last, async () => {
    const rows: Recorded[] = []
    for (const planned of batch) {
      await around(planned, async () => {
        rows.push(await runAndRecord(tools, ledger, planned, CHECK_AND_DEFER_AGAIN))
      })
    }
    return rows
  })
}

/** A row that was written in a transaction of this number, and counts when that is committed. */
interface Recorded {
  readonly row: HistoryRow
  readonly xid: string
}

async function inTransaction(
  tools: RunTools,
  ledger: Ledger,
  last: PlannedStep,
  work: () => Promise<Recorded[]>,
): Promise<void> {
  const { session, context } = tools
  try {
    await session.send(`begin; ${ledger.headCheck}`).catch((error: unknown) => {
      throw explainOwnFailure(error, context.history.name)
    })
    const rows = await work()
    if (context.signal.aborted) throw interrupted(last.step)
    const end = rows.at(-1)
    if (end !== undefined) await commitRecorded(tools, last.step, { hash: end.row.hash, xid: end.xid })
    for (const { row } of rows) ledger.add(row)
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
export const CHECK_AND_DEFER_AGAIN = `do $$
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
): Promise<Recorded> {
  const { session, context } = tools
  const { step } = planned
  const { xid, startedAt } = await openFile(tools, step)
  await runFile(tools, planned)
  await closeFile(tools, planned, checkConstraints)
  const event = step.action === 'apply' ? 'applied' : 'reverted'
  const row = ledger.seal(event, step, randomUUID(), {
    startedAt,
    ...(step.outOfOrder ? { reason: 'out-of-order' } : {}),
  })
  const witnesses = {
    lock_held: `(${context.lock.heldExpression})::text`,
    current_xid: 'pg_catalog.pg_current_xact_id_if_assigned()::text',
  }
  try {
    const answer = await session.send(ledger.insert(row, witnesses))
    const written = await ledger.verify(row, answer)
    if (answer.rows[0]?.['lock_held'] !== 'true') throw new SqlmigError('LOCK_LOST', { file: step.sql.file })
    if (answer.rows[0]?.['current_xid'] !== xid)
      throw new SqlmigError('FILE_ENDED_TRANSACTION', {
        file: step.sql.file,
        tags: 'another transaction is open',
      })
    return { row: written, xid }
  } catch (error) {
    throw explainOwnFailure(error, context.history.name)
  }
}

/** Settings for the file, local to the transaction; returns when it begins and the number of the transaction that it has to stay in. */
async function openFile(tools: RunTools, step: Step): Promise<{ xid: string; startedAt: string }> {
  const { session, context } = tools
  const { searchPath } = settingsFor(step.sql, context.policy, session.info)
  const { rows } = await session.send(
    `${timeouts(tools, step)};
    select pg_catalog.pg_current_xact_id()::text as xid, pg_catalog.clock_timestamp()::text as started_at,
      pg_catalog.set_config('search_path', ${literal(searchPath)}, true)`,
  )
  return { xid: rows[0]?.['xid'] ?? '', startedAt: rows[0]?.['started_at'] ?? '' }
}

function timeouts({ session, context }: RunTools, step: Step): string {
  const { lockTimeoutMs, statementTimeoutMs } = settingsFor(step.sql, context.policy, session.info)
  return `set local lock_timeout = ${lockTimeoutMs}; set local statement_timeout = ${statementTimeoutMs}`
}

/** Sends a file as one message, but for COPY data, and makes sure that its transaction is still the same one. */
export async function runFile(tools: StatementTools, planned: PlannedStep): Promise<void> {
  const { sql } = planned.step
  for (const { start, end, data } of cutAtCopyData(sql.text)) {
    const message = textForServer(sql.text.slice(start, end))
    // No function can read the data of a COPY; a piece with data is that one statement and nothing else, and needs no guard.
    const guard = data === undefined && (await tools.analysis.judgeOf(sql)) === 'server'
    const { tags, status } = guard
      ? await sendFileSql(tools, planned, guardedByExecute(message), {
          statement: 'unknown',
          offset: start,
          guarded: message,
        })
      : await sendFileSql(tools, planned, message, { offset: start, data })
    const suspicious = tags.filter((tag) => TRANSACTION_TAG.test(tag))
    if (status !== 'open' || suspicious.length > 0)
      throw new SqlmigError('FILE_ENDED_TRANSACTION', {
        file: sql.file,
        tags: suspicious.join(', ') || status,
      })
  }
}

/** Checks what the file deferred, and takes back everything that it set: its row is written with our own settings and encoding. */
async function closeFile(tools: RunTools, planned: PlannedStep, checkConstraints: string): Promise<void> {
  const message = `${timeouts(tools, planned.step)}; ${checkConstraints}; ${tools.session.resetStatements}`
  await sendFileSql(tools, planned, message, { statement: 'none' })
}
