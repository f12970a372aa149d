import type { DataSnapshot, TableContent, TableRows } from './data.ts'
import { BY_ALL, missingRowsSql, type Naming } from './data-sql.ts'
import { matchRows } from './row-match.ts'
import { changeText, rowText } from './row-text.ts'

/** A table whose content differs; undefined stands for no rows. */
export interface TableDifference {
  readonly table: string
  readonly before: TableContent | undefined
  readonly after: TableContent | undefined
}

/** The tables whose content differs, by name. Rows may be alike all the same where the columns of a table differ: see {@link compareRows}. */
export function compareData(before: DataSnapshot, after: DataSnapshot): readonly TableDifference[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((table) => ({ table, before: before.get(table), after: after.get(table) }))
    .filter((pair) => pair.before?.rows !== pair.after?.rows || pair.before?.hash !== pair.after?.hash)
}

/** Which rows of a table differ. */
export interface RowsDifference {
  /** How many rows are only in `after`. */
  readonly leftover: number
  /** How many rows are only in `before`. */
  readonly lost: number
  /** How many rows have the same key and other values. */
  readonly changed: number
  /** The first few of each for people: `+ id=3 name='Ada'` is left over, `- …` is lost, `~ id=3 name='Ada' → 'Bob'` changed. */
  readonly rows: readonly string[]
  /** The SQL that turns `after` into `before`; empty where there is none, or too much of it. */
  readonly missingSql: readonly string[]
}

const SHOWN_OF_EACH = 5

/**
 * Compares the rows of one table. Columns that only one side has are left out: the catalog tells of them.
 * @param table its name as in a {@link DataSnapshot}
 * @param naming by what the SQL may name rows
 */
export function compareRows(
  table: string,
  before: TableRows,
  after: TableRows,
  naming: Naming = BY_ALL,
): RowsDifference {
  const match = matchRows(before, after)
  const { leftover, lost, changed, key, columns } = match
  const shown = <T>(sign: string, items: readonly T[], text: (item: T) => string) =>
    items.slice(0, SHOWN_OF_EACH).map((item) => `${sign} ${text(item)}`)
  return {
    leftover: leftover.length,
    lost: lost.length,
    changed: changed.length,
    rows: [
      ...shown('+', leftover, (row) => rowText(row, key)),
      ...shown('-', lost, (row) => rowText(row, key)),
      ...shown('~', changed, ([from, to]) => {
        const different = columns.filter((name) => from.get(name) !== to.get(name))
        return changeText(from, to, different, key)
      }),
    ],
    missingSql: missingRowsSql({ table, before, after }, match, naming),
  }
}
