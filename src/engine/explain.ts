import { textFact } from '../core/catalog.ts'
import type { TableRows } from '../core/data.ts'
import { compareData, compareRows } from '../core/data-diff.ts'
import { localName } from '../core/difference.ts'
import type { SqlmigError } from '../core/errors.ts'
import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import { unquoted } from '../core/object-name.ts'
import { repairSql } from '../core/repair.ts'
import { asSqlmigError } from '../core/report.ts'
import { culpritOf, dataFinding, schemaFinding } from '../core/roundtrip-findings.ts'
import { matchRows, type NamedRow } from '../core/row-match.ts'
import { circumstancesOf, risksRows } from './circumstances.ts'
import {
  compareMoments,
  type DataDifference,
  type Differences,
  dropColumns,
  hasDifferences,
} from './compare.ts'
import { type Mended, mend } from './mend.ts'
import { placeDifferences } from './place.ts'
import { replayFile, stepOf } from './replay.ts'
import type { Moment, ScratchRoom } from './scratch-room.ts'
import { sqlstateOf } from './walk-findings.ts'
import type { Proved, UnsteadyTable, Walker } from './walker.ts'

/** A down that did not bring everything back. */
export interface Failure {
  readonly before: Moment
  readonly after: Moment
  readonly back: Moment
  readonly found: Differences
  /** Why the up cannot run again in the state that the down left; undefined when it can, or when that was not tried. */
  readonly retry: SqlmigError | undefined
}

type Explained = Pick<Proved, 'now' | 'findings' | 'unsteady' | 'fix' | 'writable'>

/**
 * Finds out what a down lacks: tries the SQL that would bring the state back, and runs the up once more, statement by statement, to see
 * which of them made what is left. Ends with the migration applied, in a state that is right.
 */
export async function explain(walker: Walker, migration: Migration, failure: Failure): Promise<Explained> {
  const { room } = walker
  const { before, after, back, found } = failure
  const down = migration.down ?? migration.up
  const sides = { before: before.catalog, after: back.catalog }
  const mendables = [
    ...found.schema.map((difference) => ({ sql: repairSql(difference, sides) })),
    ...found.data.map(({ rows }) => ({ sql: rows?.missingSql ?? [] })),
  ]
  const mended = await mend(room.tools, down, mendables)
  const state = await room.look(before)
  const remaining = compareMoments(room, before, state, walker.compare)
  const restored = !hasDifferences(remaining)
  // Columns that came back elsewhere are mostly dropped again by the next up: whether it leads to the right state is seen afterwards.
  const start = restored || onlyOrder(remaining) ? state : await walker.rebuild(walker.applied)
  const places = await place(walker, migration, start, found)
  const reached = await room.look(after)
  const right = restored || compareMoments(room, after, reached, walker.compare).schema.length === 0
  const now = right ? reached : await walker.rebuild([...walker.applied, migration])
  const unsteady = unsteadyColumns(room, after, now)
  const data = found.data.filter((one) => !restored || !isExcused(room, one, unsteady, failure))
  const nameless = new Set(data.filter((one) => isNameless(room, one, unsteady, back, restored)))
  const circumstances = circumstancesOf(migration, {
    retry: failure.retry,
    places,
    mended,
    remaining,
    found,
    nameless,
    statements: await room.tools.analysis.statementsOf(migration.up),
  })
  const culprit = culpritOf(migration)
  const dataAt = (one: DataDifference) => found.schema.length + found.data.indexOf(one)
  const findings: ReadonlyArray<readonly [number, Finding]> = [
    ...found.schema.map((one, at) => [at, schemaFinding(one, culprit, circumstances(at))] as const),
    ...data.map((one) => {
      const at = dataAt(one)
      return [at, dataFinding(one.table, one.rows, culprit, circumstances(at))] as const
    }),
  ]
  const told = new Set(findings.map(([at]) => at))
  const script = mended.statements.filter(({ of }) => told.has(of)).map(({ sql }) => `${sql};`)
  return {
    now,
    findings: inRunningOrder(findings, mended),
    unsteady: tablesOf(unsteady),
    fix: onlyOrder(remaining) && nameless.size === 0 ? script.join('\n') : undefined,
    writable: !found.schema.some((one) => risksRows(one, found.schema)),
  }
}

/**
 * So that their SQL, read from the first to the last, runs: by each one's last statement, as that had to wait for others. Those without, or
 * with one that fails, come last.
 */
