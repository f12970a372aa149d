import type { DownTo, PlanRequest, UpTo } from '../core/plan.ts'
import type { ResumeChoice } from '../core/resume.ts'
import type { Report } from '../core/run.ts'
import type { Version } from '../core/version.ts'
import type { EngineContext } from '../engine/context.ts'
import type { TransactionMode } from '../engine/execute.ts'
import { type MigrationRequest, migrate } from '../engine/migrator.ts'
import { record } from '../engine/recorder.ts'

export interface UpInput {
  /** How far to go; default: everything that is pending. */
  readonly to?: UpTo
  readonly outOfOrder?: 'refuse' | 'allow'
  readonly transactions?: TransactionMode
  /**
   * Goes on with a migration without a transaction that stopped midway, before anything else; where none did, it changes nothing. With
   * `probe` the database is asked whether the interrupted statement ran, and the command stops where that does not show; `retry` runs that
   * statement again, `skip` counts it as done. Default: such a migration stops the command.
   */
  readonly resume?: ResumeChoice
  readonly dryRun?: boolean
}

export interface DownInput {
  /** How far to go; default: the one migration that was applied last. */
  readonly to?: DownTo
  /** Whether the down SQL comes from the folder, or from what the history kept when the migration was applied. */
  readonly source?: 'files' | 'history'
  /** Goes on with a down that stopped midway and reverts nothing else, so it goes without `to`; as for {@link UpInput.resume}. */
  readonly resume?: ResumeChoice
  readonly dryRun?: boolean
}

export interface RedoInput {
  /** How many migrations, counted from the one applied last; default 1. */
  readonly steps?: number
  readonly dryRun?: boolean
}

export interface GotoInput {
  readonly version: Version
  readonly dryRun?: boolean
}

const DEFAULTS = { outOfOrder: 'refuse', downSource: 'files', mode: 'each', resume: 'refuse' } as const

/** Applies pending migrations. */
export function up(context: EngineContext, input: UpInput = {}): Promise<Report> {
  return runMigrations(context, 'up', { kind: 'up', to: input.to ?? { kind: 'latest' } }, input.dryRun, {
    outOfOrder: input.outOfOrder ?? 'refuse',
    mode: input.transactions ?? 'each',
    resume: input.resume ?? 'refuse',
  })
}

/** Reverts migrations, the one applied last first. */
export function down(context: EngineContext, input: DownInput = {}): Promise<Report> {
  return runMigrations(
    context,
    'down',
    {
      kind: 'down',
      to: input.resume === undefined ? (input.to ?? { kind: 'steps', count: 1 }) : { kind: 'incomplete' },
    },
    input.dryRun,
    { downSource: input.source ?? 'files', resume: input.resume ?? 'refuse' },
  )
}

/** Reverts the newest migrations and applies them again. */
export function redo(context: EngineContext, input: RedoInput = {}): Promise<Report> {
  return runMigrations(context, 'redo', { kind: 'redo', count: input.steps ?? 1 }, input.dryRun)
}

/** Goes up or down until exactly the migrations up to the given version are applied. */
export function goto(context: EngineContext, input: GotoInput): Promise<Report> {
  return runMigrations(context, 'goto', { kind: 'goto', version: input.version }, input.dryRun)
}

function runMigrations(
  context: EngineContext,
  command: 'up' | 'down' | 'redo' | 'goto',
  plan: PlanRequest,
  dryRun = false,
  policies: Partial<MigrationRequest> = {},
): Promise<Report> {
  return record(command, dryRun, context.emit, async (recorder) => {
    await migrate(context, recorder, { ...DEFAULTS, ...policies, plan, dryRun })
    return 0
  })
}
