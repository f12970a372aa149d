import type { SqlmigError } from '../core/errors.ts'
import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import type { ProofReport, ProofVerdict } from '../core/run.ts'
import { type SequenceMove, sequenceMoves } from '../core/sequences.ts'
import { compareMoments } from './compare.ts'
import { hasDifferences } from './differences.ts'
import { explain } from './explain.ts'
import { failureOf, rehearse, replayFile, stepOf } from './replay.ts'
import type { PlannedStep } from './run-statements.ts'
import type { Moment, Unrepeatable } from './scratch-room.ts'
import { unsteadyTables } from './unsteady.ts'
import { compareWithUnsteadyViews, withViews } from './unsteady-views.ts'
import { failureFinding, repeatFinding, unreachable, unrepeatableFinding } from './walk-findings.ts'
import type { Proved, UnsteadyTable, Walker } from './walker.ts'

type Durations = Pick<ProofReport, 'upMs' | 'downMs' | 'redoMs'>

/** Up, down, compare with before, up again, compare with after. */
export async function prove(walker: Walker, migration: Migration): Promise<Proved> {
  const { context } = walker
  const start = context.clock.elapsed()
  const times: { -readonly [K in keyof Durations]: Durations[K] } = { upMs: null, downMs: null, redoMs: null }
  const timed = async (what: keyof Durations, work: () => Promise<void>) => {
    const began = context.clock.elapsed()
    await work()
    times[what] = Math.round(context.clock.elapsed() - began)
  }
  const { now: before } = walker
  const outcome = afterwards(await walk(walker, migration, timed), walker.unrepeatable, migration)
  const unseen = unseenIn(before, ...(outcome.looked ?? []), outcome.now)
  const { version, name, up } = migration
  const { sequences = [] } = outcome
  return {
    findings: outcome.findings ?? [],
    unsteady: outcome.unsteady ?? [],
    fix: outcome.fix,
    writable: outcome.writable ?? true,
    now: outcome.now,
    applied: outcome.applied ?? true,
    proof: {
      version,
      name,
      file: up.file,
      verdict: outcome.verdict ?? verdictOf(outcome.findings ?? []),
      ...times,
      durationMs: Math.round(context.clock.elapsed() - start),
      ...(outcome.reason === undefined ? {} : { reason: outcome.reason }),
      ...nondeterministic(outcome.unsteady ?? []),
      ...(unseen.length === 0 ? {} : { unseen }),
      ...(sequences.length === 0 ? {} : { sequences }),
    },
  }
}

function nondeterministic(tables: readonly UnsteadyTable[]): Pick<ProofReport, 'nondeterministic'> {
  if (tables.length === 0) return {}
  return {
    nondeterministic: tables.map(({ table, columns }) =>
      columns.length === 0 ? table : `${table} (${columns.join(', ')})`,
    ),
  }
}

function unseenIn(...moments: readonly Moment[]): string[] {
  return [...new Set(moments.flatMap(({ unseen }) => unseen))].sort()
}

interface Outcome {
  readonly now: Moment
  /** The states between, where they were looked at. */
  readonly looked?: readonly Moment[]
  readonly applied?: boolean
  readonly findings?: readonly Finding[]
  readonly unsteady?: readonly UnsteadyTable[]
  readonly fix?: string | undefined
  readonly writable?: boolean
  readonly verdict?: ProofVerdict
  readonly reason?: string
  readonly sequences?: readonly SequenceMove[]
}

/** An up that does not run again is a fault of its own; what could not be judged because of another one is no pass. */
function afterwards(outcome: Outcome, by: Unrepeatable | undefined, migration: Migration): Outcome {
  if (by === undefined) return outcome
  const { findings = [] } = outcome
  if (by.migration === migration) return { ...outcome, findings: [...findings, unrepeatableFinding(by)] }
  return findings.length > 0 ? outcome : { ...outcome, verdict: 'not-walked', reason: unreachable(by) }
}

