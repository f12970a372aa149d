import type { DatabaseFailure, ErrorCode, ExitCode } from './errors.ts'
import type { Finding, SourceLocation } from './finding.ts'
import type { HistoryRow } from './history.ts'
import type { LockName } from './lock-name.ts'
import type { SequenceMove } from './sequences.ts'
import type { Excerpt } from './sql-text.ts'
import type { Version } from './version.ts'

export type CommandName =
  | 'init'
  | 'new'
  | 'up'
  | 'down'
  | 'redo'
  | 'goto'
  | 'status'
  | 'history'
  | 'verify'
  | 'plan'
  | 'roundtrip'
  | 'draft'
  | 'lock'

export type MigrationState = 'pending' | 'applied' | 'edited' | 'missing' | 'out-of-order' | 'incomplete'
export type StepAction = 'apply' | 'revert'
export type StepStatus = 'done' | 'failed' | 'not-run'

/** The database that a run worked on. `database` and `server` never hold a password. */
export interface TargetInfo {
  readonly database: string
  readonly server: string
  readonly history: string
  /** The hash of the newest history row at the end of the run: keep it elsewhere, and a cut-off tail can be seen. */
  readonly head: string | null
}

/** One migration and its state at the end of the run. Times are ISO 8601 in UTC. */
export interface MigrationReport {
  readonly version: Version
  readonly name: string
  readonly state: MigrationState
  readonly appliedAt: string | null
  readonly durationMs: number | null
  readonly upChecksum: string | null
  readonly downChecksum: string | null
}

/** What became of one step of the plan. */
export interface StepReport {
  readonly action: StepAction
  readonly version: Version
  readonly name: string
  readonly status: StepStatus
  readonly transactional: boolean
  readonly durationMs: number | null
}

export interface ErrorReport {
  readonly code: ErrorCode
  readonly message: string
  readonly hint?: string
  readonly sqlstate?: string
  readonly location?: SourceLocation
  /** The lines of the file around the location. */
  readonly excerpt?: Excerpt
  readonly failure?: DatabaseFailure
  /** What the failure leaves behind, in one sentence. */
  readonly consequence?: string
}

/** What the round trip of one migration showed. */
export type ProofVerdict = 'passed' | 'failed' | 'warned' | 'irreversible' | 'not-walked'

/** The proof of one migration. Durations are in milliseconds. */
export interface ProofReport {
  readonly version: Version
  readonly name: string
  readonly file: string
  readonly verdict: ProofVerdict
  /** The first up, the down and the second up; null where it did not run or failed. */
  readonly upMs: number | null
  readonly downMs: number | null
  readonly redoMs: number | null
  /** The whole proof, comparisons included. */
  readonly durationMs: number
  /** Why it is irreversible or was not walked, in words. */
  readonly reason?: string
  /** Tables of which two ups gave different rows, with the columns: `app.t (created_at)`. No finding: the down is not to blame. */
  readonly nondeterministic?: readonly string[]
  /** Tables whose rows were not compared, because the role of the walk may not see all of them. */
  readonly unseen?: readonly string[]
  /** Sequences that stand elsewhere after the down than before the up. No finding: a rollback does not bring them back either. */
  readonly sequences?: readonly SequenceMove[]
}

/** A walk over all migrations at once. */
export interface WalkReport {
  /** `ladder`: all down and all up again; `batch`: all up in one transaction. */
  readonly kind: 'ladder' | 'batch'
  readonly verdict: 'passed' | 'failed' | 'not-walked'
  readonly durationMs: number
  readonly reason?: string
}

/** The result of a round trip. */
export interface RoundtripReport {
  /** Where it ran, such as `a temporary database on localhost:5432`. */
  readonly scratch: string
  readonly proofs: readonly ProofReport[]
  readonly walks: readonly WalkReport[]
  readonly durationMs: number
}

/** A head that was kept outside the database: nothing up to it is lost. */
export interface PinnedHeadReport {
  readonly hash: string
  /** `--head`, or the name of a file. */
  readonly source: string
  /** How many rows came after it. */
  readonly newer: number
}

/** The result of a command: what `--json` prints and what the programmatic API returns. */
export interface Report {
  /** Null when the command line names none. */
  readonly command: CommandName | null
  readonly ok: boolean
  readonly exitCode: ExitCode
  readonly dryRun: boolean
  readonly target: TargetInfo | null
  readonly migrations: readonly MigrationReport[]
  readonly steps: readonly StepReport[]
  readonly findings: readonly Finding[]
  /** The event log, for `history` only. */
  readonly events?: readonly HistoryRow[]
  /** Files that `init`, `new`, `draft` and `roundtrip --write-fix` made or changed. */
  readonly files?: readonly string[]
  /** For `verify` only: the heads that somebody kept elsewhere and that the chain contains. */
  readonly pinnedHeads?: readonly PinnedHeadReport[]
  /** For `roundtrip` only. */
  readonly roundtrip?: RoundtripReport
  readonly error?: ErrorReport
}

/** Identifies a step in events. */
export interface StepInfo {
  readonly action: StepAction
  readonly version: Version
  readonly name: string
  readonly file: string
  readonly transactional: boolean
  /** 1-based position in the plan. */
  readonly index: number
  readonly total: number
}

/** Facts that a run emits while it works: plain, JSON-safe, in order. Listeners can watch a run, not steer it. */
export type SqlmigEvent =
  /** `directory` is the folder of the migrations, as an absolute path. */
  | { readonly type: 'run.started'; readonly command: CommandName; readonly directory?: string }
  | { readonly type: 'connected'; readonly target: TargetInfo }
  /** Without `lock` it is the migration lock. */
  | {
      readonly type: 'lock.waiting'
      readonly waitedMs: number
      readonly holder: string | null
      readonly lock?: LockName
    }
  | { readonly type: 'lock.acquired'; readonly waitedMs: number; readonly lock?: LockName }
  | { readonly type: 'plan.made'; readonly steps: readonly StepInfo[] }
  | { readonly type: 'step.started'; readonly step: StepInfo }
  | { readonly type: 'step.blocked'; readonly step: StepInfo; readonly blockers: string }
  | {
      readonly type: 'step.retrying'
      readonly step: StepInfo
      readonly attempt: number
      readonly delayMs: number
      readonly blockers: string | null
    }
  | {
      readonly type: 'statement.started'
      readonly step: StepInfo
      readonly statement: number
      readonly statements: number
    }
  | {
      readonly type: 'notice'
      readonly severity: string
      readonly message: string
      readonly version: Version | null
    }
  | {
      readonly type: 'step.finished'
      readonly step: StepInfo
      readonly status: StepStatus
      readonly durationMs: number | null
    }
  | {
      readonly type: 'proof.started'
      readonly version: Version
      readonly name: string
      readonly index: number
      readonly total: number
    }
  | { readonly type: 'proof.finished'; readonly proof: ProofReport; readonly findings: readonly Finding[] }
  | { readonly type: 'walk.started'; readonly kind: WalkReport['kind']; readonly total: number }
  | { readonly type: 'walk.finished'; readonly walk: WalkReport; readonly findings: readonly Finding[] }
  | { readonly type: 'finding'; readonly finding: Finding }
  | { readonly type: 'run.finished'; readonly report: Report }

export type EventSink = (event: SqlmigEvent) => void
