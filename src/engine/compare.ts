import type { ObjectKey } from '../core/catalog.ts'
import type { TableRows } from '../core/data.ts'
import { compareData, compareRows, type RowsDifference, type TableDifference } from '../core/data-diff.ts'
import type { Naming } from '../core/data-sql.ts'
import type { Difference } from '../core/difference.ts'
import { unquoted } from '../core/object-name.ts'
import { dropColumns, type Unsteady } from '../core/row-match.ts'
import { compareSnapshots, type Ignored } from '../core/schema-diff.ts'
import { byCause } from './derived-rows.ts'
import type { DataDifference, Differences } from './differences.ts'
import type { Moment, ScratchRoom } from './scratch-room.ts'

/** What counts in a comparison. */
export interface Comparison {
  /** Objects that do not count, such as roles of a server that others use too. */
  readonly ignored: Ignored
  /** Materialized views that every refresh fills differently; undefined where nobody knows which columns. */
  readonly unsteadyViews?: ReadonlyMap<string, Unsteady | undefined>
  /** Materialized views whose rows are not compared, as they were out of date. */
  readonly outdatedViews?: ReadonlySet<string>
}

/** Compares a state with the one that it should be. */
export function compareMoments(
  room: ScratchRoom,
  before: Moment,
  after: Moment,
  { ignored, unsteadyViews = new Map(), outdatedViews = new Set() }: Comparison,
): Differences {
  const schema = compareSnapshots(before.catalog, after.catalog, ignored)
  if (before.data === after.data) return { schema, data: [], derived: [] }
  const unseen = new Set([...before.unseen, ...after.unseen])
  const found = compareData(before.data, after.data).filter(({ table }) => !unseen.has(table))
  const told = tablesTold(schema)
  const tables = found.flatMap((table): DataDifference[] => {
    if (told.has(table.table) || !before.catalog.objects.has(`table ${table.table}`)) return []
    const rows = differingRows(room, table.table, { before, after })
    // The row's text also differs by columns that only one side has, and these the catalog tells of.
    return isSame(table, rows, before, after) ? [] : [{ kind: 'table', table, rows }]
  })
  const views = found.flatMap((table): DataDifference[] => {
    if (!before.catalog.objects.has(`materialized-view ${table.table}`) || outdatedViews.has(table.table))
      return []
    const unsteady = unsteadyViews.get(table.table)
    if (unsteadyViews.has(table.table) && unsteady === undefined) return []
    const rows = differingRows(room, table.table, { before, after }, unsteady?.columns)
    return isSame(table, rows, before, after) ? [] : [{ kind: 'materialized-view', table, rows }]
  })
  return { schema, ...byCause(schema, tables, views, before.catalog) }
}

function isSame(
  { table, before: was, after: is }: TableDifference,
  rows: RowsDifference | undefined,
  before: Moment,
  after: Moment,
): boolean {
  if (rows !== undefined) return rows.leftover + rows.lost + rows.changed === 0
  const columns = ({ catalog }: Moment) =>
    [...catalog.objects.values()]
      .filter(({ kind, parent }) => kind === 'column' && parent === `table ${table}`)
      .map(({ name, facts }) => `${name} ${String(facts['type'])}`)
      .sort()
      .join()
  return was?.rows === is?.rows && columns(before) !== columns(after)
}

/** Tables that are left, lost or renamed as a whole: their rows are no second cause. */
function tablesTold(schema: readonly Difference[]): Set<string> {
  const told = new Set<string>()
  for (const difference of schema) {
    if (difference.type === 'changed' || difference.type === 'column-order') continue
    const subject =
      difference.type === 'renamed' ? [difference.before, difference.after] : [difference.object]
    for (const { kind, name } of [...subject, ...difference.inside]) if (kind === 'table') told.add(name)
  }
  return told
}

function differingRows(
  room: ScratchRoom,
  table: string,
  { before, after }: Readonly<Record<'before' | 'after', Moment>>,
  left: ReadonlySet<string> = new Set(),
  naming?: Naming,
): RowsDifference | undefined {
  const was = room.rowsOf(table, before)
  const is = room.rowsOf(table, after)
  if (was === undefined || is === undefined) return undefined
  const dropped = new Set([...left, ...columnsOfOtherType(table, before, after)])
  const without = (rows: TableRows, other: TableRows): TableRows =>
    // A table without rows says nothing of its columns.
    dropColumns(rows.columns.length + rows.rows.length === 0 ? { ...other, rows: [] } : rows, dropped)
  return compareRows(table, without(was, is), without(is, was), naming)
}

/** The statements that bring rows of a table back, with nothing in them that is something else in other databases. */
export function steadySql(
  room: ScratchRoom,
  { table }: DataDifference,
  moments: Readonly<Record<'before' | 'after', Moment>>,
  naming: Naming,
): readonly string[] {
  return differingRows(room, table.table, moments, undefined, naming)?.missingSql ?? []
}

/** The text of a value changes with its type, and the catalog tells of that. */
function columnsOfOtherType(table: string, before: Moment, after: Moment): Set<string> {
  const names = new Set<string>()
  for (const [key, column] of before.catalog.objects) {
    if (column.kind !== 'column' || column.parent !== `table ${table}`) continue
    const other = after.catalog.objects.get(key as ObjectKey)
    if (other !== undefined && other.facts['type'] !== column.facts['type'])
      names.add(unquoted(column.name.slice(table.length + 1)))
  }
  return names
}
