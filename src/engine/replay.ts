import { isSqlmigError, SqlmigError } from '../core/errors.ts'
import { textForServer } from '../core/file-checks.ts'
import type { Migration, SqlFile } from '../core/migration.ts'
import { asSqlmigError } from '../core/report.ts'
import type { StepAction } from '../core/run.ts'
import { literal } from '../core/sql-literal.ts'
import { commit, type PlannedStep, type StatementTools, sendFileSql } from './run-statements.ts'
import { settingsFor } from './settings.ts'
import { CHECK_AND_DEFER_AGAIN, runFile } from './transactional.ts'

/** Told after each statement of a file; `transaction` says whether one is open around it. */
export type AfterStatement = (index: number, transaction: 'none' | 'open') => Promise<void>

/** One file of a migration as a step that stands for itself. */
export function stepOf(migration: Migration, action: StepAction, sql: SqlFile): PlannedStep {
  const { version, name, up, down } = migration
  const transactional = sql.directives.transaction === 'wrapped'
  return {
    step: {
      action,
      version,
      name,
      sql,
      pair: { up, down },
      upChecksum: up.checksum,
      downChecksum: down?.checksum ?? null,
      outOfOrder: false,
    },
    info: { action, version, name, file: sql.file, transactional, index: 1, total: 1 },
  }
}

/**
 * Runs a file as `up` and `down` do, without lock and history: in a transaction, or statement by statement where it says no-transaction.
 * @throws SqlmigError `STATEMENT_FAILED`, `FILE_ENDED_TRANSACTION`, `INTERRUPTED`, `SESSION_LOST`
 */
export async function replayFile(tools: StatementTools, planned: PlannedStep): Promise<void> {
  if (!planned.info.transactional) return replayStatements(tools, planned, async () => {})
  await inTransaction(tools, planned, () => runFile(tools, planned))
}

/** Runs a file in a transaction that is rolled back in the end; for files that run in one. */
export async function rehearse(tools: StatementTools, planned: PlannedStep): Promise<void> {
  try {
    await begin(tools, planned)
    await runFile(tools, planned)
    await sendFileSql(tools, planned, 'set constraints all immediate', { statement: 'none' })
  } finally {
    await tools.session.send(`rollback; ${tools.session.resetStatements}`).catch(() => {})
  }
}

/** Runs a file one statement a message, so that somebody can look at the database after each. */
export async function replayStatements(
  tools: StatementTools,
  planned: PlannedStep,
  after: AfterStatement,
): Promise<void> {
  const { sql } = planned.step
  const statements = await tools.analysis.statementsOf(sql)
  const run = async (transaction: 'none' | 'open') => {
    for (const [index, { start, end, data }] of statements.entries()) {
      const text = textForServer(sql.text.slice(start, end))
      await sendFileSql(tools, planned, text, { statement: index, offset: start, data })
      await after(index, transaction)
    }
  }
  if (planned.info.transactional) return inTransaction(tools, planned, () => run('open'))
  const { session } = tools
  try {
    await session.send(`${settings(tools, planned, 'session')}`)
    await run('none')
  } finally {
    // What failed may have left a transaction open.
    await session.send(`rollback; ${session.resetStatements}`).catch(() => {})
  }
}

/** Whether a transaction that got through to its end is kept. */
export type BatchEnd = 'commit' | 'rollback'

/**
 * Runs files in one transaction, as `up --single-transaction` does.
 * @param around called for each file in turn
 */
export async function replayBatch(
  tools: StatementTools,
  batch: readonly PlannedStep[],
  end: BatchEnd,
  around: (planned: PlannedStep, run: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const { session } = tools
  const last = batch.at(-1)
  if (last === undefined) return
  try {
    await session.send('begin')
    for (const planned of batch)
      await around(planned, async () => {
        await session.send(settings(tools, planned, 'local'))
        await runFile(tools, planned)
        const close = `${CHECK_AND_DEFER_AGAIN}; ${session.resetStatements}`
        await sendFileSql(tools, planned, close, { statement: 'none' })
      })
    if (end === 'commit') await commit(tools, last.step)
    else await session.send(`rollback; ${session.resetStatements}`)
  } catch (error) {
    await session.send('rollback').catch(() => {})
    throw error
  }
}

async function inTransaction(
  tools: StatementTools,
  planned: PlannedStep,
  work: () => Promise<void>,
): Promise<void> {
  const { session } = tools
  try {
    await bothAnswered(begin(tools, planned), work())
    const close = `set constraints all immediate; ${session.resetStatements}; commit`
    const { tags, status } = await sendFileSql(tools, planned, close, { statement: 'none' })
    if (tags.at(-1) !== 'COMMIT' || status !== 'idle')
      throw new SqlmigError('FILE_ENDED_TRANSACTION', {
        file: planned.step.sql.file,
        tags: tags.at(-1) ?? status,
      })
  } catch (error) {
    await session.send('rollback').catch(() => {})
    throw error
  }
}

/** Neither is still under way when this settles. A cancellation that is meant for the file may meet what opens its transaction. */
async function bothAnswered(begun: Promise<void>, done: Promise<void>): Promise<void> {
  const [, file] = await Promise.allSettled([begun, done])
  if (file.status === 'rejected' && isSqlmigError(file.reason, 'INTERRUPTED')) throw file.reason
  await begun
  await done
}

async function begin(tools: StatementTools, planned: PlannedStep): Promise<void> {
  await tools.session.send(`begin; ${settings(tools, planned, 'local')}`)
}

function settings(
  { session, context }: StatementTools,
  { step }: PlannedStep,
  scope: 'local' | 'session',
): string {
  const { lockTimeoutMs, statementTimeoutMs, searchPath } = settingsFor(
    step.sql,
    context.policy,
    session.info,
  )
  return [
    `set ${scope} lock_timeout = ${lockTimeoutMs}`,
    `set ${scope} statement_timeout = ${statementTimeoutMs}`,
    `select pg_catalog.set_config('search_path', ${literal(searchPath)}, ${scope === 'local'})`,
  ].join('; ')
}

/** The failure of SQL of a file; what is no fault of the file is thrown on. */
export async function failureOf(work: Promise<void>): Promise<SqlmigError | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    const failure = asSqlmigError(error)
    if (failure.code === 'STATEMENT_FAILED' || failure.code === 'FILE_ENDED_TRANSACTION') return failure
    throw failure
  }
}
