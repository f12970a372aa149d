import { SqlmigError } from '../../core/errors.ts'
import { foreignTable } from '../../core/foreign-history.ts'
import type { Session } from '../../ports.ts'
import { unreadable } from './history-attest.ts'
import { COLUMN_LINES } from './history-facts.ts'
import {
  columnNames,
  type HistoryLayout,
  type HistoryLocation,
  LAYOUT_COMMENT,
  qualifiedName,
} from './history-layout.ts'
import { literal, quoteName } from './literal.ts'

/** What the catalogs say of a table that stands where the history should be. */
export interface TableFacts {
  readonly kind: string
  readonly comment: string | null
  /** As in the shape of a layout. */
  readonly columns: readonly string[]
  readonly rowSecurity: boolean
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
    columns: JSON.parse(row['columns'] ?? '[]') as string[],
    rowSecurity: row['row_security'] === 'true',
    readable: row['readable'] === 'true',
    writable: row['writable'] === 'true',
  }
}

function inspectQuery({ schema, table }: HistoryLocation): string {
  const usage = "pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
  const may = (privilege: string) =>
    `(${usage} and pg_catalog.has_table_privilege(c.oid, '${privilege}'))::text`
  return `select c.relkind::text as kind, pg_catalog.obj_description(c.oid, 'pg_class') as comment,
    ${COLUMN_LINES}::text as columns, c.relrowsecurity::text as row_security,
    ${may('SELECT')} as readable, ${may('INSERT')} as writable
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = ${literal(schema)} and c.relname = ${literal(table)}`
}

export interface LayoutExpectation {
  readonly history: string
  /** Every layout that is known, the newest last. */
  readonly layouts: readonly HistoryLayout[]
  readonly toolVersion: string
}

/**
 * The layout that a table has.
 * @throws SqlmigError `HISTORY_FOREIGN`, `HISTORY_TOO_NEW`
 */
export function layoutOf(
  { kind, comment, columns }: Pick<TableFacts, 'kind' | 'comment' | 'columns'>,
  { history, layouts, toolVersion }: LayoutExpectation,
): HistoryLayout {
  if (kind !== 'r')
    throw new SqlmigError('HISTORY_FOREIGN', { history, problem: 'it is not an ordinary table' })
  const names = namesOf(columns)
  const newest = layouts.at(-1)
  const number = LAYOUT_COMMENT.exec(comment ?? '')?.[1]
  if (number !== undefined && Number(number) > (newest?.number ?? 0))
    throw new SqlmigError('HISTORY_TOO_NEW', { history, problem: `layout ${number}`, toolVersion })
  // A restore without comments keeps the columns, so they are the second witness of the layout.
  const layout = number === undefined ? newest : layouts.find((known) => known.number === Number(number))
  if (layout !== undefined && columnNames(layout.shape).every((column) => names.includes(column)))
    return layout
  throw new SqlmigError('HISTORY_FOREIGN', { history, problem: foreignTable(names) })
}

/**
 * Makes sure that reading the table calls no function of others.
 * @throws SqlmigError `HISTORY_UNTRUSTED`
 */
export function assertReadable(facts: TableFacts, { shape }: HistoryLayout, history: string): void {
  const problem = facts.rowSecurity
    ? 'it has row security, which hides rows or calls functions of others'
    : unreadable(facts.columns, shape)
  if (problem !== undefined) throw new SqlmigError('HISTORY_UNTRUSTED', { history, problems: [problem] })
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

/** Column names without what else a line says; quoted where they have to be. */
function namesOf(columns: readonly string[]): string[] {
  return columns.map((column) => /^"(?:[^"]|"")*"|^\S*/.exec(column)?.[0] ?? '')
}
