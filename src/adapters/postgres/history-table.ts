import { SqlmigError } from '../../core/errors.ts'
import { HISTORY_EVENTS, type HistoryEvent, type HistoryRow } from '../../core/history.ts'
import { HEAD_MOVED, type HistoryStore, type NewHistoryRow, type Session } from '../../ports.ts'
import {
  HISTORY_COLUMNS,
  type HistoryLayout,
  type HistoryLocation,
  LAYOUT_COMMENT,
  LAYOUTS,
  layoutComment,
  qualifiedName,
} from './history-layout.ts'
import { literal, quoteName } from './literal.ts'

interface HistoryTableOptions {
  readonly location: HistoryLocation
  readonly toolVersion: string
  /** The layouts this store knows; the last one is what it reads and writes. */
  readonly layouts?: readonly HistoryLayout[]
}

/** The history as a table, default `sqlmig.history`. */
export function createHistoryTable({ location, toolVersion, layouts = LAYOUTS }: HistoryTableOptions): HistoryStore {
  const table = qualifiedName(location)
  const name = `${location.schema}.${location.table}`
  const newest = layouts.at(-1)?.number ?? 0

  async function inspect(session: Session): Promise<TableFacts | undefined> {
    const { rows } = await session.send(inspectQuery(location))
    const row = rows[0]
    return row?.['kind'] == null ? undefined : tableFacts(row)
  }

  function layoutOf(facts: TableFacts): number {
    if (facts.kind !== 'r') throw new SqlmigError('HISTORY_FOREIGN', { history: name, problem: 'it is not an ordinary table' })
    const number = LAYOUT_COMMENT.exec(facts.comment ?? '')?.[1]
    // A restore without comments keeps the columns, so they are the second witness of the layout.
    if (number === undefined && HISTORY_COLUMNS.every((column) => facts.columns.includes(column))) return newest
    if (number === undefined)
      throw new SqlmigError('HISTORY_FOREIGN', { history: name, problem: `its columns are ${facts.columns.join(', ')}` })
    if (Number(number) > newest)
      throw new SqlmigError('HISTORY_TOO_NEW', { history: name, problem: `layout ${number}`, toolVersion })
    return Number(number)
  }

  return {
    name,

    async read(session) {
      const facts = await inspect(session)
      if (facts === undefined) return undefined
      layoutOf(facts)
      if (!facts.readable) throw lacks('USAGE on its schema and SELECT', session.info.user, name, location)
      const { rows } = await session.send(`select ${ROW_EXPRESSIONS} from ${table} h order by h.id`)
      return rows.map((row) => toHistoryRow(row, name, toolVersion))
    },

    async prepare(session) {
      const facts = await inspect(session)
      const current = facts === undefined ? 0 : layoutOf(facts)
      const missing = layouts.filter((layout) => layout.number > current)
      if (missing.length === 0) return
      const schemaExists = await hasSchema(session, location.schema)
      const statements = [
        'begin',
        ...(schemaExists ? [] : [`create schema ${quoteName(location.schema)}`, `revoke all on schema ${quoteName(location.schema)} from public`]),
        ...missing.map((layout) => layout.sql(location)),
        `comment on table ${table} is ${literal(layoutComment(newest))}`,
        'commit',
      ]
      await session.send(statements.join(';\n'))
    },

    async recordedSql(session, ids) {
      if (ids.length === 0) return new Map()
      const list = ids.map((id) => BigInt(id).toString()).join(', ')
      const { rows } = await session.send(`select id::text as id, up_sql, down_sql from ${table} where id in (${list})`)
      return new Map(rows.map((row) => [row['id'] ?? '', { up: row['up_sql'] ?? null, down: row['down_sql'] ?? null }]))
    },

    headCheck(head) {
      const found = `(select hash from ${table} order by id desc limit 1)`
      return `do $check$ begin
  if ${found} is distinct from ${literal(head ?? null)} then
    raise exception 'the history has moved' using errcode = '${HEAD_MOVED}';
  end if;
end $check$`
    },

    insert: (row, witnesses = {}) => insertStatement(table, row, witnesses),
    parseRow: (row) => toHistoryRow(row, name, toolVersion),
  }
}

interface TableFacts {
  readonly kind: string
  readonly comment: string | null
  readonly columns: readonly string[]
  readonly readable: boolean
}

/** Catalogs alone, readable by everyone: to_regclass raises where the role has no USAGE on the schema. */
function inspectQuery({ schema, table }: HistoryLocation): string {
  return `select c.relkind::text as kind, pg_catalog.obj_description(c.oid, 'pg_class') as comment,
    (select pg_catalog.string_agg(a.attname::text, ',' order by a.attnum) from pg_catalog.pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (pg_catalog.has_schema_privilege(n.oid, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'SELECT'))::text as readable
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = ${literal(schema)} and c.relname = ${literal(table)}`
}

function tableFacts(row: Readonly<Record<string, string | null>>): TableFacts {
  return {
    kind: row['kind'] ?? '',
    comment: row['comment'] ?? null,
    columns: (row['columns'] ?? '').split(','),
    readable: row['readable'] === 'true',
  }
}

async function hasSchema(session: Session, schema: string): Promise<boolean> {
  const { rows } = await session.send(`select 1::text as found from pg_catalog.pg_namespace where nspname = ${literal(schema)}`)
  return rows.length > 0
}

function lacks(right: string, role: string, name: string, { schema }: HistoryLocation): SqlmigError {
  return new SqlmigError('PERMISSION_DENIED', {
    right: `${right} on ${name}`,
    role,
    hint: `grant usage on schema ${quoteName(schema)} to ${quoteName(role)}; grant select on ${name} to ${quoteName(role)};`,
  })
}

const MICROSECONDS = `'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`
const SQL_HASH = (column: string) =>
  `pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(${column}, 'UTF8')), 'hex') as ${column}_hash`

/** Everything as text: the server's own words, which no driver has turned into dates or rounded. SQL texts stay on the server. */
const ROW_EXPRESSIONS = [
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

function insertStatement(table: string, row: NewHistoryRow, witnesses: Readonly<Record<string, string>>): string {
  const values: Record<string, string> = {
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
  const columns = Object.keys(values).join(', ')
  const returned = [ROW_EXPRESSIONS, ...Object.entries(witnesses).map(([name, expression]) => `${expression} as ${name}`)]
  return `insert into ${table} (${columns}) values (${Object.values(values).join(', ')}) returning ${returned.join(', ')}`
}

function toHistoryRow(row: Readonly<Record<string, string | null>>, history: string, toolVersion: string): HistoryRow {
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
