import type { SqlmigError } from '../core/errors.ts'
import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import type { ProofReport, ProofVerdict } from '../core/run.ts'
import { compareMoments, hasDifferences } from './compare.ts'
import { explain, unsteadyTables } from './explain.ts'
import { failureOf, rehearse, replayFile, stepOf } from './replay.ts'
import type { PlannedStep } from './run-statements.ts'
import type { Moment } from './scratch-room.ts'
import { failureFinding, repeatFinding } from './walk-findings.ts'
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
  const hidden = () => context.snapshots.unseen(walker.room.tools.session)
  const hiddenBefore = await hidden()
  const outcome = await walk(walker, migration, timed)
  const unseen = [...new Set([...hiddenBefore, ...(await hidden())])]
  const { version, name, up } = migration
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

interface Outcome {
  readonly now: Moment
  readonly applied?: boolean
  readonly findings?: readonly Finding[]
  readonly unsteady?: readonly UnsteadyTable[]
  readonly fix?: string | undefined
  readonly writable?: boolean
  readonly verdict?: ProofVerdict
  readonly reason?: string
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
  const upStep = stepOf(migration, 'apply', up)
  const upFailure = await failureOf(timed('upMs', () => replayFile(room.tools, upStep)))
  if (upFailure !== undefined) {
    const now = isUndone(upStep, upFailure) ? before : await walker.rebuild(walker.applied)
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
    const now = isUndone(downStep, downFailure) ? after : await walker.rebuild([...walker.applied, migration])
    return { now, findings: [failureFinding('ROUNDTRIP_DOWN_FAILED', migration, downFailure)] }
  }
  const back = await room.look(before)
  const found = compareMoments(room, before, back, walker.compare)
  if (hasDifferences(found)) {
    const retry = upStep.info.transactional ? await failureOf(rehearse(room.tools, upStep)) : undefined
    return explain(walker, migration, { before, after, back, found, retry })
  }
  const redoFailure = await failureOf(timed('redoMs', () => replayFile(room.tools, upStep)))
  if (redoFailure !== undefined) {
    const now = await walker.rebuild([...walker.applied, migration])
    return { now, findings: [failureFinding('ROUNDTRIP_REDO_FAILED', migration, redoFailure)] }
  }
  const again = await room.look(after)
  const repeated = compareMoments(room, after, again, walker.compare)
  return {
    now: again,
    findings: repeated.schema.map((difference) => repeatFinding(difference, migration)),
    unsteady: unsteadyTables(room, after, again),
    fix: repeated.schema.length === 0 ? '' : undefined,
  }
}
