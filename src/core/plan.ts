import type { Resume } from './continuation.ts'
import { SqlmigError } from './errors.ts'
import type { SqlFile } from './migration.ts'
import type { MigrationStatus } from './reconcile.ts'
import type { StepAction, StepInfo } from './run.ts'
import { compareVersions, type Version, versionKey } from './version.ts'

/** How far an `up` goes. */
export type UpTo =
  | { readonly kind: 'latest' }
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'steps'; readonly count: number }

/**
 * How far a `down` goes; a version stays applied itself, and version 0 is the state before the first migration. `incomplete` is only what
 * stopped midway, and nothing where nothing did.
 */
export type DownTo =
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'all' }
  | { readonly kind: 'version'; readonly version: Version }
  | { readonly kind: 'steps'; readonly count: number }

export type PlanRequest =
  | { readonly kind: 'up'; readonly to: UpTo }
  | { readonly kind: 'down'; readonly to: DownTo }
  | { readonly kind: 'redo'; readonly count: number }
  | { readonly kind: 'goto'; readonly version: Version }

/** One migration to run in one direction, with the very text that will be sent. */
export interface Step {
  readonly action: StepAction
  readonly version: Version
  readonly name: string
  readonly sql: SqlFile
  readonly pair: { readonly up: SqlFile | undefined; readonly down: SqlFile | undefined }
  /** Checksums for the history row. A revert repeats what the applied row says, since that is what it undoes. */
  readonly upChecksum: string | null
  readonly downChecksum: string | null
  readonly outOfOrder: boolean
  /** Absent where the migration begins at its first statement. */
  readonly resume?: Resume
}

export interface Plan {
  readonly steps: readonly Step[]
}

/** What the history kept of an applied migration, for `down --from-history`. */
export interface RecordedDown {
  readonly down: SqlFile | undefined
  /** The reason that its up gave. */
  readonly irreversible: string | undefined
}

/** By version key. */
export type RecordedDowns = ReadonlyMap<string, RecordedDown>

/**
 * Makes the plan of a run.
 * @throws SqlmigError `USAGE`, `VERSION_UNKNOWN`, `IRREVERSIBLE`, `RECORDED_SQL_MISSING`
 */
export function makePlan(
  request: PlanRequest,
  statuses: readonly MigrationStatus[],
  recorded?: RecordedDowns,
): Plan {
  checkRequest(request)
  return { steps: markOutOfOrder(stepsFor(request, statuses, recorded), statuses) }
}

/** The plan as far as one can be made: for looking ahead, where a request that cannot be planned is refused by its own error later. */
export function tryPlan(request: PlanRequest, statuses: readonly MigrationStatus[]): Plan {
  try {
    return makePlan(request, statuses)
  } catch {
    return { steps: [] }
  }
}

function stepsFor(
  request: PlanRequest,
  statuses: readonly MigrationStatus[],
  recorded: RecordedDowns | undefined,
): Step[] {
  switch (request.kind) {
    case 'up':
      return applySteps(statuses, request.to)
    case 'down':
      return revertTargets(statuses, request.to).map((status) => revertStep(status, recorded))
    case 'redo': {
      const targets = revertTargets(statuses, { kind: 'steps', count: request.count })
      const again = [...targets].sort((a, b) => compareVersions(a.version, b.version))
      return [...targets.map((status) => revertStep(status, recorded)), ...again.flatMap(applyStep)]
    }
    case 'goto':
      return gotoSteps(statuses, request.version, recorded)
  }
}

/** The programmatic API can be called without the compiler's help. */
function checkRequest(request: PlanRequest): void {
  const to = 'to' in request ? request.to : undefined
  const count = request.kind === 'redo' ? request.count : to?.kind === 'steps' ? to.count : 1
  if (!Number.isSafeInteger(count) || count < 1)
    throw new SqlmigError('USAGE', {
      problem: `${count} is not a number of migrations: a whole number from 1 on`,
    })
  const version: unknown =
    request.kind === 'goto' ? request.version : to?.kind === 'version' ? to.version : '0'
  if (typeof version !== 'string' || !/^\d+$/.test(version))
    throw new SqlmigError('USAGE', {
      problem: `${String(version)} is not a version: digits, as a file name begins with`,
    })
}

/** Late is what is applied while a later version is applied already, as things stand at that step. */
function markOutOfOrder(steps: readonly Step[], statuses: readonly MigrationStatus[]): Step[] {
  const applied = new Map(
    statuses
      .filter((status) => status.applied !== undefined)
      .map(({ version }) => [versionKey(version), version]),
  )
  let newest: Version | undefined
  return steps.map((step) => {
    if (step.action === 'revert') {
      applied.delete(versionKey(step.version))
      newest = undefined
      return step
    }
    newest ??= [...applied.values()].sort(compareVersions).at(-1) ?? step.version
    const outOfOrder = compareVersions(newest, step.version) > 0
    if (!outOfOrder) newest = step.version
    applied.set(versionKey(step.version), step.version)
    return { ...step, outOfOrder }
  })
}

/**
 * Ends with the migrations up to the version applied and no other. One applied after a later version comes down with it, since it may
 * rest on it, and goes up again.
 */
