import type { ErrorFacts } from './error-facts.ts'
import { hintForFailure } from './failure.ts'
import type { SourceLocation } from './finding.ts'
import { LOCK_HINT, LOCK_IN_WORDS } from './lock-name.ts'
import { cleaned, redact } from './redact.ts'
import type { Excerpt } from './sql-text.ts'

export type { ErrorFacts } from './error-facts.ts'
export { type DatabaseFailure, databaseFailure, StatementError } from './failure.ts'

/** What a command's exit status says; the table is in the README. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 130

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
  HISTORY_NOT_MADE: {
    exit: 1,
    message: (f) => `${f.history} could not be made: ${f.reason}`,
    hint: (f) => f.hint,
  },
  HISTORY_TOO_NEW: {
    exit: 4,
    message: (f) => `${f.history} was written by a newer sqlmig (${f.problem}); this is ${f.toolVersion}`,
    hint: () => 'update sqlmig',
  },
  HISTORY_UNTRUSTED: {
    exit: 4,
    message: (f) => `${f.history} is not as sqlmig made it: ${f.problems.join('; ')}`,
    hint: (f) => f.hint ?? 'find out who changed it; nothing was written to it',
  },
  HISTORY_WRITE_FAILED: {
    exit: 1,
    message: (f) => `the row in ${f.history} could not be written: ${f.reason}`,
    hint: () => 'a migration must not drop, rename or guard the history, nor leave its transaction read-only',
  },
  INDEX_INVALID: {
    exit: 1,
    message: (f) =>
      `statement ${f.statement} of ${f.file} ended without an error, but ${f.indexes} is INVALID: it serves no query and enforces nothing`,
    hint: (f) =>
      `see why it could not be built; ${f.resume} drops it where the statement makes it, or: ${f.repair}`,
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
  POOLER_DETECTED: {
    exit: 7,
    message: (f) => `${f.database} is answered by a connection pooler: ${f.reason}`,
    hint: () =>
      'name the server itself, by its direct URL: a pooler can give every transaction to another session, and then nobody holds the migration lock',
  },
  RECORDED_SQL_MISSING: {
    exit: 4,
    message: (f) => `${f.version} ${f.name} cannot be reverted from history: ${f.reason}`,
    hint: () => 'check out the release that has its files and run sqlmig down there',
  },
  RESUME_REFUSED: {
    exit: 4,
    message: (f) => `${f.version} ${f.name} cannot go on: ${f.reason}`,
    hint: () => 'nothing was run; sqlmig status shows what is done and what is left behind',
  },
  RESUME_UNDECIDED: {
    exit: 4,
    message: (f) => `${f.version} ${f.name}: statement ${f.statement} may have run or not: ${f.reason}`,
    hint: (f) =>
      `nothing was run; look at the database, then ${f.resume}=retry runs the statement again, or ${f.resume}=skip counts it as done`,
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
  SERVER_READ_ONLY: {
    exit: 7,
    message: (f) => `nothing can be written on ${f.database}: ${f.reason}`,
    hint: () => 'name the primary server; status, verify and history work on a standby',
  },
  SERVER_SHARED: {
    exit: 2,
    message: (f) =>
      `${f.file} says ${f.what}, which would change the whole server and not only ${f.scratch}: nothing was run`,
    hint: () => 'prove it on a server of its own: --scratch docker or --scratch pglite',
  },
  SERVER_TOO_OLD: {
    exit: 7,
    message: (f) => `${f.database}: ${f.server} is too old; sqlmig needs PostgreSQL 14 or newer`,
    hint: none,
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
    hint: hintForFailure,
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
    this.facts = cleaned(facts, redact)
    const hint = entry.hint(facts)
    this.hint = hint === undefined ? undefined : redact(hint)
    this.exitCode = entry.exit
    this.location = options.location
    this.excerpt = cleaned(options.excerpt, redact, 'fill')
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), { value: inspected })
  }

  toJSON(): object {
    const { name, code, message, hint, exitCode, facts, location, excerpt } = this
    return { name, code, message, hint, exitCode, facts, location, excerpt }
  }
}

/** What Node shows of it: not the cause, which may be an error of a driver or of the URL's parser with all that it was given. */
function inspected(this: SqlmigError, _depth: number, options: object, inspect: Inspect): string {
  const { stack, code, facts, hint, exitCode, location } = this
  return `${stack} ${inspect({ code, facts, hint, exitCode, location }, options)}`
}

type Inspect = (value: unknown, options: object) => string

export function isSqlmigError<C extends ErrorCode>(error: unknown, code?: C): error is SqlmigError<C> {
  return error instanceof SqlmigError && (code === undefined || error.code === code)
}
