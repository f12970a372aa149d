import { checksumOf } from '../core/checksum.ts'
import type { Resume } from '../core/continuation.ts'
import { SqlmigError, StatementError } from '../core/errors.ts'
import { textForServer } from '../core/file-checks.ts'
import { RESUMED } from '../core/history.ts'
import { resumeCommand } from '../core/incomplete.ts'
import { invalidAfter } from '../core/leftover.ts'
import { type NumberedStatement, numbered } from '../core/resume.ts'
import { literal } from '../core/sql-literal.ts'
import { positionAt } from '../core/sql-text.ts'
import { Journal, type JournalEntry } from './journal.ts'
import type { Ledger } from './ledger.ts'
import { lookAt } from './look.ts'
import { interrupted, type PlannedStep, type RunTools, sendFileSql } from './run-statements.ts'
import { settingsFor } from './settings.ts'

/**
 * Runs a migration that cannot be in a transaction: one statement a message, with a row before and after each, so that the history always
 * says how far it came. A statement that runs in autocommit and is then lost is in doubt for ever, and the rows say that too. The row
 * behind a statement and the one in front of the next are written together.
 */
export async function runJournalled(tools: RunTools, ledger: Ledger, planned: PlannedStep): Promise<void> {
  const { session, context, analysis } = tools
  const { step } = planned
  const statements = numbered(textForServer(step.sql.text), await analysis.statementsOf(step.sql))
  const { opening, first } = openingOf(step.resume, statements)
  if (context.signal.aborted) throw interrupted(step)
  await prepareSession(tools, planned, statements.slice(0, first - 1))
  const journal = new Journal(tools, ledger, planned, statements.length)
  let waiting: readonly JournalEntry[] = opening
  let startedAt: string | undefined
  const write = async (...entries: JournalEntry[]) => {
    const [row] = await journal.write([...waiting, ...entries])
    startedAt ??= row?.startedAt
    waiting = []
  }
  if (needsClearing(step.resume)) {
    await write()
    await clear(tools, planned, step.resume)
  }
  for (const statement of statements.slice(first - 1)) {
    const { number, whole } = statement
    if (context.signal.aborted) {
      // What has run has run, interrupt or not.
      if (startedAt !== undefined && waiting.length > 0) await write()
      throw interrupted(step)
    }
    await write({ event: 'statement', statementNo: number, reason: checksumOf(whole) })
    const { info } = planned
    context.emit({ type: 'statement.started', step: info, statement: number, statements: statements.length })
    try {
      await runStatement(tools, planned, statement)
    } catch (error) {
      await noteFailure(error, (reason) =>
        journal.write([{ event: 'failed', statementNo: number, reason: context.conceal(reason) }]),
      )
      throw error
    }
    waiting = [{ event: 'done', statementNo: number }]
  }
  await session.send(session.resetStatements)
  await write({
    event: step.action === 'apply' ? 'applied' : 'reverted',
    statementNo: 0,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(step.outOfOrder ? { reason: 'out-of-order' } : {}),
  })
}

/** The first rows of an attempt, and the number of the first statement that it runs. */
function openingOf(
  resume: Resume | undefined,
  statements: readonly NumberedStatement[],
): { opening: JournalEntry[]; first: number } {
  const started: JournalEntry = { event: 'started', statementNo: 0 }
  const next = resume?.next
  if (next === undefined) return { opening: [started], first: 1 }
  const { statement: number, action, reason } = next
  const resumed = { ...started, reason: `${RESUMED} at statement ${number}: ${reason}` }
  if (action === 'run') return { opening: [resumed], first: number }
  const text = statements[number - 1]?.whole ?? ''
  const done: JournalEntry = { event: 'done', statementNo: number, reason: `${checksumOf(text)} ${reason}` }
  return { opening: [resumed, done], first: number + 1 }
}

