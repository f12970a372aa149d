import type { TableRows } from './data.ts'

/** One row by the names of its columns. */
export type NamedRow = ReadonlyMap<string, string | null>

/** Rows of two states, brought together by their primary key, or else as a whole. */
export interface RowMatch {
  /** The columns that both have; only they are compared. */
  readonly columns: readonly string[]
  /** The columns by which rows were matched; empty where whole rows were. */
  readonly key: readonly string[]
  readonly leftover: readonly NamedRow[]
  readonly lost: readonly NamedRow[]
  readonly changed: ReadonlyArray<readonly [before: NamedRow, after: NamedRow]>
}

/** Brings the rows of both sides together. */
export function matchRows(before: TableRows, after: TableRows): RowMatch {
  const columns = before.columns.filter((name) => after.columns.includes(name))
  const sameKey = before.key.length > 0 && before.key.join('\0') === after.key.join('\0')
  const key = sameKey && before.key.every((name) => columns.includes(name)) ? before.key : []
  const identity = key.length > 0 ? key : columns
  const remaining = new Map<string, NamedRow[]>()
  for (const row of namedRows(after)) {
    const id = signature(row, identity)
    const alike = remaining.get(id)
    if (alike === undefined) remaining.set(id, [row])
    else alike.push(row)
  }
  const lost: NamedRow[] = []
  const changed: Array<readonly [NamedRow, NamedRow]> = []
  for (const row of namedRows(before)) {
    const partner = remaining.get(signature(row, identity))?.pop()
    if (partner === undefined) lost.push(row)
    else if (signature(row, columns) !== signature(partner, columns)) changed.push([row, partner])
  }
  return { columns, key, leftover: [...remaining.values()].flat(), lost, changed }
}

/** What two runs of the same SQL made differently. */
export interface Unsteady {
  /** The columns that differ; all of them where no others are the same in both. */
  readonly columns: ReadonlySet<string>
  /** Whether rows can be brought together by the other columns, and the key is among these. */
  readonly identity: 'steady' | 'unsteady'
}

/** Compares what two runs made that should have made the same. */
export function unsteadyBetween(first: TableRows, second: TableRows): Unsteady {
  const { columns, key, leftover, lost, changed } = matchRows(first, second)
  if (leftover.length + lost.length === 0) {
    const different = columns.filter((name) => changed.some(([a, b]) => a.get(name) !== b.get(name)))
    return { columns: new Set(different), identity: 'steady' }
  }
  const different = new Set(columns.filter((name) => !sameValues(name, first, second)))
  const rest = matchRows(dropColumns(first, different), dropColumns(second, different))
  const explained =
    rest.columns.length > 0 && rest.leftover.length + rest.lost.length + rest.changed.length === 0
  return {
    columns: explained ? different : new Set(columns),
    identity: explained && key.length === 0 ? 'steady' : 'unsteady',
  }
}

function sameValues(column: string, ...sides: readonly [TableRows, TableRows]): boolean {
  const [first, second] = sides.map(({ columns, rows }) => {
    const at = columns.indexOf(column)
    return JSON.stringify(rows.map((row) => JSON.stringify(row[at] ?? null)).sort())
  })
  return first === second
}

/** The same rows without some columns. A key of which one is left out identifies nothing. */
export function dropColumns(table: TableRows, names: ReadonlySet<string>): TableRows {
  if (names.size === 0) return table
  const kept = table.columns.flatMap((name, index) => (names.has(name) ? [] : [index]))
  return {
    ...table,
    columns: kept.map((index) => table.columns[index] ?? ''),
    key: table.key.some((name) => names.has(name)) ? [] : table.key,
    rows: table.rows.map((row) => kept.map((index) => row[index] ?? null)),
  }
}

/** The rows of a table, each by the names of its columns. */
export function namedRows({ columns, rows }: TableRows): NamedRow[] {
  return rows.map((row) => new Map(columns.map((name, i) => [name, row[i] ?? null])))
}

function signature(row: NamedRow, columns: readonly string[]): string {
  return JSON.stringify(columns.map((name) => row.get(name) ?? null))
}
