import type { ObjectKey } from '../core/catalog.ts'
import type { TableRows } from '../core/data.ts'
import { compareData, compareRows, type RowsDifference, type TableDifference } from '../core/data-diff.ts'
import type { Difference } from '../core/difference.ts'
import { unquoted } from '../core/object-name.ts'
import { compareSnapshots, type Ignored } from '../core/schema-diff.ts'
import type { Moment, ScratchRoom } from './scratch-room.ts'

/** What counts in a comparison. */
export interface Comparison {
  /** Objects that do not count, such as roles of a server that others use too. */
  readonly ignored: Ignored
}

/** The rows of one table that differ; `rows` is undefined where there are too many to tell which. */
export interface DataDifference {
  readonly table: TableDifference
  readonly rows: RowsDifference | undefined
}

export interface Differences {
  readonly schema: readonly Difference[]
  readonly data: readonly DataDifference[]
}

export function hasDifferences({ schema, data }: Differences): boolean {
  return schema.length > 0 || data.length > 0
}

/** Compares a state with the one that it should be. */
export function compareMoments(
  room: ScratchRoom,
  before: Moment,
  after: Moment,
  { ignored }: Comparison,
): Differences {
  const schema = compareSnapshots(before.catalog, after.catalog, ignored)
  if (before.data === after.data) return { schema, data: [] }
  const told = tablesTold(schema)
  const data = compareData(before.data, after.data).filter(
    (one) =>
      !told.has(one.table) && !isHidden(one, schema) && before.catalog.objects.has(`table ${one.table}`),
  )
  return {
    schema,
    data: data.flatMap((table) => {
      const rows = differingRows(room, table.table, before, after)
      // The row's text also differs by columns that only one side has, and these the catalog tells of.
      return isSame(table, rows, before, after) ? [] : [{ table, rows }]
    }),
  }
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

/** Facts of a table that decide whether its rows can be seen at all. */
const SIGHT = ['rowSecurity', 'rowSecurityForced', 'owner', 'privileges']

/** Whether the rows of a table went out of sight, or came into it, because of a difference that is told anyway. */
function isHidden({ table, before, after }: TableDifference, schema: readonly Difference[]): boolean {
  if (before !== undefined && after !== undefined) return false
  return schema.some(
    (one) =>
      one.type === 'changed' && one.before.name === table && one.facts.some((fact) => SIGHT.includes(fact)),
  )
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
  before: Moment,
  after: Moment,
): RowsDifference | undefined {
  const was = room.rowsOf(table, before)
  const is = room.rowsOf(table, after)
  if (was === undefined || is === undefined) return undefined
  const changedColumns = columnsOfOtherType(table, before, after)
  const without = (rows: TableRows, other: TableRows): TableRows =>
    // A table without rows says nothing of its columns.
    dropColumns(rows.columns.length + rows.rows.length === 0 ? { ...other, rows: [] } : rows, changedColumns)
  return compareRows(table, without(was, is), without(is, was))
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

/** The same rows without some columns. */
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
