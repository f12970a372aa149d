import type { DataSnapshot, TableContent, TableRows, VolatileColumn } from '../../../core/data.ts'
import type { Answer } from '../../../ports.ts'
import { literal, quoteName } from '../literal.ts'
import type { PreparedStatement } from './snapshot-sessions.ts'
import { qualified, userObject } from './sql.ts'

/** Sends one query under the settings of a snapshot. */
type Read = (query: string) => Promise<Answer['rows']>

interface Reads {
  readonly plain: Read
  /** For what every snapshot asks in the same words. */
  readonly often: (statement: PreparedStatement) => Promise<Answer['rows']>
}

interface RowsRequest {
  readonly table: string
  readonly volatile: readonly VolatileColumn[]
  readonly limit: number
}

/** A table as the queries here see it; names of columns are unquoted and in alphabetical order. */
interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  readonly key: readonly string[]
}

interface Column {
  readonly name: string
  readonly generated: boolean
  readonly identityAlways: boolean
  readonly opaque: boolean
}

// The planner's work on a UNION ALL grows with the number of its members.
const TABLES_A_MESSAGE = 100

/** The content of every table and materialized view that holds rows. */
export async function readContents(reads: Reads, volatile: readonly VolatileColumn[]): Promise<DataSnapshot> {
  const tables = toTables(await reads.often(TABLES_WITH_ROWS), volatile)
  const contents = new Map<string, TableContent>()
  for (let at = 0; at < tables.length; at += TABLES_A_MESSAGE) {
    const queries = tables.slice(at, at + TABLES_A_MESSAGE).map(contentQuery)
    for (const row of await reads.plain(queries.join('\nunion all\n'))) {
      const rows = Number(row['rows'])
      if (rows > 0) contents.set(row['name'] ?? '', { rows, hash: row['hash'] ?? '' })
    }
  }
  return contents
}

/** The tables and materialized views that hold rows of which this role may not see all. */
export async function readUnseen(read: Read): Promise<readonly string[]> {
  const rows = await read(`select ${qualified('n', 'c.relname')} as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${OWN_ROWS} and ${HOLDS_ROWS} and ${userObject('pg_class', 'c', 'n')} and not (${SEEN})
  order by 1`)
  return rows.map((row) => row['name'] ?? '')
}

/** A materialized view that is not populated cannot be read. */
const OWN_ROWS = "c.relkind in ('r', 'm') and c.relispopulated"

const HOLDS_ROWS = "c.relpersistence <> 't' and pg_relation_size(c.oid) > 0"

/**
 * Where row security is active, it hides rows without a word, from the owner too where it is forced; and a policy that asks for a setting
 * nobody made fails.
 */
const SEEN =
  "has_schema_privilege(n.oid, 'USAGE') and has_table_privilege(c.oid, 'SELECT') and not row_security_active(c.oid)"

/** Sums do not depend on the order of rows and, unlike an exclusive or, count those that are there twice; two seeds make 128 bits. */
function contentQuery({ name, columns }: Table): string {
  const row = `row(${columns.map((column) => quoteName(column.name)).join(', ')})::text collate "C"`
  return `select ${literal(name)} as name, count(*)::text as rows,
    concat(sum(hashtextextended(r.line, 0)), ':', sum(hashtextextended(r.line, 1))) as hash
  from (select ${row} as line from only ${name} offset 0) r`
}

/** All rows of one table, in the order of its primary key; undefined above the limit. A table that is not there has none. */
export async function readRows(
  read: Read,
  { table, volatile, limit }: RowsRequest,
): Promise<TableRows | undefined> {
  const [found] = toTables(await read(tablesQuery(`c.oid = to_regclass(${literal(table)})`)), volatile)
  if (found === undefined)
    return { columns: [], key: [], rows: [], generated: [], identityAlways: [], opaque: [] }
  const { columns, key } = found
  // Not ::text: a type may have a cast of its own, and char(n) loses its blanks in it. Every value comes as its type's output anyway.
  const values = columns.map(({ name }, i) => `t.${quoteName(name)} as c${i}`).join(', ')
  const order = key.length === 0 ? '' : ` order by ${key.map((name) => `t.${quoteName(name)}`).join(', ')}`
  const rows = await read(`select ${values} from only ${table} t${order} limit ${limit + 1}`)
  if (rows.length > limit) return undefined
  const named = (choose: (column: Column) => boolean) => columns.filter(choose).map(({ name }) => name)
  return {
    columns: named(() => true),
    key,
    generated: named(({ generated }) => generated),
    identityAlways: named(({ identityAlways }) => identityAlways),
    opaque: named(({ opaque }) => opaque),
    rows: rows.map((row) => columns.map((_column, i) => row[`c${i}`] ?? null)),
  }
}

/**
 * The tables and materialized views of which this role sees all rows: partitioned tables hold no rows themselves, foreign tables hold those of somebody else. Extension
 * members are skipped with their extension. Virtual columns hold nothing, and computing them can fail.
 */
function tablesQuery(condition: string): string {
  return `select ${qualified('n', 'c.relname')} as name, n.nspname as schema, c.relname as table,
    (select coalesce(json_agg(json_build_object('name', a.attname, 'generated', a.attgenerated <> '', 'identityAlways', a.attidentity = 'a',
        'opaque', ${OPAQUE}) order by a.attname), '[]')
      from pg_attribute a join pg_type y on y.oid = a.atttypid
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated <> 'v')::text as columns,
    (select coalesce(json_agg(a.attname order by array_position(i.indkey::int2[], a.attnum)), '[]')
      from pg_index i join pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey::int2[])
      where i.indrelid = c.oid and i.indisprimary and array_position(i.indkey::int2[], a.attnum) < i.indnkeyatts)::text as key
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where ${OWN_ROWS} and ${condition} and ${userObject('pg_class', 'c', 'n')} and ${SEEN}
  order by 1`
}

/**
 * Types whose `=` does not tell all values apart, or that have none: json, xml, geometric types (= compares areas), arrays, composites,
 * ranges of such, and every type that is not the server's own but for enums.
 */
const OPAQUE = `not (y.typtype = 'e' or (y.typnamespace = 'pg_catalog'::regnamespace and (y.typcategory in ('B', 'D', 'N', 'S', 'T') or y.typname in ('uuid', 'bytea', 'jsonb'))))`

const TABLES_WITH_ROWS: PreparedStatement = {
  name: 'sqlmig_tables',
  parameters: '',
  sql: () => tablesQuery(HOLDS_ROWS),
}

function toTables(rows: Answer['rows'], volatile: readonly VolatileColumn[]): Table[] {
  return rows.map((row) => toTable(row, volatile))
}

function toTable(row: Answer['rows'][number], volatile: readonly VolatileColumn[]): Table {
  const excluded = new Set(
    volatile
      .filter(({ schema, table }) => schema === row['schema'] && table === row['table'])
      .map(({ column }) => column),
  )
  const key = JSON.parse(row['key'] ?? '[]') as string[]
  return {
    name: row['name'] ?? '',
    columns: (JSON.parse(row['columns'] ?? '[]') as Column[]).filter(({ name }) => !excluded.has(name)),
    // A key of which a part is excluded identifies nothing.
    key: key.some((name) => excluded.has(name)) ? [] : key,
  }
}
