import type { SourceLocation } from './finding.ts'
import { LOCK_HINT, LOCK_IN_WORDS, type LockName } from './lock-name.ts'
import { redact } from './redact.ts'
import type { Excerpt } from './sql-text.ts'
import type { Version } from './version.ts'

/** What a command's exit status says; the table is in the README. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130

/** What the server said of a failed statement: an allow-list of fields, because driver errors also hold parameters and URLs. */
export interface DatabaseFailure {
  readonly sqlstate: string
  readonly message: string
  readonly severity?: string
  readonly detail?: string
  readonly hint?: string
  /** 1-based, in characters of the message that was sent. */
  readonly position?: number
  /** The call stack inside the server (field W of the protocol), such as a PL/pgSQL function and line. */
  readonly where?: string
  readonly schema?: string
  readonly table?: string
  readonly column?: string
  readonly constraint?: string
}

type FailureFields = {
  readonly [K in Exclude<keyof DatabaseFailure, 'position'>]?: DatabaseFailure[K] | undefined
}

/** Builds a failure out of what an adapter found in an ErrorResponse; absent fields stay absent. */
export function databaseFailure(fields: FailureFields, position: string | undefined): DatabaseFailure {
  const present = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const character = Number(position)
  return { sqlstate: '', message: '', ...present, ...(character > 0 ? { position: character } : {}) }
}

/** A statement that the server rejected; the session goes on. */
export class StatementError extends Error {
  readonly failure: DatabaseFailure
  /** Tags of the statements of the message that completed before the failing one. */
  readonly completed: readonly string[]

  constructor(failure: DatabaseFailure, completed: readonly string[]) {
    super(failure.message)
    this.name = 'StatementError'
    this.failure = failure
    this.completed = completed
  }
}

/** The facts each error carries; wording is made of them in one place. */
export interface ErrorFacts {
  CONFIG_INVALID: { problem: string; source: string }
  CONFIRMATION_REQUIRED: { action: string }
  CONNECTION_FAILED: { database: string; reason: string; hint?: string }
  DATABASE_NOT_NAMED: { problem?: string }
  DIRECTORY_MISSING: { directory: string }
  EXTENSION_UNAVAILABLE: { extension: string; file: string; hint: string }
  FILE_ENDED_TRANSACTION: { file: string; tags: string }
  FILE_EXISTS: { file: string }
  FILE_WRITE_FAILED: { file: string; reason: string }
  HISTORY_FOREIGN: { history: string; problem: string }
  HISTORY_MOVED: { history: string }
  HISTORY_TOO_NEW: { history: string; problem: string; toolVersion: string }
  HISTORY_WRITE_FAILED: { history: string; reason: string }
  INTERNAL: { reason: string }
  INTERRUPTED: { during: string }
  IRREVERSIBLE: { version: Version; name: string; reason: string }
  LOCK_LOST: { file: string }
  LOCK_NOT_OBTAINED: { waitedMs: number; holder?: string; lock?: LockName }
  OUTCOME_UNKNOWN: { version: Version; name: string; reason: string }
  PACKAGE_MISSING: { package: string; purpose: string }
  PERMISSION_DENIED: { right: string; role: string; hint: string }
  RECORDED_SQL_MISSING: { version: Version; name: string; reason: string }
  RUN_REFUSED: { errors: number; codes: string }
  SCRATCH_UNAVAILABLE: { scratch: string; reason: string; hint?: string }
  SERVER_SHARED: { file: string; what: string; scratch: string }
  SESSION_LOST: { reason: string }
  SINGLE_TRANSACTION_IMPOSSIBLE: { file: string }
  STATEMENT_FAILED: { failure: DatabaseFailure; blockers?: string }
  USAGE: { problem: string; hint?: string }
  VERSION_UNKNOWN: { version: Version; known: string }
}

export type ErrorCode = keyof ErrorFacts

interface CatalogEntry<C extends ErrorCode> {
  readonly exit: ExitCode
  readonly message: (facts: ErrorFacts[C]) => string
  readonly hint: (facts: ErrorFacts[C]) => string | undefined
}

const none = (): undefined => undefined