function gotoSteps(
  statuses: readonly MigrationStatus[],
  version: Version,
  recorded: RecordedDowns | undefined,
): Step[] {
  const zero = isZero(version) && find(statuses, version) === undefined
  const last = zero ? version : known(statuses, version).version
  const isBeyond = (status: MigrationStatus) => zero || compareVersions(status.version, last) > 0
  const newestFirst = revertTargets(statuses, { kind: 'all' })
  const reverts = newestFirst.slice(0, newestFirst.findLastIndex(isBeyond) + 1)
  const applies = statuses.filter(
    (status) => !isBeyond(status) && (status.applied === undefined || reverts.includes(status)),
  )
  return [...reverts.map((status) => revertStep(status, recorded)), ...applies.flatMap(applyStep)]
}

function applySteps(statuses: readonly MigrationStatus[], to: UpTo): Step[] {
  const unapplied = statuses.filter((status) => status.applied === undefined)
  // Nothing runs past a migration that stopped midway, whatever its number.
  const pending = [
    ...unapplied.filter((status) => status.incomplete !== undefined),
    ...unapplied.filter((status) => status.incomplete === undefined),
  ]
  if (to.kind === 'steps') return pending.slice(0, to.count).flatMap(applyStep)
  if (to.kind === 'latest') return pending.flatMap(applyStep)
  const last = known(statuses, to.version)
  return pending.filter((status) => compareVersions(status.version, last.version) <= 0).flatMap(applyStep)
}

function applyStep(status: MigrationStatus): Step[] {
  const { migration, version, name, incomplete } = status
  if (migration === undefined) return []
  return [
    {
      action: 'apply',
      version,
      name,
      sql: migration.up,
      pair: { up: migration.up, down: migration.down },
      upChecksum: migration.up.checksum,
      downChecksum: migration.down?.checksum ?? null,
      outOfOrder: false,
      ...(incomplete === undefined ? {} : { resume: { record: incomplete } }),
    },
  ]
}

/** Newest application first: what was applied last may rest on everything before it, whatever its number. */
function revertTargets(statuses: readonly MigrationStatus[], to: DownTo): MigrationStatus[] {
  const newestFirst = statuses
    .filter((status) => status.applied !== undefined)
    .sort((a, b) => (b.applied?.order ?? 0) - (a.applied?.order ?? 0))
  if (to.kind === 'incomplete') return newestFirst.filter((status) => status.incomplete !== undefined)
  if (to.kind === 'all') return newestFirst
  if (to.kind === 'steps') return newestFirst.slice(0, to.count)
  if (isZero(to.version) && find(statuses, to.version) === undefined) return newestFirst
  const target = known(statuses, to.version)
  if (target.applied === undefined)
    throw new SqlmigError('USAGE', {
      problem: `${target.version} ${target.name} is not applied, so nothing can be reverted down to it`,
      hint: 'sqlmig status shows what is applied',
    })
  return newestFirst.slice(0, newestFirst.indexOf(target))
}

function revertStep(status: MigrationStatus, recorded: RecordedDowns | undefined): Step {
  const { version, name, migration, applied, incomplete } = status
  const kept = recorded?.get(versionKey(version))
  const reason = migration?.up.directives.irreversible ?? kept?.irreversible
  if (reason !== undefined) throw new SqlmigError('IRREVERSIBLE', { version, name, reason })
  const down = recorded === undefined ? migration?.down : kept?.down
  if (down === undefined) {
    if (recorded === undefined)
      throw new SqlmigError('IRREVERSIBLE', { version, name, reason: 'it has no down file' })
    throw new SqlmigError('RECORDED_SQL_MISSING', {
      version,
      name,
      reason: 'the history keeps no down of it',
    })
  }
  return {
    action: 'revert',
    version,
    name: applied?.row.name ?? name,
    sql: down,
    pair: { up: undefined, down },
    upChecksum: applied?.row.upChecksum ?? null,
    // Of a down that goes on, what is not done yet may have been edited since.
    downChecksum: incomplete === undefined ? (applied?.row.downChecksum ?? null) : down.checksum,
    outOfOrder: false,
    ...(incomplete === undefined ? {} : { resume: { record: incomplete } }),
  }
}

function isZero(version: Version): boolean {
  return versionKey(version) === '0'
}

function find(statuses: readonly MigrationStatus[], version: Version): MigrationStatus | undefined {
  return statuses.find((status) => versionKey(status.version) === versionKey(version))
}

function known(statuses: readonly MigrationStatus[], version: Version): MigrationStatus {
  const found = find(statuses, version)
  if (found !== undefined) return found
  const list = statuses.map((status) => status.version)
  const shown =
    list.length > 10 ? `${list.slice(0, 3).join(', ')} … ${list.slice(-3).join(', ')}` : list.join(', ')
  throw new SqlmigError('VERSION_UNKNOWN', { version, known: shown })
}

/** The steps as events and reports name them. */
export function describeSteps(plan: Plan): StepInfo[] {
  return plan.steps.map((step, index) => describeStep(step, index, plan))
}

/** @param index 0-based position of the step in its plan */
export function describeStep({ action, version, name, sql }: Step, index: number, plan: Plan): StepInfo {
  const transactional = sql.directives.transaction === 'wrapped'
  return { action, version, name, file: sql.file, transactional, index: index + 1, total: plan.steps.length }
}

/** Both files of a pair that is about to be applied: once it is applied its down cannot be mended any more. */
export function filesToCheck(plan: Plan): Array<{ readonly step: Step; readonly file: SqlFile }> {
  return plan.steps.flatMap((step) => {
    const files = step.action === 'apply' ? [step.pair.up, step.pair.down] : [step.sql]
    return files.filter((file) => file !== undefined).map((file) => ({ step, file }))
  })
}
