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

function namedRows({ columns, rows }: TableRows): NamedRow[] {
  return rows.map((row) => new Map(columns.map((name, i) => [name, row[i] ?? null])))
}

function signature(row: NamedRow, columns: readonly string[]): string {
  return JSON.stringify(columns.map((name) => row.get(name) ?? null))
}
