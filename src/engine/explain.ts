import { compareData, compareRows } from '../core/data-diff.ts'
import { type Difference, keysOf, localName } from '../core/difference.ts'
import type { SqlmigError } from '../core/errors.ts'
import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import { repairSql } from '../core/repair.ts'
import { type Circumstances, culpritOf, dataFinding, schemaFinding } from '../core/roundtrip-findings.ts'
import { matchRows } from '../core/row-match.ts'
import type { StatementSpan } from '../core/split.ts'
import { placeInStatement } from '../core/statement-place.ts'
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

type Explained = Pick<Proved, 'now' | 'findings' | 'unsteady' | 'fix'>

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
  const data = found.data.filter((one) => !restored || !isExcused(room, one, unsteady, before, back))
  const circumstances = circumstancesOf(migration, failure, {
    places,
    mended,
    remaining,
    found,
    statements: await room.tools.analysis.statementsOf(migration.up),
  })
  const culprit = culpritOf(migration)
  const findings: Finding[] = [
    ...found.schema.map((difference, index) => schemaFinding(difference, culprit, circumstances(index))),
    ...data.map((one) =>
      dataFinding(one.table, one.rows, culprit, circumstances(found.schema.length + found.data.indexOf(one))),
    ),
  ]
  const script = mended.statements.map(({ sql }) => `${sql};`).join('\n')
  return {
    now,
    findings,
    unsteady: tablesOf(unsteady),
    fix: onlyOrder(remaining) ? script : undefined,
  }
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
    if (!(error instanceof Error) || sqlstateOf(error as SqlmigError) === undefined) throw error
    await walker.rebuild(walker.applied)
    await replayFile(walker.room.tools, planned)
    return sought.map(() => undefined)
  }
}

interface Evidence {
  readonly places: ReadonlyArray<number | undefined>
  readonly mended: Mended
  readonly remaining: Differences
  readonly found: Differences
  /** Of the up. */
  readonly statements: readonly StatementSpan[]
}

function circumstancesOf(
  migration: Migration,
  { retry }: Failure,
  evidence: Evidence,
): (index: number) => Circumstances {
  const blamed = retry === undefined ? -1 : causeOfRetry(retry, evidence.found)
  return (index) => {
    const statements = evidence.mended.statements.filter((one) => one.of === index)
    const failed = evidence.mended.failed.filter((one) => one.of === index)
    return {
      ...locate(migration, evidence, index),
      missingSql: [...statements, ...failed].map(({ sql }) => `${sql};`),
      proven: statements.length > 0 && failed.length === 0 && isMended(evidence, index),
      consequence:
        retry !== undefined && index === blamed
          ? `because of it the next up fails: ${retry.message} (${sqlstateOf(retry) ?? retry.code}${retry.location?.line === undefined ? '' : `, ${retry.location.file}:${retry.location.line}`})`
          : undefined,
    }
  }
}

/** Whether nothing of a difference is left after what was tried. */
function isMended({ remaining, found }: Evidence, index: number): boolean {
  const difference = found.schema[index]
  if (difference !== undefined) {
    const keys = new Set(keysOf(difference))
    return !remaining.schema.some(
      (one) =>
        (one.type === 'column-order') === (difference.type === 'column-order') &&
        keysOf(one).some((key) => keys.has(key)),
    )
  }
  const table = found.data[index - found.schema.length]?.table.table
  return !remaining.data.some((one) => one.table.table === table)
}

/** The difference that an error of the next up names, else the first. */
function causeOfRetry({ message }: SqlmigError, { schema }: Differences): number {
  const named = schema.findIndex((difference) =>
    message.includes(`"${subjectName(difference).replaceAll('"', '')}"`),
  )
  return Math.max(0, named)
}

function subjectName(difference: Difference): string {
  const object =
    difference.type === 'renamed'
      ? difference.after
      : 'object' in difference
        ? difference.object
        : difference.after
  return bareName(localName(object))
}

/** Without its schema and, for functions, without its arguments. */
function bareName(name: string): string {
  return /("(?:[^"]|"")+"|[^".()\s]+)(?:\(.*\))?$/s.exec(name)?.[1] ?? name
}

/** The statement of the up that made it; where there is none the down did. */
function locate(
  { up, down }: Migration,
  { places, found, statements }: Evidence,
  index: number,
): Pick<Circumstances, 'location' | 'excerpt'> {
  const number = places[index]
  const span = number === undefined ? undefined : statements[number]
  if (span === undefined) return { location: { file: (down ?? up).file }, excerpt: undefined }
  const difference = found.schema[index]
  const table = found.data[index - found.schema.length]?.table.table ?? ''
  return placeInStatement(up, span, difference === undefined ? bareName(table) : subjectName(difference))
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

/** Whether rows differ in nothing but columns that are different every time the up runs. */
function isExcused(
  room: ScratchRoom,
  { table: { table }, rows }: DataDifference,
  unsteady: UnsteadyColumns,
  before: Moment,
  back: Moment,
): boolean {
  const columns = unsteady.get(table)
  const was = room.rowsOf(table, before)
  const is = room.rowsOf(table, back)
  if (
    columns === undefined ||
    columns === 'rows' ||
    rows === undefined ||
    was === undefined ||
    is === undefined
  )
    return false
  const rest = compareRows(table, dropColumns(was, columns), dropColumns(is, columns))
  return rest.leftover + rest.lost + rest.changed === 0
}
