import { draftDown } from '../core/draft-down.ts'
import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import { repairSql } from '../core/repair.ts'
import { createAnalysis } from './analyse.ts'
import { compareMoments, type Differences } from './compare.ts'
import type { ScratchContext } from './context.ts'
import { unsteadyTables } from './explain.ts'
import { mend } from './mend.ts'
import type { RunRecorder } from './recorder.ts'
import { failureOf, replayFile, stepOf } from './replay.ts'
import { rolesGuard } from './roles.ts'
import { type Moment, ScratchRoom } from './scratch-room.ts'
import { failureFinding, undraftedFindings } from './walk-findings.ts'

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
  const roles = await rolesGuard(context.scratch, session, migrations)
  const compare = (before: Moment, after: Moment) =>
    compareMoments(room, before, after, { ignored: roles.ignores })
  try {
    for (const migration of migrations.slice(0, -1))
      await replayFile(room.tools, stepOf(migration, 'apply', migration.up))
    const before = await room.look(undefined)
    const up = stepOf(target, 'apply', target.up)
    await replayFile(room.tools, up)
    const after = await room.look(before)
    const made = compare(before, after)
    const text = await takeBack(room, target, made, { before, after })
    const left = compare(before, await room.look(before))
    const missing = undraftedFindings(left, target)
    if (missing.some(({ severity }) => severity === 'error')) return { text: undefined, findings: missing }
    const failure = await failureOf(replayFile(room.tools, up))
    if (failure !== undefined)
      return { text: undefined, findings: [failureFinding('ROUNDTRIP_REDO_FAILED', target, failure)] }
    const second = await room.look(after)
    const unsteady = unsteadyTables(room, after, second)
    // Keys that differ every time name rows of the scratch database only: elsewhere they would be other rows.
    const nameless = made.data.filter(({ table }) =>
      unsteady.some((one) => one.table === table.table && one.columns.length === 0),
    )
    if (nameless.length > 0)
      return { text: undefined, findings: undraftedFindings({ schema: [], data: nameless }, target) }
    const again = undraftedFindings({ ...compare(after, second), data: [] }, target)
    const failed = again.some(({ severity }) => severity === 'error')
    return { text: failed ? undefined : text, findings: [...missing, ...again] }
  } finally {
    await roles.clean(session)
    await room.close()
  }
}

async function takeBack(
  room: ScratchRoom,
  target: Migration,
  { schema, data }: Differences,
  { before, after }: { before: Moment; after: Moment },
): Promise<string | undefined> {
  const sides = { before: before.catalog, after: after.catalog }
  const mended = await mend(room.tools, target.up, [
    // What was made last goes first.
    ...data.map(({ rows }) => ({ sql: rows?.missingSql ?? [] })),
    ...schema.toReversed().map((difference) => ({ sql: repairSql(difference, sides) })),
  ])
  const statements = mended.statements.map(({ of, sql }) => ({
    sql,
    difference: schema.toReversed()[of - data.length],
  }))
  return statements.length === 0 ? undefined : draftDown(target.up.file, statements)
}
