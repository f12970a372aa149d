import type { TableRows } from './data.ts'
import { type NamedRow, namedRows, type RowMatch } from './row-match.ts'
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

/** By what SQL may name rows, so that it finds them in other databases too. */
export interface Naming {
  /** Columns that hold something else in every database, such as those that now() filled. */
  readonly unsteady: ReadonlySet<string>
  /** Sets of columns of which no two rows hold the same, beside the primary key. */
  readonly unique: ReadonlyArray<readonly string[]>
}

/** Every column may name a row. */
export const BY_ALL: Naming = { unsteady: new Set(), unique: [] }

/**
 * The statements that bring the rows of `before` back, for the columns that `before` has. Each names its rows, also where the table held no
 * others: elsewhere it may. None at all when there would be too many, or when one of the rows cannot be brought back or named.
 */
export function missingRowsSql(sides: Sides, match: RowMatch, naming: Naming): readonly string[] {
  const deletes = deleteStatements(sides, match, naming)
  if (deletes.length + match.changed.length + match.lost.length > MOST_STATEMENTS) return []
  const updates = match.changed.map((change) => updateStatement(sides, match, change, naming))
  const inserts = match.lost.map((row) => insertStatement(sides, row))
  const statements = [...deletes, ...updates, ...inserts]
  return statements.every((statement) => statement !== undefined) ? statements : []
}

function deleteStatements(sides: Sides, match: RowMatch, naming: Naming): ReadonlyArray<string | undefined> {
  const { table, before, after } = sides
  const { leftover, columns } = match
  const key = steadyKey(match, naming)
  if (key === undefined)
    return match.key.length > 0 ? leftover.map(() => undefined) : anyOfAlike(sides, match, naming)
  const opaque = new Set([...before.opaque, ...after.opaque])
  const skipped = new Set([...key, ...opaque, ...before.generated, ...after.generated, ...naming.unsteady])
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

/** The primary key or, where that is different every time, another set of columns that identifies each row that is left over. */
function steadyKey(
  { key, columns, leftover }: RowMatch,
  { unsteady, unique }: Naming,
): readonly string[] | undefined {
  const primary = key.length === 0 ? [] : [key]
  return [...primary, ...unique].find((names) =>
    names.every(
      (name) =>
        columns.includes(name) &&
        !unsteady.has(name) &&
        leftover.every((row) => (row.get(name) ?? null) !== null),
    ),
  )
}

/**
 * Without a key, rows can be alike, and only some of them too many. Where steady columns alone name them, they have to hold something, and
 * every row that is alike in them has to be one that is left over.
 */
function anyOfAlike(
  { table, before, after }: Sides,
  { leftover, columns }: RowMatch,
  { unsteady }: Naming,
): ReadonlyArray<string | undefined> {
  const opaque = new Set([...before.opaque, ...after.opaque])
  const named = columns.filter((name) => !unsteady.has(name))
  const left = countBy(leftover.map((row) => condition(row, named, opaque)))
  const there = countBy(namedRows(after).map((row) => condition(row, named, opaque)))
  const vague =
    named.length < columns.length &&
    leftover.some(
      (row) =>
        named.every((name) => (row.get(name) ?? null) === null) ||
        left.get(condition(row, named, opaque)) !== there.get(condition(row, named, opaque)),
    )
  if (vague) return leftover.map(() => undefined)
  return [...left].map(
    ([where, count]) =>
      `DELETE FROM ${table} WHERE ctid IN (SELECT ctid FROM ${table} WHERE ${where} LIMIT ${count})`,
  )
}

function countBy(items: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1)
  return counts
}

function updateStatement(
  { table, before, after }: Sides,
  { key, columns }: RowMatch,
  [from, to]: RowMatch['changed'][number],
  { unsteady }: Naming,
): string | undefined {
  const changed = columns.filter((name) => from.get(name) !== to.get(name) && !after.generated.includes(name))
  const told = changed.filter((name) => !unsteady.has(name))
  // The key alone may be that of another row elsewhere.
  if (told.length === 0 || changed.some((name) => after.identityAlways.includes(name))) return undefined
  if (key.some((name) => unsteady.has(name))) return undefined
  const assignments = changed.map((name) => `${quoteName(name)} = ${value(from.get(name))}`)
  const where = condition(to, [...key, ...told], new Set([...before.opaque, ...after.opaque]))
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
