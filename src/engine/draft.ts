import { draftDown } from '../core/draft-down.ts'
import { type Finding, hasErrors } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import { repairSql } from '../core/repair.ts'
import { createAnalysis } from './analyse.ts'
import { compareMoments } from './compare.ts'
import type { ScratchContext } from './context.ts'
import { type DataDifference, type Differences, rowsSql } from './differences.ts'
import { mend } from './mend.ts'
import type { RunRecorder } from './recorder.ts'
import { failureOf, replayFile, stepOf } from './replay.ts'
import { rolesGuard } from './roles.ts'
import { type Moment, ScratchRoom } from './scratch-room.ts'
import { withoutUnsteady } from './try-sql.ts'
import { namingOf, unsteadyColumns } from './unsteady.ts'
import { compareWithUnsteadyViews } from './unsteady-views.ts'
import { failureFinding, undraftedFindings } from './walk-findings.ts'
import type { Walker } from './walker.ts'

/** A down that was drafted and proven, or why there is none. */
export interface Draft {
  /** Undefined when no draft brings everything back, or when there is nothing to bring back. */
  readonly text: string | undefined
  readonly findings: readonly Finding[]
}

/**
 * Runs the migrations up to one, compares what the last made, and writes the down that takes it back. It counts only when the state after it
 * is the one before the up, and the up runs again from there.
 * @param migrations in order; the last one is the one that needs a down
 */
export async function draft(
  context: ScratchContext,
  recorder: RunRecorder,
  migrations: readonly Migration[],
): Promise<Draft> {
  const target = migrations.at(-1)
  if (target === undefined) return { text: undefined, findings: [] }
  const room = await ScratchRoom.open(context, createAnalysis(context.parser), migrations)
  const { session } = room.tools
  recorder.connected({
    database: context.scratch.description,
    server: room.server.server,
    history: '',
    head: null,
  })
  const roles = await rolesGuard(context, session, migrations)
  try {
    for (const migration of migrations.slice(0, -1))
      await replayFile(room.tools, stepOf(migration, 'apply', migration.up))
    const walker = { room, context, compare: { ignored: roles.ignores } }
    return await draftFor(walker, target, await room.look(undefined))
  } finally {
    await roles.clean(session)
    await room.close()
  }
}

/** Drafts and proves; the database is in the state before the up. */
async function draftFor(
  walker: Pick<Walker, 'room' | 'context' | 'compare'>,
  target: Migration,
  before: Moment,
): Promise<Draft> {
  const { room } = walker
  const up = stepOf(target, 'apply', target.up)
  await replayFile(room.tools, up)
  const after = await room.look(before)
  const { found: made, compare } = await compareWithUnsteadyViews(walker, target, before, after)
  const left = async () =>
    undraftedFindings(compareMoments(room, before, await room.look(before), compare), target)
  const none = (findings: readonly Finding[]): Draft => ({ text: undefined, findings })
  const text = await takeBack(room, target, made, rowsSql, { before, after })
  const missing = await left()
  if (hasErrors(missing)) return none(missing)
  const failure = await failureOf(replayFile(room.tools, up))
  if (failure !== undefined) return none([failureFinding('ROUNDTRIP_REDO_FAILED', target, failure)])
  const second = await room.look(after)
  const again = undraftedFindings({ ...compareMoments(room, after, second, compare), data: [] }, target)
  const findings = [...missing, ...again]
  if (hasErrors(again)) return none(findings)
  const unsteady = unsteadyColumns(room, after, second)
  const { renamed, nameless } = withoutUnsteady(room, made.data, { before, back: after }, (table) =>
    namingOf(table, after, unsteady, 'told apart'),
  )
  if (nameless.size > 0)
    return none(undraftedFindings({ schema: [], data: [...nameless], derived: [] }, target))
  if (renamed.size === 0) return { text, findings }
  const steady = await takeBack(room, target, made, (one) => renamed.get(one) ?? rowsSql(one), {
    before,
    after,
  })
  const still = await left()
  return hasErrors(still) ? none(still) : { text: steady, findings }
}

async function takeBack(
  room: ScratchRoom,
  target: Migration,
  { schema, data, derived }: Differences,
  sqlOf: (one: DataDifference) => readonly string[],
  { before, after }: { before: Moment; after: Moment },
): Promise<string | undefined> {
  const sides = { before: before.catalog, after: after.catalog }
  const tables = data.filter(({ kind }) => kind === 'table')
  const views = [...data.filter(({ kind }) => kind === 'materialized-view'), ...derived]
  const mended = await mend(room.tools, target.up, [
    // What was made last goes first.
    ...tables.map((one) => ({ sql: sqlOf(one) })),
    ...schema.toReversed().map((difference) => ({ sql: repairSql(difference, sides) })),
    ...views.map((one) => ({ sql: sqlOf(one) })),
  ])
  const statements = mended.statements.map(({ of, sql }) => ({
    sql,
    difference: schema.toReversed()[of - tables.length],
  }))
  return statements.length === 0 ? undefined : draftDown(target.up.file, statements)
}
