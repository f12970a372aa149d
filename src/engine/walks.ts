import type { SqlmigError } from '../core/errors.ts'
import type { Finding } from '../core/finding.ts'
import { type Migration, type SqlFile, sqlFileOf } from '../core/migration.ts'
import type { WalkReport } from '../core/run.ts'
import { appendix } from '../core/sql-text.ts'
import { type Comparison, compareMoments } from './compare.ts'
import type { ScratchContext } from './context.ts'
import { type BatchEnd, failureOf, replayBatch, replayFile, stepOf } from './replay.ts'
import type { PlannedStep } from './run-statements.ts'
import type { Moment, ScratchRoom } from './scratch-room.ts'
import { failureFinding, ladderFindings } from './walk-findings.ts'

/** A walk over all migrations and what came of it. */
export interface Walk {
  readonly walk: WalkReport
  readonly findings: readonly Finding[]
}

/** A migration with the down that was proven for it, which may hold SQL that its file lacks. */
export interface Rung {
  readonly migration: Migration
  /** Undefined where no down is known to be right. */
  readonly down: SqlFile | undefined
  readonly irreversible: boolean
}

/** The file's down, with what it lacks appended. */
export function rungOf(migration: Migration, fix: string | undefined): Rung {
  const { up, down } = migration
  const irreversible = up.directives.irreversible !== undefined
  if (down === undefined || fix === undefined || irreversible)
    return { migration, down: undefined, irreversible }
  const whole = fix === '' ? down : sqlFileOf(down.file, down.text + appendix(down.text, fix))
  return { migration, down: whole, irreversible }
}

interface LadderInput {
  readonly context: ScratchContext
  readonly room: ScratchRoom
  /** All migrations in order, all applied. */
  readonly rungs: readonly Rung[]
  /** The states before the first migration and, by version, after each that is irreversible. */
  readonly floors: ReadonlyMap<string, Moment>
  readonly head: Moment
  readonly compare: Comparison
  /** Tables whose rows are different every time. */
  readonly unsteady: ReadonlySet<string>
}

/** All down, compare with the start; all up, compare with the head. The start is behind the last irreversible migration. */
export async function walkLadder(input: LadderInput): Promise<Walk> {
  const { context, rungs } = input
  const start = context.clock.elapsed()
  const from = rungs.findLastIndex(({ irreversible }) => irreversible) + 1
  const reversible = rungs.slice(from)
  const unknown = reversible.find(({ down }) => down === undefined)
  const report = (verdict: WalkReport['verdict'], findings: readonly Finding[], reason?: string): Walk => ({
    walk: {
      kind: 'ladder',
      verdict,
      durationMs: Math.round(context.clock.elapsed() - start),
      ...(reason === undefined ? {} : { reason }),
    },
    findings,
  })
  if (reversible.length === 0) return report('not-walked', [], 'there is nothing to revert')
  if (unknown !== undefined)
    return report('not-walked', [], `no down of ${unknown.migration.version} is known to be right`)
  const findings = await climb(input, reversible, from)
  const failed = findings.some(({ severity }) => severity === 'error')
  return report(failed ? 'failed' : 'passed', findings)
}

async function climb(
  { room, rungs, floors, head, compare, unsteady }: LadderInput,
  reversible: readonly Rung[],
  from: number,
): Promise<readonly Finding[]> {
  const run = (step: PlannedStep) => failureOf(replayFile(room.tools, step))
  for (const { migration, down } of [...reversible].reverse()) {
    const failure = down === undefined ? undefined : await run(stepOf(migration, 'revert', down))
    if (failure !== undefined) return [inLadder(failureFinding('ROUNDTRIP_DOWN_FAILED', migration, failure))]
  }
  const floor = floors.get(from === 0 ? START : (rungs[from - 1]?.migration.version ?? START))
  const bottom = await room.look(floor)
  const below =
    floor === undefined ? [] : ladderFindings(compareMoments(room, floor, bottom, compare), 'down', unsteady)
  for (const { migration } of reversible) {
    const failure = await run(stepOf(migration, 'apply', migration.up))
    if (failure !== undefined)
      return [...below, inLadder(failureFinding('ROUNDTRIP_REDO_FAILED', migration, failure))]
  }
  const top = await room.look(head)
  return [...below, ...ladderFindings(compareMoments(room, head, top, compare), 'up', unsteady)]
}

/** The key of the state before the first migration. */
export const START = ''

function inLadder(finding: Finding): Finding {
  return { ...finding, message: `all down and up again: ${finding.message}` }
}

/**
 * All ups in one transaction; a no-transaction migration divides it. What passes one by one may fail so: a new enum value cannot be used in
 * the transaction that adds it (manual, ALTER TYPE).
 * @param end `rollback` only where no migration divides the batch: the database is as it was then, unless a file ended the transaction
 */
export async function walkBatch(
  context: ScratchContext,
  room: ScratchRoom,
  migrations: readonly Migration[],
  end: BatchEnd,
): Promise<Walk> {
  const start = context.clock.elapsed()
  let running: Migration | undefined
  const failure = await failureOf(
    (async () => {
      for (const batch of batchesOf(migrations)) {
        const steps = batch.map((migration) => stepOf(migration, 'apply', migration.up))
        const alone = batch[0]
        if (alone?.up.directives.transaction === 'none') {
          running = alone
          for (const step of steps) await replayFile(room.tools, step)
          continue
        }
        await replayBatch(room.tools, steps, end, async (planned, run) => {
          running = batch[steps.indexOf(planned)]
          await run()
        })
      }
    })(),
  )
  if (failure !== undefined && running === undefined) throw failure
  const findings = failure === undefined || running === undefined ? [] : [batchFinding(running, failure)]
  return {
    walk: {
      kind: 'batch',
      verdict: findings.length > 0 ? 'failed' : 'passed',
      durationMs: Math.round(context.clock.elapsed() - start),
    },
    findings,
  }
}

function batchFinding(migration: Migration, failure: SqlmigError): Finding {
  return failureFinding('ROUNDTRIP_BATCH_FAILED', migration, failure)
}

function batchesOf(migrations: readonly Migration[]): Migration[][] {
  const batches: Migration[][] = []
  let open: Migration[] | undefined
  for (const migration of migrations) {
    const alone = migration.up.directives.transaction === 'none'
    if (alone || open === undefined) {
      const batch = [migration]
      batches.push(batch)
      open = alone ? undefined : batch
    } else open.push(migration)
  }
  return batches
}

/** A walk that was left out. */
export function notWalked(kind: WalkReport['kind'], reason: string): Walk {
  return { walk: { kind, verdict: 'not-walked', durationMs: 0, reason }, findings: [] }
}
