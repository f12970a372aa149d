import type { Naming } from '../core/data-sql.ts'
import type { Difference } from '../core/difference.ts'
import type { SqlmigError } from '../core/errors.ts'
import type { Migration } from '../core/migration.ts'
import { repairSql } from '../core/repair.ts'
import { type Comparison, compareMoments, steadySql } from './compare.ts'
import { tellsRowsOf } from './derived-rows.ts'
import {
  type DataDifference,
  type DerivedDifference,
  type Differences,
  hasDifferences,
  rowsSql,
} from './differences.ts'
import { type Mended, mend, type TriedStatement } from './mend.ts'
import { failureOf, replayFile, stepOf } from './replay.ts'
import type { Moment, ScratchRoom } from './scratch-room.ts'
import { namingOf, type UnsteadyTables } from './unsteady.ts'
import type { Walker } from './walker.ts'

/** A down that did not bring everything back. */
export interface Failure {
  readonly before: Moment
  readonly after: Moment
  readonly back: Moment
  readonly found: Differences
  /** What counted when it was found. */
  readonly compare: Comparison
  /** Why the up cannot run again in the state that the down left; undefined when it can, or when that was not tried. */
  readonly retry: SqlmigError | undefined
}

/** What came of trying the SQL that a down may lack. */
export interface Tried {
  /** What was found different; a materialized view that still differs although its cause is gone differs by itself. */
  readonly found: Differences
  /** By the number of what was tried. */
  readonly mended: Mended
  readonly owners: ReadonlyArray<Difference | DataDifference>
  readonly remaining: Differences
  readonly state: Moment
}

/** Runs the SQL that would bring everything back. */
export async function trySql(
  { room }: Walker,
  { up, down }: Migration,
  { before, back, compare }: Failure,
  found: Differences,
  sqlOf: (one: DataDifference) => readonly string[],
): Promise<Tried> {
  const sides = { before: before.catalog, after: back.catalog }
  const owners = [...found.schema, ...found.data, ...found.derived]
  // What is refreshed when its sources are right need not be refreshed before.
  const later = new Set(found.derived.flatMap(rowsSql))
  const mended = await mend(
    room.tools,
    down ?? up,
    owners.map((one) => ({
      sql: 'table' in one ? sqlOf(one) : repairSql(one, sides).filter((sql) => !later.has(sql)),
    })),
  )
  const state = await room.look(before)
  const remaining = compareMoments(room, before, state, compare)
  const left = new Set(remaining.data.map(({ table }) => table.table))
  const isLeft = ({ table, cause }: DerivedDifference) => {
    const told = found.schema[cause]
    if (told !== undefined && tellsRowsOf(told, `materialized-view ${table.table}`)) return false
    return left.has(table.table)
  }
  return { found: withOwn(found, isLeft), mended, owners, remaining, state }
}

/** The SQL by the number of what was found: what is derived goes under its cause, and a REFRESH that was of no use is left out. */
export function mendedOf({ mended, owners, remaining }: Tried, found: Differences): Mended {
  const left = [...remaining.data, ...remaining.derived].map(({ table }) => table.table)
  const offered = (statements: readonly TriedStatement[]) =>
    statements.flatMap(({ of, sql }) => {
      const owner = owners[of]
      if (owner === undefined || (isView(owner) && left.includes(owner.table.table))) return []
      return [{ of: numberOf(found, owner), sql }]
    })
  return { statements: offered(mended.statements), failed: offered(mended.failed) }
}

/** The same with some that were derived as causes of their own. */
export function withOwn(
  { schema, data, derived }: Differences,
  isOwn: (one: DerivedDifference) => boolean,
): Differences {
  return {
    schema,
    data: [...data, ...derived.filter(isOwn)],
    derived: derived.filter((one) => !isOwn(one)),
  }
}

function isView(one: Difference | DataDifference): one is DataDifference {
  return 'table' in one && one.kind === 'materialized-view'
}

function numberOf({ schema, data, derived }: Differences, owner: Difference | DataDifference): number {
  if (!('table' in owner)) return schema.indexOf(owner)
  const own = data.indexOf(owner)
  return own >= 0 ? schema.length + own : (derived.find((one) => one === owner)?.cause ?? -1)
}

interface Named {
  readonly tried: Tried
  readonly now: Moment
  /** Rows that no SQL can name in other databases. */
  readonly nameless: ReadonlySet<DataDifference>
}

