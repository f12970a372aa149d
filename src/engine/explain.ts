import type { Difference } from '../core/difference.ts'
import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import { asSqlmigError } from '../core/report.ts'
import { culpritOf, dataFinding, schemaFinding } from '../core/roundtrip-findings.ts'
import { circumstancesOf, risksRows } from './circumstances.ts'
import { compareMoments } from './compare.ts'
import { type DataDifference, type Differences, hasDifferences, rowsSql } from './differences.ts'
import type { Mended } from './mend.ts'
import { placeDifferences } from './place.ts'
import { stepOf } from './replay.ts'
import type { Moment } from './scratch-room.ts'
import { type Failure, mendedOf, nameSteadily, trySql, withOwn } from './try-sql.ts'
import { isExcused, type UnsteadyTables, unsteadyColumns, unsteadyTable } from './unsteady.ts'
import { sqlstateOf } from './walk-findings.ts'
import type { Proved, Walker } from './walker.ts'

type Explained = Pick<Proved, 'now' | 'findings' | 'unsteady' | 'fix' | 'writable'>

/**
 * Finds out what a down lacks: tries the SQL that would bring the state back, and runs the up once more, statement by statement, to see
 * which of them made what is left. Ends with the migration applied, in a state that is right, unless an up does not run again.
 */
export async function explain(walker: Walker, migration: Migration, failure: Failure): Promise<Explained> {
  const { room } = walker
  const { after } = failure
  const first = await trySql(walker, migration, failure, failure.found, rowsSql)
  const restored = !hasDifferences(first.remaining)
  // Columns that came back elsewhere are mostly dropped again by the next up: whether it leads to the right state is seen afterwards.
  const start = restored || onlyOrder(first.remaining) ? first.state : await walker.rebuild(walker.applied)
  const { places, now } = await applyAgain(walker, migration, failure, start, restored)
  const unsteady: UnsteadyTables = now === undefined ? new Map() : unsteadyColumns(room, after, now)
  // Without a second up nobody knows which rows are different every time.
  const excused = (one: DataDifference) =>
    restored && (now === undefined || isExcused(room, one, unsteady, failure))
  const base = first.found.schema.length
  const found = withOwn(first.found, (one) => {
    const cause = first.found.data[one.cause - base]
    return cause !== undefined && excused(cause) && !excused(one)
  })
  const data = found.data.filter((one) => !excused(one))
  const named =
    now === undefined
      ? { tried: first, now, nameless: new Set<DataDifference>() }
      : await nameSteadily(walker, migration, failure, { tried: first, now, found, told: data, unsteady })
  const { remaining } = named.tried
  const mended = mendedOf(named.tried, found)
  const circumstances = circumstancesOf(migration, {
    retry: failure.retry,
    places: [...found.schema, ...found.data].map((one) => places.get(one)),
    mended,
    remaining,
    found,
    nameless: named.nameless,
    statements: await room.tools.analysis.statementsOf(migration.up),
  })
  const culprit = culpritOf(migration)
  const dataAt = (one: DataDifference) => found.schema.length + found.data.indexOf(one)
  const findings: ReadonlyArray<readonly [number, Finding]> = [
    ...found.schema.map((one, at) => [at, schemaFinding(one, culprit, circumstances(at))] as const),
    ...data.map((one) => {
      const at = dataAt(one)
      return [at, dataFinding(one, culprit, circumstances(at))] as const
    }),
  ]
  const told = new Set(findings.map(([at]) => at))
  const script = mended.statements.filter(({ of }) => told.has(of)).map(({ sql }) => `${sql};`)
  const known = now !== undefined && onlyOrder(remaining) && named.nameless.size === 0
  return {
    now: named.now ?? after,
    findings: inRunningOrder(findings, mended),
    unsteady: [...unsteady].map((entry) => unsteadyTable(...entry)),
    fix: known ? script.join('\n') : undefined,
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

/** By what was found: the number of the statement of the up that made it. */
type Places = ReadonlyMap<Difference | DataDifference, number | undefined>

interface Applied {
  readonly places: Places
  /** Undefined where the right state cannot be reached, as an up does not run again. */
  readonly now: Moment | undefined
}

/** Applies the migration to the state before it, if there is one, and sees to it that this leads to the state after it. */
async function applyAgain(
  walker: Walker,
  migration: Migration,
  { after, found, compare }: Failure,
  start: Moment | undefined,
  restored: boolean,
): Promise<Applied> {
  const { room } = walker
  const places = start === undefined ? undefined : await place(walker, migration, start, found)
  if (places === undefined) return { places: new Map(), now: undefined }
  const reached = await room.look(after)
  const right = restored || compareMoments(room, after, reached, compare).schema.length === 0
  return { places, now: right ? reached : await walker.rebuild([...walker.applied, migration]) }
}

/**
 * Statement by statement; where the file cannot run so, as a whole, and then nothing is placed.
 * @returns undefined when an up does not run again
 */
async function place(
  walker: Walker,
  migration: Migration,
  before: Moment,
  found: Differences,
): Promise<Places | undefined> {
  const planned = stepOf(migration, 'apply', migration.up)
  const sought = [...found.schema, ...found.data, ...found.derived]
  try {
    const places = await placeDifferences(
      walker.room,
      planned,
      before,
      sought.map((one) => ('table' in one ? { table: one.table.table } : { difference: one })),
    )
    return new Map(sought.map((one, index) => [one, places[index]]))
  } catch (error) {
    if (sqlstateOf(asSqlmigError(error)) === undefined) throw error
    const rebuilt = await walker.rebuild([...walker.applied, migration])
    return rebuilt === undefined ? undefined : new Map()
  }
}