/** Settings of the session ended with the one that made them, so those of statements that are skipped are made again. */
async function prepareSession(
  tools: RunTools,
  planned: PlannedStep,
  skipped: readonly NumberedStatement[],
): Promise<void> {
  const { session, context } = tools
  const { step } = planned
  const { searchPath, lockTimeoutMs, statementTimeoutMs } = settingsFor(
    step.sql,
    context.policy,
    session.info,
  )
  await session.send(
    // A statement that lost its client goes on to its end: cut short, CREATE INDEX CONCURRENTLY would leave an INVALID index.
    `set lock_timeout = ${lockTimeoutMs}; set statement_timeout = ${statementTimeoutMs}; set client_connection_check_interval = 0;
    select pg_catalog.set_config('search_path', ${literal(searchPath)}, false)`,
  )
  for (const { number, start, text, effect } of skipped)
    if (effect?.kind === 'setting')
      await sendFileSql(tools, planned, text, { statement: number - 1, offset: start })
}

function needsClearing(resume: Resume | undefined): resume is Resume {
  return (resume?.next?.clear.length ?? 0) > 0
}

/** Takes away what the interrupted statement left; until that is done, its row says what it said before. */
async function clear(tools: RunTools, planned: PlannedStep, { next }: Resume): Promise<void> {
  const place = { statement: (next?.statement ?? 1) - 1 }
  for (const statement of next?.clear ?? [])
    await withoutLockTimeout(tools, () => sendFileSql(tools, planned, statement, place))
}

/** The server's word on the statement goes into the history; after a lost session there is none, and the statement stays in doubt. */
async function noteFailure(error: unknown, write: (reason: string) => Promise<unknown>): Promise<void> {
  if (!(error instanceof SqlmigError) || error.code === 'SESSION_LOST') return
  const { sqlstate, message } =
    error.cause instanceof StatementError
      ? error.cause.failure
      : { sqlstate: error.code === 'INTERRUPTED' ? '57014' : error.code, message: error.message }
  await write(`${sqlstate} ${message}`).catch(() => {})
}

async function runStatement(
  tools: RunTools,
  planned: PlannedStep,
  statement: NumberedStatement,
): Promise<void> {
  const { session } = tools
  const { sql, resume } = planned.step
  const { number, start, text, data, trait, effect } = statement
  const concurrent = trait.kind === 'outside-only' && trait.concurrent
  const next = resume?.next?.statement === number ? resume.next : undefined
  const send = async () => {
    const place = { statement: number - 1, offset: start, data }
    const { tags, status } = await sendFileSql(tools, planned, next?.instead ?? text, place)
    if (status === 'idle') return
    await session.send('rollback')
    throw new SqlmigError('FILE_ENDED_TRANSACTION', { file: sql.file, tags: tags.join(', ') })
  }
  await (concurrent ? withoutLockTimeout(tools, send) : send())
  if (concurrent || (effect?.kind === 'create-index' && effect.ifNotExists))
    await refuseInvalid(tools, planned, statement)
}

/** A lock timeout would leave an INVALID index behind (manual, CREATE INDEX, "Building Indexes Concurrently"). */
async function withoutLockTimeout({ session }: RunTools, work: () => Promise<unknown>): Promise<void> {
  const answer = await session.send('show lock_timeout; set lock_timeout = 0')
  const before = answer.rows[0]?.['lock_timeout']
  try {
    await work()
  } finally {
    if (before != null) await session.send(`set lock_timeout = ${literal(before)}`).catch(() => {})
  }
}

/**
 * CREATE INDEX … IF NOT EXISTS passes over an INVALID index of that name without an error, and so does REINDEX … CONCURRENTLY.
 * @throws SqlmigError `INDEX_INVALID`
 */
async function refuseInvalid(
  { session }: RunTools,
  { step }: PlannedStep,
  { number, start, effect }: NumberedStatement,
): Promise<void> {
  if (effect === undefined) return
  const [look] = await lookAt(session, [effect])
  const left = look === undefined ? [] : invalidAfter(effect, look)
  if (left.length === 0) return
  const { file, text } = step.sql
  throw new SqlmigError(
    'INDEX_INVALID',
    {
      file,
      statement: number,
      indexes: left.map(({ name }) => name).join(', '),
      repair: left.map(({ repair }) => repair).join(' '),
      resume: resumeCommand({ action: step.action }),
    },
    { location: { file, ...positionAt(text, start) } },
  )
}