interface ToName extends Omit<Named, 'nameless'> {
  readonly found: Differences
  /** The rows of which findings are made. */
  readonly told: readonly DataDifference[]
  readonly unsteady: UnsteadyTables
}

/**
 * Takes out of the SQL what is different every time, such as a value of now(), and tries it on the rows that another up has made. Ends with
 * the migration applied.
 */
export async function nameSteadily(
  walker: Walker,
  migration: Migration,
  failure: Failure,
  { tried, now, found, told, unsteady }: ToName,
): Promise<Named> {
  const { room } = walker
  const sequences = hasDifferences(tried.remaining) ? 'not told apart' : 'told apart'
  const { renamed, nameless } = withoutUnsteady(room, told, failure, (table) =>
    namingOf(table, failure.back, unsteady, sequences),
  )
  if (renamed.size === 0) return { tried, now, nameless }
  const sqlOf = (one: DataDifference) =>
    isView(one) || (told.includes(one) && !nameless.has(one)) ? (renamed.get(one) ?? rowsSql(one)) : []
  const excused = found.data.filter((one) => !told.includes(one)).map(({ table }) => table.table)
  const again = await tryAfterAnotherUp(walker, migration, failure, { found, sqlOf, now, excused })
  const left = again.tried?.remaining.data.map(({ table }) => table.table)
  for (const one of renamed.keys()) if (left?.includes(one.table.table) !== false) nameless.add(one)
  return { tried: again.tried ?? tried, now: again.now, nameless }
}

/** What naming rows by steady columns alone makes of the SQL: another one, or none. */
export function withoutUnsteady(
  room: ScratchRoom,
  data: readonly DataDifference[],
  { before, back }: Pick<Failure, 'before' | 'back'>,
  namingOfTable: (table: string) => Naming,
): {
  readonly renamed: ReadonlyMap<DataDifference, readonly string[]>
  readonly nameless: Set<DataDifference>
} {
  const nameless = new Set<DataDifference>()
  const renamed = new Map<DataDifference, readonly string[]>()
  for (const one of data) {
    const naming = namingOfTable(one.table.table)
    if (one.kind !== 'table' || naming.unsteady.size === 0) continue
    const sql = steadySql(room, one, { before, after: back }, naming)
    const key = room.rowsOf(one.table.table, back)?.key ?? []
    if (isNameless(one, sql, key, naming)) nameless.add(one)
    else if (sql.join() !== rowsSql(one).join()) renamed.set(one, sql)
  }
  return { renamed, nameless }
}

/** Whether no SQL is left when nothing may be named that is different every time. */
function isNameless(
  one: DataDifference,
  sql: readonly string[],
  key: readonly string[],
  { unsteady }: Naming,
): boolean {
  if (sql.length > 0) return false
  return rowsSql(one).length > 0 || ((one.rows?.leftover ?? 0) > 0 && key.some((name) => unsteady.has(name)))
}

interface Repetition {
  readonly found: Differences
  readonly sqlOf: (one: DataDifference) => readonly string[]
  readonly now: Moment
  /** Tables whose rows do not count. */
  readonly excused: readonly string[]
}

/** The migration is applied: reverts it, tries the SQL, and applies it again. */
async function tryAfterAnotherUp(
  walker: Walker,
  migration: Migration,
  failure: Failure,
  { found, sqlOf, now, excused }: Repetition,
): Promise<{ readonly tried: Tried | undefined; readonly now: Moment }> {
  const { room } = walker
  const run = (action: 'apply' | 'revert', sql: Migration['up']) =>
    failureOf(replayFile(room.tools, stepOf(migration, action, sql)))
  const rebuilt = async () => (await walker.rebuild([...walker.applied, migration])) ?? now
  if (migration.down === undefined) return { tried: undefined, now }
  if ((await run('revert', migration.down)) !== undefined) return { tried: undefined, now: await rebuilt() }
  const all = await trySql(walker, migration, failure, found, sqlOf)
  const remaining = {
    ...all.remaining,
    data: all.remaining.data.filter(({ table }) => !excused.includes(table.table)),
  }
  const tried = { ...all, found, remaining }
  const right = !hasDifferences(remaining) && (await run('apply', migration.up)) === undefined
  return { tried, now: right ? await room.look(now) : await rebuilt() }
}
