import { SqlmigError } from '../../core/errors.ts'
import type { Session } from '../../ports.ts'
import { HISTORY_COLUMNS, type HistoryLocation, LAYOUT_COMMENT, qualifiedName } from './history-layout.ts'
import { literal, quoteName } from './literal.ts'

/** What the catalogs say of a table that stands where the history should be. */
export interface TableFacts {
  readonly kind: string
  readonly comment: string | null
  readonly columns: readonly string[]
  readonly readable: boolean
  readonly writable: boolean
}

/** Asks the catalogs alone, which everyone may read: to_regclass raises where the role has no USAGE on the schema. */
export async function inspectTable(
  session: Session,
  location: HistoryLocation,
): Promise<TableFacts | undefined> {
  const { rows } = await session.send(inspectQuery(location))
  const row = rows[0]
  if (row === undefined) return undefined
  return {
    kind: row['kind'] ?? '',
    comment: row['comment'] ?? null,
    columns: (row['columns'] ?? '').split(','),
    readable: row['readable'] === 'true',
    writable: row['writable'] === 'true',
  }
}

function inspectQuery({ schema, table }: HistoryLocation): string {
  const usage = "pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
  const may = (privilege: string) =>
    `(${usage} and pg_catalog.has_table_privilege(c.oid, '${privilege}'))::text`
  return `select c.relkind::text as kind, pg_catalog.obj_description(c.oid, 'pg_class') as comment,
    (select pg_catalog.string_agg(a.attname::text, ',' order by a.attnum) from pg_catalog.pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    ${may('SELECT')} as readable, ${may('INSERT')} as writable
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = ${literal(schema)} and c.relname = ${literal(table)}`
}

export interface LayoutExpectation {
  readonly history: string
  readonly newest: number
  readonly toolVersion: string
}

/**
 * The number of the layout that a table has.
 * @throws SqlmigError `HISTORY_FOREIGN`, `HISTORY_TOO_NEW`
 */
export function layoutOf(facts: TableFacts, { history, newest, toolVersion }: LayoutExpectation): number {
  if (facts.kind !== 'r')
    throw new SqlmigError('HISTORY_FOREIGN', { history, problem: 'it is not an ordinary table' })
  const number = LAYOUT_COMMENT.exec(facts.comment ?? '')?.[1]
  const complete = HISTORY_COLUMNS.every((column) => facts.columns.includes(column))
  // A restore without comments keeps the columns, so they are the second witness of the layout.
  if (number === undefined && complete) return newest
  if (number === undefined || (Number(number) === newest && !complete))
    throw new SqlmigError('HISTORY_FOREIGN', {
      history,
      problem: `its columns are ${facts.columns.join(', ')}`,
    })
  if (Number(number) > newest)
    throw new SqlmigError('HISTORY_TOO_NEW', { history, problem: `layout ${number}`, toolVersion })
  return Number(number)
}

export async function hasSchema(session: Session, schema: string): Promise<boolean> {
  const { rows } = await session.send(
    `select 1::text as found from pg_catalog.pg_namespace where nspname = ${literal(schema)}`,
  )
  return rows.length > 0
}

/** The error for a right that a role lacks on the history, with the statements that give it. */
export function lacksRight(
  privilege: 'SELECT' | 'INSERT',
  role: string,
  location: HistoryLocation,
): SqlmigError {
  const table = qualifiedName(location)
  const privileges = privilege === 'INSERT' ? 'select, insert' : 'select'
  return new SqlmigError('PERMISSION_DENIED', {
    right: `USAGE on its schema and ${privilege} on ${location.schema}.${location.table}`,
    role,
    hint: `grant usage on schema ${quoteName(location.schema)} to ${quoteName(role)}; grant ${privileges} on ${table} to ${quoteName(role)};`,
  })
}
