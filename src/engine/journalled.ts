import { randomUUID } from 'node:crypto'
import type { Statement } from '../core/classify.ts'
import { SqlmigError, StatementError } from '../core/errors.ts'
import { textForServer } from '../core/file-checks.ts'
import type { HistoryEvent, HistoryRow } from '../core/history.ts'
import { literal } from '../core/sql-literal.ts'
import type { Ledger } from './ledger.ts'
import {
  commit,
  explainOwnFailure,
  interrupted,
  type PlannedStep,
  type RunTools,
  sendFileSql,
} from './run-statements.ts'
import { settingsFor } from './settings.ts'

/**
 * Runs a migration that cannot be in a transaction: one statement a message, with a row before and after each, so that the history always
 * says how far it came. A statement that runs in autocommit and is then lost is in doubt for ever, and the rows say that too.
 */
export async function runJournalled(
  tools: RunTools,
  ledger: Ledger,
  { step, info }: PlannedStep,
): Promise<void> {
  const { session, context, analysis } = tools
  const statements = await analysis.statementsOf(step.sql)
  const attempt = randomUUID()
  const journal = (
    event: HistoryEvent,
    statementNo: number,
    details: { reason?: string; startedAt?: string } = {},
  ) =>
    writeRow(tools, ledger, event, { step, info }, attempt, {
      ...details,
      statementNo,
      statements: statements.length,
    })
  if (context.signal.aborted) throw interrupted(step)
  const started = await journal('started', 0)
  const { searchPath, lockTimeoutMs, statementTimeoutMs } = settingsFor(
    step.sql,
    context.policy,
    session.info,
  )
  await session.send(
    `set lock_timeout = ${lockTimeoutMs}; set statement_timeout = ${statementTimeoutMs};
    select pg_catalog.set_config('search_path', ${literal(searchPath)}, false)`,
  )
  for (const [index, statement] of statements.entries()) {
    context.emit({
      type: 'statement.started',
      step: info,
      statement: index + 1,
      statements: statements.length,
    })
    if (context.signal.aborted) throw interrupted(step)
    await journal('statement', index + 1)
    try {
      await runStatement(tools, { step, info }, statement, index)
    } catch (error) {
      await noteFailure(error, (reason) => journal('failed', index + 1, { reason }))
      throw error
    }
    await journal('done', index + 1)
  }
  await session.send(session.resetStatements)
  const event = step.action === 'apply' ? 'applied' : 'reverted'
  const reason = step.outOfOrder ? { reason: 'out-of-order' } : {}
  await journal(event, 0, { startedAt: started.startedAt, ...reason })
}

/** The server's word on the statement goes into the history; after a lost session there is none, and the statement stays in doubt. */
async function noteFailure(error: unknown, write: (reason: string) => Promise<unknown>): Promise<void> {
  if (!(error instanceof SqlmigError) || error.code === 'SESSION_LOST') return
  const { sqlstate, message } =
    error.cause instanceof StatementError
      ? error.cause.failure
      : { sqlstate: '57014', message: error.message }
  await write(`${sqlstate} ${message}`).catch(() => {})
}

async function runStatement(
  tools: RunTools,
  planned: PlannedStep,
  { start, end, trait, data }: Statement,
  index: number,
): Promise<void> {
  const { session } = tools
  const { sql } = planned.step
  const concurrent = trait.kind === 'outside-only' && trait.concurrent
  // A lock timeout would leave an INVALID index behind (manual, CREATE INDEX, "Building Indexes Concurrently").
  const before = concurrent
    ? (await session.send('show lock_timeout; set lock_timeout = 0')).rows[0]?.['lock_timeout']
    : undefined
  try {
    const text = textForServer(sql.text.slice(start, end))
    const { tags, status } = await sendFileSql(tools, planned, text, {
      statement: index,
      offset: start,
      data,
    })
    if (status !== 'idle')
      throw new SqlmigError('FILE_ENDED_TRANSACTION', { file: sql.file, tags: tags.join(', ') })
  } finally {
    if (before != null) await session.send(`set lock_timeout = ${literal(before)}`).catch(() => {})
  }
}

/** One row in a transaction of its own, untouched by what the file has set so far and without touching it. */
async function writeRow(
  tools: RunTools,
  ledger: Ledger,
  event: HistoryEvent,
  { step }: PlannedStep,
  attempt: string,
  details: { statementNo: number; statements: number; reason?: string; startedAt?: string },
): Promise<HistoryRow> {
  const { session, context } = tools
  const row = ledger.seal(event, step, attempt, details)
  const witness = { lock_held: `(${context.lock.heldExpression})::text` }
  try {
    const answer = await session.send(
      `begin; ${LOCAL_SETTINGS}; ${ledger.headCheck}; ${ledger.insert(row, witness)}`,
    )
    const written = ledger.verify(row, answer)
    if (answer.rows[0]?.['lock_held'] !== 'true') throw new SqlmigError('LOCK_LOST', { file: step.sql.file })
    await commit(tools, step)
    ledger.add(written)
    return written
  } catch (error) {
    ledger.rewind()
    await session.send('rollback').catch(() => {})
    throw explainOwnFailure(error, context.history.name)
  }
}

const LOCAL_SETTINGS = [
  'set local session authorization default',
  'set local role none',
  'set local search_path = pg_catalog, pg_temp',
  'set local statement_timeout = 0',
  'set local standard_conforming_strings = on',
  'set local client_encoding = utf8',
  'set transaction read write',
].join('; ')