function inRunningOrder(
  findings: ReadonlyArray<readonly [number, Finding]>,
  { statements, failed }: Mended,
): Finding[] {
  const ready = (index: number) => {
    const last = statements.findLastIndex(({ of }) => of === index)
    return last < 0 || failed.some(({ of }) => of === index) ? statements.length : last
  }
  return [...findings].sort(([a], [b]) => ready(a) - ready(b)).map(([, finding]) => finding)
}

/** Whether nothing differs but the order of columns, which no ALTER can mend. */
function onlyOrder({ schema, data }: Differences): boolean {
  return data.length === 0 && schema.every(({ type }) => type === 'column-order')
}

/** Statement by statement; where the file cannot run so, as a whole, and then nothing is placed. */
async function place(
  walker: Walker,
  migration: Migration,
  before: Moment,
  found: Differences,
): Promise<Array<number | undefined>> {
  const planned = stepOf(migration, 'apply', migration.up)
  const sought = [
    ...found.schema.map((difference) => ({ difference })),
    ...found.data.map(({ table }) => ({ table: table.table })),
  ]
  try {
    return await placeDifferences(walker.room, planned, before, sought)
  } catch (error) {
    if (sqlstateOf(asSqlmigError(error)) === undefined) throw error
    await walker.rebuild(walker.applied)
    await replayFile(walker.room.tools, planned)
    return sought.map(() => undefined)
  }
}

type UnsteadyColumns = ReadonlyMap<string, ReadonlySet<string> | 'rows'>

/**
 * What two ups made differently out of the same state, by table: the columns with now() and the like, or `rows` where even the keys differ,
 * such as those of a sequence.
 */
function unsteadyColumns(room: ScratchRoom, first: Moment, second: Moment): UnsteadyColumns {
  const unsteady = new Map<string, ReadonlySet<string> | 'rows'>()
  if (first.data === second.data) return unsteady
  for (const { table } of compareData(first.data, second.data)) {
    const was = room.rowsOf(table, first)
    const is = room.rowsOf(table, second)
    if (was === undefined || is === undefined) {
      unsteady.set(table, 'rows')
      continue
    }
    const { columns, leftover, lost, changed } = matchRows(was, is)
    const different = columns.filter((name) => changed.some(([a, b]) => a.get(name) !== b.get(name)))
    unsteady.set(table, leftover.length + lost.length > 0 ? 'rows' : new Set(different))
  }
  return unsteady
}

function tablesOf(unsteady: UnsteadyColumns): UnsteadyTable[] {
  return [...unsteady].map(([table, columns]) => ({ table, columns: columns === 'rows' ? [] : [...columns] }))
}

/** The tables whose rows two ups of the same migration made differently. */
export function unsteadyTables(room: ScratchRoom, first: Moment, second: Moment): UnsteadyTable[] {
  return tablesOf(unsteadyColumns(room, first, second))
}

/**
 * Whether rows differ in nothing but columns that are different every time the up runs. What the down did not touch does not count as such:
 * the value from before the up is gone.
 */
function isExcused(
  room: ScratchRoom,
  { table: { table }, rows }: DataDifference,
  unsteady: UnsteadyColumns,
  { before, after, back }: Failure,
): boolean {
  const columns = unsteady.get(table)
  const was = room.rowsOf(table, before)
  const made = room.rowsOf(table, after)
  const is = room.rowsOf(table, back)
  if (columns === undefined || columns === 'rows' || rows === undefined) return false
  if (was === undefined || made === undefined || is === undefined) return false
  const rest = compareRows(table, dropColumns(was, columns), dropColumns(is, columns))
  if (rest.leftover + rest.lost + rest.changed > 0) return false
  const touched = changedCells(made, is)
  return [...changedCells(was, is)].every((cell) => touched.has(cell))
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

/**
 * Whether rows are left whose keys are different every time: no SQL can name them, and elsewhere other rows have these keys. Two ups in a
 * new database give the same numbers, so there the key's default has to tell.
 */
function isNameless(
  room: ScratchRoom,
  { table: { table }, rows }: DataDifference,
  unsteady: UnsteadyColumns,
  back: Moment,
  restored: boolean,
): boolean {
  if (rows === undefined || rows.leftover === 0) return false
  if (unsteady.get(table) === 'rows') return true
  if (restored) return false
  const key = room.rowsOf(table, back)?.key ?? []
  return [...back.catalog.objects.values()].some(
    (column) =>
      column.kind === 'column' &&
      column.parent === `table ${table}` &&
      key.includes(unquoted(localName(column))) &&
      (textFact(column, 'identity') !== undefined ||
        textFact(column, 'default')?.includes('nextval(') === true),
  )
}