/** The one place where an error code gets its exit code and its words. */
export const ERROR_CATALOG: { readonly [C in ErrorCode]: CatalogEntry<C> } = {
  CONFIG_INVALID: {
    exit: 2,
    message: (f) => `${f.source}: ${f.problem}`,
    hint: none,
  },
  CONFIRMATION_REQUIRED: {
    exit: 2,
    message: (f) => `${f.action} needs a confirmation, and there is no terminal to ask on`,
    hint: () => 'add --yes when you are sure',
  },
  CONNECTION_FAILED: {
    exit: 7,
    message: (f) => `cannot connect to ${f.database}: ${f.reason}`,
    hint: (f) => f.hint,
  },
  DATABASE_NOT_NAMED: {
    exit: 2,
    message: (f) => f.problem ?? 'no database is named',
    hint: () =>
      'name one with --database postgres://user@host/name, SQLMIG_DATABASE, "database" or "databaseEnv" in sqlmig.config.json, DATABASE_URL, or PGHOST, PGDATABASE or PGSERVICE; pglite:./path is the embedded one',
  },
  DIRECTORY_MISSING: {
    exit: 2,
    message: (f) => `the folder ${f.directory} does not exist`,
    hint: () => 'name the folder of the migrations with --dir, or make it with: sqlmig init',
  },
  EXTENSION_UNAVAILABLE: {
    exit: 2,
    message: (f) => `the extension "${f.extension}" (${f.file}) is not available in embedded PostgreSQL`,
    hint: (f) => f.hint,
  },
  FILE_ENDED_TRANSACTION: {
    exit: 1,
    message: (f) => `${f.file} ended or changed its own transaction (${f.tags})`,
    hint: () => 'remove transaction statements: every migration runs in a transaction of its own',
  },
  FILE_EXISTS: {
    exit: 2,
    message: (f) => `${f.file} exists already; nothing was overwritten`,
    hint: none,
  },
  FILE_WRITE_FAILED: {
    exit: 1,
    message: (f) => `cannot write ${f.file}: ${f.reason}`,
    hint: none,
  },
  HISTORY_FOREIGN: {
    exit: 4,
    message: (f) => `${f.history} is not a history that sqlmig made: ${f.problem}`,
    hint: () => 'choose another place with --history schema.table',
  },
  HISTORY_MOVED: {
    exit: 1,
    message: (f) => `${f.history} was changed by somebody else during this run`,
    hint: () => 'run sqlmig status, then repeat the command',
  },
  HISTORY_TOO_NEW: {
    exit: 4,
    message: (f) => `${f.history} was written by a newer sqlmig (${f.problem}); this is ${f.toolVersion}`,
    hint: () => 'update sqlmig',
  },
  HISTORY_WRITE_FAILED: {
    exit: 1,
    message: (f) => `the row in ${f.history} could not be written: ${f.reason}`,
    hint: () => 'a migration must not drop, rename or guard the history, nor leave its transaction read-only',
  },
  INTERNAL: {
    exit: 1,
    message: (f) => `unexpected error: ${f.reason}`,
    hint: () => 'this is a defect of sqlmig; --verbose shows where it arose',
  },
  INTERRUPTED: {
    exit: 130,
    message: (f) => `interrupted ${f.during}`,
    hint: none,
  },
  IRREVERSIBLE: {
    exit: 4,
    message: (f) => `${f.version} ${f.name} is irreversible: ${f.reason}`,
    hint: () => 'nothing was reverted; restore a backup, or write a new migration that moves forward',
  },
  LOCK_LOST: {
    exit: 1,
    message: (f) => `${f.file} released the migration lock`,
    hint: () => 'remove pg_advisory_unlock_all() or the unlock of that key from the file',
  },
  LOCK_NOT_OBTAINED: {
    exit: 5,
    message: (f) =>
      `${LOCK_IN_WORDS[f.lock ?? 'migration']} was not obtained within ${f.waitedMs} ms${f.holder ? `; held by ${f.holder}` : ''}`,
    hint: (f) => LOCK_HINT[f.lock ?? 'migration'],
  },
  OUTCOME_UNKNOWN: {
    exit: 1,
    message: (f) =>
      `the connection was lost while ${f.version} ${f.name} was being committed (${f.reason}): it may or may not be applied`,
    hint: () => 'run sqlmig status: the history row and the migration were committed together or not at all',
  },
  PACKAGE_MISSING: {
    exit: 2,
    message: (f) => `${f.purpose} needs the package ${f.package}, which is not installed`,
    hint: (f) => `npm install ${f.package}`,
  },
  PERMISSION_DENIED: {
    exit: 1,
    message: (f) => `the role ${f.role} lacks ${f.right}`,
    hint: (f) => f.hint,
  },
  RECORDED_SQL_MISSING: {
    exit: 4,
    message: (f) => `${f.version} ${f.name} cannot be reverted from history: ${f.reason}`,
    hint: () => 'check out the release that has its files and run sqlmig down there',
  },
  RUN_REFUSED: {
    exit: 4,
    message: (f) =>
      `refused before the first statement: ${f.errors} ${f.errors === 1 ? 'error' : 'errors'} (${f.codes})`,
    hint: none,
  },
  SCRATCH_UNAVAILABLE: {
    exit: 7,
    message: (f) => `no scratch database on ${f.scratch}: ${f.reason}`,
    hint: (f) => f.hint ?? 'choose another place with --scratch server, docker, pglite or a URL',
  },
  SERVER_SHARED: {
    exit: 2,
    message: (f) =>
      `${f.file} says ${f.what}, which would change the whole server and not only ${f.scratch}: nothing was run`,
    hint: () => 'prove it on a server of its own: --scratch docker or --scratch pglite',
  },
  SESSION_LOST: {
    exit: 1,
    message: (f) => `the database session was lost: ${f.reason}`,
    hint: () => 'run sqlmig status, then repeat the command',
  },
  SINGLE_TRANSACTION_IMPOSSIBLE: {
    exit: 2,
    message: (f) => `--single-transaction is impossible: ${f.file} says no-transaction`,
    hint: () => 'run without --single-transaction, or up to the migration before it with --to',
  },
  STATEMENT_FAILED: {
    exit: 1,
    message: (f) => f.failure.message,
    hint: (f) => hintForSqlstate(f.failure.sqlstate, f.blockers) ?? f.failure.hint,
  },
  USAGE: {
    exit: 2,
    message: (f) => f.problem,
    hint: (f) => f.hint,
  },
  VERSION_UNKNOWN: {
    exit: 2,
    message: (f) => `there is no migration ${f.version}`,
    hint: (f) => (f.known === '' ? undefined : `known versions: ${f.known}`),
  },
}

