import type { FailedStatement } from './failure.ts'
import type { LockName } from './lock-name.ts'
import type { Version } from './version.ts'

/** The facts each error carries; wording is made of them in one place. */
export interface ErrorFacts {
  CONFIG_INVALID: { problem: string; source: string }
  CONFIRMATION_REQUIRED: { action: string }
  /** `unanswered`: no server said anything, not even no. */
  CONNECTION_FAILED: { database: string; reason: string; hint?: string; unanswered?: boolean }
  DATABASE_NOT_NAMED: { problem?: string }
  DIRECTORY_MISSING: { directory: string }
  EXTENSION_UNAVAILABLE: { extension: string; file: string; hint: string }
  FILE_ENDED_TRANSACTION: { file: string; tags: string }
  FILE_EXISTS: { file: string }
  FILE_WRITE_FAILED: { file: string; reason: string }
  HISTORY_FOREIGN: { history: string; problem: string }
  HISTORY_MOVED: { history: string }
  HISTORY_NOT_MADE: { history: string; reason: string; hint?: string }
  HISTORY_TOO_NEW: { history: string; problem: string; toolVersion: string }
  HISTORY_UNTRUSTED: { history: string; problems: readonly string[]; hint?: string }
  HISTORY_WRITE_FAILED: { history: string; reason: string }
  INDEX_INVALID: { file: string; statement: number; indexes: string; repair: string; resume: string }
  INTERNAL: { reason: string }
  INTERRUPTED: { during: string }
  IRREVERSIBLE: { version: Version; name: string; reason: string }
  LOCK_LOST: { file: string }
  LOCK_NOT_OBTAINED: { waitedMs: number; holder?: string; lock?: LockName }
  OUTCOME_UNKNOWN: { version: Version; name: string; reason: string }
  PACKAGE_MISSING: { package: string; purpose: string }
  PERMISSION_DENIED: { right: string; role: string; hint: string }
  POOLER_DETECTED: { database: string; reason: string }
  RECORDED_SQL_MISSING: { version: Version; name: string; reason: string }
  RESUME_REFUSED: { version: Version; name: string; reason: string }
  RESUME_UNDECIDED: { version: Version; name: string; statement: number; reason: string; resume: string }
  RUN_REFUSED: { errors: number; codes: string }
  SCRATCH_UNAVAILABLE: { scratch: string; reason: string; hint?: string }
  SERVER_READ_ONLY: { database: string; reason: string }
  SERVER_SHARED: { file: string; what: string; scratch: string }
  SERVER_TOO_OLD: { database: string; server: string }
  SESSION_LOST: { reason: string }
  SINGLE_TRANSACTION_IMPOSSIBLE: { file: string }
  STATEMENT_FAILED: FailedStatement
  USAGE: { problem: string; hint?: string }
  VERSION_UNKNOWN: { version: Version; known: string }
}
