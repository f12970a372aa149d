import { textFact } from '../core/catalog.ts'
import type { TableRows } from '../core/data.ts'
import { compareData, compareRows } from '../core/data-diff.ts'
import type { Naming } from '../core/data-sql.ts'
import { localName } from '../core/difference.ts'
import { keyColumns } from '../core/folded-changes.ts'
import { unquoted } from '../core/object-name.ts'
import { dropColumns, matchRows, type NamedRow, type Unsteady, unsteadyBetween } from '../core/row-match.ts'
import type { DataDifference } from './differences.ts'
import type { Moment, ScratchRoom } from './scratch-room.ts'
import type { UnsteadyTable } from './walker.ts'

/** What two ups made differently out of the same state, by table; undefined where there are too many rows to say more. */
export type UnsteadyTables = ReadonlyMap<string, Unsteady | undefined>

/** Compares the states after two ups of the same migration. */
export function unsteadyColumns(room: ScratchRoom, first: Moment, second: Moment): UnsteadyTables {
  const unsteady = new Map<string, Unsteady | undefined>()
  if (first.data === second.data) return unsteady
  for (const { table } of compareData(first.data, second.data)) {
    const was = room.rowsOf(table, first)
    const is = room.rowsOf(table, second)
    unsteady.set(table, was === undefined || is === undefined ? undefined : unsteadyBetween(was, is))
  }
  return unsteady
}

/** What is told of a table: its columns, unless rows as a whole are different. */
export function unsteadyTable(table: string, unsteady: Unsteady | undefined): UnsteadyTable {
  return { table, columns: unsteady?.identity === 'steady' ? [...unsteady.columns] : [] }
}

/** The tables whose rows two ups of the same migration made differently. */
export function unsteadyTables(room: ScratchRoom, first: Moment, second: Moment): UnsteadyTable[] {
  return [...unsteadyColumns(room, first, second)].map((entry) => unsteadyTable(...entry))
}

/**
 * Whether rows differ in nothing but columns that are different every time the up runs. What the down did not touch does not count as such:
 * the value from before the up is gone.
 */
export function isExcused(
  room: ScratchRoom,
  { table: { table }, rows }: DataDifference,
  unsteady: UnsteadyTables,
  { before, after, back }: Readonly<Record<'before' | 'after' | 'back', Moment>>,
): boolean {
  const columns = unsteady.get(table)
  const was = room.rowsOf(table, before)
  const made = room.rowsOf(table, after)
  const is = room.rowsOf(table, back)
  if (columns?.identity !== 'steady' || rows === undefined) return false
  if (was === undefined || made === undefined || is === undefined) return false
  const rest = compareRows(table, dropColumns(was, columns.columns), dropColumns(is, columns.columns))
  if (rest.leftover + rest.lost + rest.changed > 0) return false
  // Without a key, a row is the same as long as its steady columns are.
  const keyed = (side: TableRows): TableRows => {
    if (side.key.length > 0) return side
    return { ...side, key: side.columns.filter((name) => !columns.columns.has(name)) }
  }
  const touched = changedCells(keyed(made), keyed(is))
  return [...changedCells(keyed(was), keyed(is))].every((cell) => touched.has(cell))
}

/** Every value of `after` that is another one in `before`, or that is not there. */
function changedCells(before: TableRows, after: TableRows): Set<string> {
  const { columns, key, leftover, changed } = matchRows(before, after)
  const cell = (row: NamedRow, column: string) => JSON.stringify([column, key.map((name) => row.get(name))])
  return new Set([
    ...leftover.flatMap((row) => columns.map((column) => cell(row, column))),
    ...changed.flatMap(([from, to]) =>
      columns.filter((column) => from.get(column) !== to.get(column)).map((column) => cell(to, column)),
    ),
  ])
}

/** A default that reads the clock; two ups of one day do not tell its dates apart. */
const CLOCK =
  /\b(?:now|clock_timestamp|statement_timestamp|transaction_timestamp)\(|\b(?:CURRENT_|LOCAL)(?:DATE|TIME)/i

/**
 * By what the rows of a table can be named in other databases.
 * @param sequences whether two ups count as having told columns apart that a sequence fills: in two new databases they get the same numbers
 */
export function namingOf(
  table: string,
  { catalog }: Moment,
  unsteady: UnsteadyTables,
  sequences: 'told apart' | 'not told apart',
): Naming {
  const parts = [...catalog.objects.values()].filter(({ parent }) => parent === `table ${table}`)
  const columns = parts.filter(({ kind }) => kind === 'column')
  const numbered = (column: (typeof columns)[number]) =>
    textFact(column, 'identity') !== undefined || textFact(column, 'default')?.includes('nextval(') === true
  const dated = (column: (typeof columns)[number]) =>
    CLOCK.test(textFact(column, 'default') ?? '') && textFact(column, 'type')?.startsWith('time') !== true
  const known = columns.filter((one) => dated(one) || (sequences === 'not told apart' && numbered(one)))
  const all = () => columns.map((one) => unquoted(localName(one)))
  const made = unsteady.has(table) ? (unsteady.get(table)?.columns ?? all()) : []
  return {
    unsteady: new Set([...made, ...known.map((one) => unquoted(localName(one)))]),
    unique: parts
      .filter((one) => one.kind === 'constraint' && textFact(one, 'type') === 'unique')
      .map((one) => keyColumns(one).map(unquoted)),
  }
}