function hintForSqlstate(sqlstate: string, blockers: string | undefined): string | undefined {
  if (sqlstate === '55P03')
    return blockers === undefined
      ? 'another session holds a lock on the object'
      : `the lock is held by ${blockers}`
  if (sqlstate === '55P04')
    return 'a new enum value cannot be used in the transaction that adds it: move its first use to the next migration'
  return undefined
}

interface SqlmigErrorOptions {
  readonly location?: SourceLocation | undefined
  readonly excerpt?: Excerpt | undefined
  readonly cause?: unknown
}

/**
 * The only error that stops a run. `code` is stable once released; `facts` hold what happened, `message` and `hint` say it in words.
 */
export class SqlmigError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C
  readonly facts: ErrorFacts[C]
  readonly hint: string | undefined
  readonly exitCode: ExitCode
  readonly location: SourceLocation | undefined
  readonly excerpt: Excerpt | undefined

  constructor(code: C, facts: ErrorFacts[C], options: SqlmigErrorOptions = {}) {
    const entry: CatalogEntry<C> = ERROR_CATALOG[code]
    super(redact(entry.message(facts)), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'SqlmigError'
    this.code = code
    this.facts = facts
    const hint = entry.hint(facts)
    this.hint = hint === undefined ? undefined : redact(hint)
    this.exitCode = entry.exit
    this.location = options.location
    this.excerpt = options.excerpt
  }
}

export function isSqlmigError<C extends ErrorCode>(error: unknown, code?: C): error is SqlmigError<C> {
  return error instanceof SqlmigError && (code === undefined || error.code === code)
}