function verdictOf(findings: readonly Finding[]): ProofVerdict {
  if (findings.some(({ severity }) => severity === 'error')) return 'failed'
  return findings.length > 0 ? 'warned' : 'passed'
}

/** Whether a file that failed left nothing behind: its transaction was rolled back, unless it had ended it itself. */
export function isUndone({ info }: PlannedStep, { code }: SqlmigError): boolean {
  return info.transactional && code !== 'FILE_ENDED_TRANSACTION'
}

type Timed = (what: keyof Durations, work: () => Promise<void>) => Promise<void>

async function walk(walker: Walker, migration: Migration, timed: Timed): Promise<Outcome> {
  const { room, now: before } = walker
  const { up, down } = migration
  const stood = await room.positions(before)
  const upStep = stepOf(migration, 'apply', up)
  const upFailure = await failureOf(timed('upMs', () => replayFile(room.tools, upStep)))
  if (upFailure !== undefined) {
    const now = isUndone(upStep, upFailure) ? before : ((await walker.rebuild(walker.applied)) ?? before)
    return { now, applied: false, findings: [failureFinding('ROUNDTRIP_UP_FAILED', migration, upFailure)] }
  }
  const after = await room.look(before)
  if (up.directives.irreversible !== undefined)
    return { now: after, verdict: 'irreversible', reason: up.directives.irreversible }
  if (down === undefined) {
    const why = migration.downUnreadable ? 'its down cannot be read' : 'it has no down'
    return { now: after, verdict: 'not-walked', reason: why }
  }
  const downStep = stepOf(migration, 'revert', down)
  const downFailure = await failureOf(timed('downMs', () => replayFile(room.tools, downStep)))
  if (downFailure !== undefined) {
    const now = isUndone(downStep, downFailure)
      ? after
      : ((await walker.rebuild([...walker.applied, migration])) ?? after)
    return { now, findings: [failureFinding('ROUNDTRIP_DOWN_FAILED', migration, downFailure)] }
  }
  const back = await room.look(before)
  // Whatever comes now moves them again.
  const sequences = sequenceMoves(stood, await room.positions(back))
  const judged = await judge(walker, migration, { before, after, back }, timed)
  return { ...judged, sequences, looked: [after, back] }
}

/** Whether the down brought everything back, and whether the up can be repeated. */
async function judge(
  walker: Walker,
  migration: Migration,
  { before, after, back }: Readonly<Record<'before' | 'after' | 'back', Moment>>,
  timed: Timed,
): Promise<Outcome> {
  const { room } = walker
  const upStep = stepOf(migration, 'apply', migration.up)
  const { found, compare } = await compareWithUnsteadyViews(walker, migration, before, back)
  if (hasDifferences(found)) {
    const retry = upStep.info.transactional ? await failureOf(rehearse(room.tools, upStep)) : undefined
    const explained = await explain(walker, migration, { before, after, back, found, compare, retry })
    return { ...explained, unsteady: withViews(explained.unsteady, compare) }
  }
  const redoFailure = await failureOf(timed('redoMs', () => replayFile(room.tools, upStep)))
  if (redoFailure !== undefined) {
    const now = (await walker.rebuild([...walker.applied, migration])) ?? after
    // What fails in a fresh database too is not the fault of the down.
    const blamed = walker.unrepeatable?.migration !== migration
    return {
      now,
      findings: blamed ? [failureFinding('ROUNDTRIP_REDO_FAILED', migration, redoFailure)] : [],
    }
  }
  const again = await room.look(after)
  const repeated = compareMoments(room, after, again, walker.compare)
  return {
    now: again,
    findings: repeated.schema.map((difference) => repeatFinding(difference, migration)),
    unsteady: withViews(unsteadyTables(room, after, again), compare),
    fix: repeated.schema.length === 0 ? '' : undefined,
  }
}
