import { SqlmigError } from '../../core/errors.ts'
import { HISTORY_EVENTS, type HistoryEvent, type HistoryRow } from '../../core/history.ts'
import type { NewHistoryRow } from '../../ports.ts'
import { tableState } from './history-facts.ts'
import { literal } from './literal.ts'

const MICROSECONDS = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`
const SQL_HASH = (column: string) =>
  `pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${column}, 'UTF8')), 'hex') as ${column}_hash`

/** Everything as text: the server's own words, which no driver has turned into dates or rounded. SQL texts stay on the server. */
export const ROW_EXPRESSIONS: string = [
  'id::text as id',
  'event',
  'version',
  'name',
  'attempt::text as attempt',
  'statement_no::text as statement_no',
  'statements::text as statements',
  'transactional::text as transactional',
  'up_checksum',
  'down_checksum',
  SQL_HASH('up_sql'),
  SQL_HASH('down_sql'),
  'actor',
  'client',
  'tool_version',
  'reason',
  'prev_hash',
  'hash',
  `pg_catalog.to_char(started_at at time zone 'UTC', ${MICROSECONDS}) as started_at`,
  `pg_catalog.to_char(finished_at at time zone 'UTC', ${MICROSECONDS}) as finished_at`,
  `pg_catalog.round(extract(epoch from finished_at - started_at)::numeric * 1000)::text as duration_ms`,
].join(', ')

export function insertStatement(
  table: string,
  rows: readonly NewHistoryRow[],
  witnesses: Readonly<Record<string, string>>,
): string {
  const tuples = rows.map(valuesOf)
  const columns = Object.keys(tuples[0] ?? {}).join(', ')
  const values = tuples.map((tuple) => `(${Object.values(tuple).join(', ')})`).join(', ')
  const returned = [
    ROW_EXPRESSIONS,
    `${tableState('new_row.tableoid')} as table_state`,
    ...Object.entries(witnesses).map(([name, expression]) => `${expression} as ${name}`),
  ]
  return `insert into ${table} as new_row (${columns}) values ${values} returning ${returned.join(', ')}`
}

function valuesOf(row: NewHistoryRow): Record<string, string> {
  return {
    event: literal(row.event),
    version: literal(row.version),
    name: literal(row.name),
    attempt: literal(row.attempt),
    statement_no: String(row.statementNo),
    statements: String(row.statements),
    transactional: String(row.transactional),
    up_checksum: literal(row.upChecksum),
    down_checksum: literal(row.downChecksum),
    up_sql: literal(row.upSql),
    down_sql: literal(row.downSql),
    xid: 'pg_catalog.pg_current_xact_id()::text',
    started_at: row.startedAt === undefined ? 'default' : literal(row.startedAt),
    actor: literal(row.actor),
    client: literal(row.client),
    tool_version: literal(row.toolVersion),
    reason: literal(row.reason),
    prev_hash: literal(row.prevHash),
    hash: literal(row.hash),
  }
}

export function toHistoryRow(
  row: Readonly<Record<string, string | null>>,
  history: string,
  toolVersion: string,
): HistoryRow {
  const text = (column: string) => row[column] ?? ''
  const optional = (column: string) => row[column] ?? null
  const event = HISTORY_EVENTS.find((known): known is HistoryEvent => known === row['event'])
  if (event === undefined)
    throw new SqlmigError('HISTORY_TOO_NEW', { history, problem: `event "${text('event')}"`, toolVersion })
  return {
    id: text('id'),
    event,
    version: text('version'),
    name: text('name'),
    attempt: text('attempt'),
    statementNo: Number(text('statement_no')),
    statements: Number(text('statements')),
    transactional: text('transactional') === 'true',
    upChecksum: optional('up_checksum'),
    downChecksum: optional('down_checksum'),
    upSqlHash: optional('up_sql_hash'),
    downSqlHash: optional('down_sql_hash'),
    actor: text('actor'),
    client: optional('client'),
    toolVersion: text('tool_version'),
    reason: optional('reason'),
    prevHash: text('prev_hash'),
    hash: text('hash'),
    startedAt: text('started_at'),
    finishedAt: text('finished_at'),
    durationMs: Number(text('duration_ms')),
  }
}
