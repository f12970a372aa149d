import type { TableRows } from './data.ts'
import type { NamedRow, RowMatch } from './row-match.ts'
import { literal, quoteName } from './sql-literal.ts'

const MOST_STATEMENTS = 20
/** Rows in one statement. */
const MOST_LISTED = 100

interface Sides {
  /** As in {@link DataSnapshot}: qualified and quoted. */
  readonly table: string
  readonly before: TableRows
  readonly after: TableRows
}

/**
 * The statements that bring the rows of `before` back, for the columns that `before` has. Each names its rows, also where the table held no
 * others: elsewhere it may. None at all when there would be too many, or when
 * one of the rows cannot be brought back.
 */
export function missingRowsSql(sides: Sides, match: RowMatch): readonly string[] {
  const deletes = deleteStatements(sides, match)
  if (deletes.length + match.changed.length + match.lost.length > MOST_STATEMENTS) return []
  const updates = match.changed.map((change) => updateStatement(sides, match, change))
  const inserts = match.lost.map((row) => insertStatement(sides, row))
  const statements = [...deletes, ...updates, ...inserts]
  return statements.every((statement) => statement !== undefined) ? statements : []
}

function deleteStatements(
  { table, before, after }: Sides,
  { leftover, key, columns }: RowMatch,
): readonly string[] {
  const opaque = new Set([...before.opaque, ...after.opaque])
  if (key.length > 0) {
    const skipped = new Set([...key, ...opaque, ...before.generated, ...after.generated])
    // On another database, the key alone may be that of another row.
    const named = [...key, ...columns.filter((name) => !skipped.has(name))]
    const full = leftover.every((row) => named.every((name) => (row.get(name) ?? null) !== null))
    if (full && leftover.length > MOST_STATEMENTS && leftover.length <= MOST_LISTED) {
      const rows = leftover.map((row) => tuple(named.map((name) => value(row.get(name)))))
      const left = tuple(named.map((name) => comparable(name, opaque)))
      return [`DELETE FROM ${table} WHERE ${left} IN (${rows.join(', ')})`]
    }
    return leftover.map((row) => `DELETE FROM ${table} WHERE ${condition(row, named, opaque)}`)
  }
  // Without a key, rows can be alike, and only some of them too many.
  const counts = new Map<string, number>()
  for (const row of leftover) {
    const where = condition(row, columns, opaque)
    counts.set(where, (counts.get(where) ?? 0) + 1)
  }
  return [...counts].map(
    ([where, count]) =>
      `DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} WHERE ${where} LIMIT ${count})`,
  )
}

function updateStatement(
  { table, before, after }: Sides,
  { key, columns }: RowMatch,
  [from, to]: RowMatch['changed'][number],
): string | undefined {
  const changed = columns.filter((name) => from.get(name) !== to.get(name) && !after.generated.includes(name))
  if (changed.length === 0 || changed.some((name) => after.identityAlways.includes(name))) return undefined
  const assignments = changed.map((name) => `${quoteName(name)} = ${value(from.get(name))}`)
  const where = condition(to, [...key, ...changed], new Set([...before.opaque, ...after.opaque]))
  return `UPDATE ${table} SET ${assignments.join(', ')} WHERE ${where}`
}

function insertStatement({ table, before }: Sides, row: NamedRow): string {
  const columns = before.columns.filter((name) => !before.generated.includes(name))
  if (columns.length === 0) return `INSERT INTO ${table} DEFAULT VALUES`
  const overriding = columns.some((name) => before.identityAlways.includes(name))
    ? 'OVERRIDING SYSTEM VALUE '
    : ''
  const values = columns.map((name) => value(row.get(name))).join(', ')
  return `INSERT INTO ${table} (${columns.map(quoteName).join(', ')}) ${overriding}VALUES (${values})`
}

function condition(row: NamedRow, columns: readonly string[], opaque: ReadonlySet<string>): string {
  const terms = columns.map((name) => {
    const text = row.get(name) ?? null
    if (text === null) return `${quoteName(name)} IS NULL`
    return `${comparable(name, opaque)} = ${value(text)}`
  })
  return terms.length === 0 ? 'true' : terms.join(' AND ')
}

function tuple(terms: readonly string[]): string {
  return terms.length === 1 ? terms.join() : `(${terms.join(', ')})`
}

/** format() writes a value as its type does, which is how it was read. */
function comparable(name: string, opaque: ReadonlySet<string>): string {
  return opaque.has(name) ? `format('%s', ${quoteName(name)})` : quoteName(name)
}

function value(text: string | null | undefined): string {
  return literal(text ?? null).trim()
}
