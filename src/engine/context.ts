import type { EventSink } from '../core/run.ts'
import type {
  Clock,
  Database,
  HistoryStore,
  MigrationSource,
  ScratchProvider,
  SessionLock,
  SnapshotReader,
  SqlParser,
} from '../ports.ts'
import type { Liveness } from './watchdog.ts'

/** How a run behaves. Durations are in milliseconds. */
export interface Policy {
  /** How long to wait for the migration lock. */
  readonly lockWaitMs: number
  /** `lock_timeout` of a migration that does not say otherwise. */
  readonly lockTimeoutMs: number
  /** `statement_timeout` of a migration that does not say otherwise; 0 is none. */
  readonly statementTimeoutMs: number
  /** When a session that does not answer is given up. */
  readonly liveness: Liveness
  /** The search path of migrations, where the configuration names one; else what the database's and the role's settings say. */
  readonly searchPath: string | undefined
  /** Host and application for the history. */
  readonly client: string
  readonly toolVersion: string
}

/** Everything a command needs of the outside world. */
export interface EngineContext {
  readonly database: Database
  readonly source: MigrationSource
  readonly history: HistoryStore
  readonly lock: SessionLock
  readonly parser: SqlParser
  readonly clock: Clock
  readonly emit: EventSink
  readonly signal: AbortSignal
  readonly policy: Policy
  /** Takes passwords out of what is kept in the history. */
  readonly conceal: (text: string) => string
  /** A head that the chain has to contain, because somebody kept it. */
  readonly pinnedHead?: string | undefined
}

/** What running statements takes, whatever the database is for. */
export type StatementContext = Pick<EngineContext, 'database' | 'clock' | 'emit' | 'signal' | 'policy'>

/** Everything a proof needs of the outside world; there is no history in a scratch database, and no lock. */
export interface ScratchContext extends Omit<EngineContext, 'database' | 'history' | 'lock'> {
  readonly scratch: ScratchProvider
  readonly snapshots: SnapshotReader
}
