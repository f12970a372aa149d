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

/** What the server said of a text that it was given by another statement, such as EXECUTE. */
export interface InternalFailure {
  readonly query: string
  /** 1-based, in characters of that text. */
  readonly position: number | undefined
}

/** A statement that the server rejected; the session goes on. */
export class StatementError extends Error {
  readonly failure: DatabaseFailure
  /** Tags of the statements of the message that completed before the failing one. */
  readonly completed: readonly string[]
  /** The text inside the message that the server was at, where it says so. It is SQL of a file: not to be printed. */
  declare readonly internal: InternalFailure | undefined

  constructor(failure: DatabaseFailure, completed: readonly string[], internal?: InternalFailure) {
    super(failure.message)
    this.name = 'StatementError'
    this.failure = failure
    this.completed = completed
    Object.defineProperty(this, 'internal', { value: internal, enumerable: false })
  }
}

/** The facts of a failed statement; its hint is made of them. */
export interface FailedStatement {
  readonly failure: DatabaseFailure
  /** Who holds the lock that it waited for. */
  readonly blockers?: string
  /** It ran inside the EXECUTE of `guardedByExecute`. */
  readonly guarded?: true
  /** The name of a history that held no row when the run began. */
  readonly emptyHistory?: string
}

/** What helps with an error of this kind; the server's own hint where nothing better is known. */
export function hintForFailure({
  failure,
  blockers,
  guarded,
  emptyHistory,
}: FailedStatement): string | undefined {
  const { sqlstate, position, hint } = failure
  if (sqlstate === '55P03')
    return blockers === undefined
      ? 'another session holds a lock on the object'
      : `the lock is held by ${blockers}`
  if (sqlstate === '55P04')
    return 'a new enum value cannot be used in the transaction that adds it: move its first use to the next migration'
  if (guarded === true && sqlstate === '0A000') return GUARD_REFUSES
  if (emptyHistory !== undefined) return hintForEmptyHistory(emptyHistory)
  return hint ?? (guarded === true && position === undefined ? GUARD_HIDES : undefined)
}

const GUARD_REFUSES =
  'the grammar of sqlmig does not know this file, so it ran inside a DO block, which refuses transaction statements, COPY from and to the client, and SELECT INTO as the last statement'
const GUARD_HIDES =
  'the grammar of sqlmig does not know this file, so it ran as a whole, and the server could not say which statement failed'

function hintForEmptyHistory(history: string): string {
  return `${history} held no row when this run began, and yet this is here already: the history may have been truncated, dropped or restored from an older backup, or this database was made in another way. A head that was pinned would tell: sqlmig verify --head HASH`
}
