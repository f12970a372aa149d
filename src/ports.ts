import type { CatalogSnapshot, ObjectKind } from './core/catalog.ts'
import type { Statement } from './core/classify.ts'
import type { DataSnapshot, TableRows, VolatileColumn } from './core/data.ts'
import type { ExtensionUse } from './core/extensions.ts'
import type { Finding } from './core/finding.ts'
import type { HistoryEntry, HistoryRow } from './core/history.ts'
import type { SourceFile } from './core/migration.ts'
import type { SequencePositions } from './core/sequences.ts'

export { StatementError } from './core/errors.ts'

/** A database that can be connected to. The description never holds a password. */
export interface Database {
  readonly description: string
  /**
   * Opens the session that does the work. It connects once and is never replaced: any loss ends it for good.
   * @throws SqlmigError `CONNECTION_FAILED`, `SERVER_TOO_OLD`; to write also `POOLER_DETECTED`, `SERVER_READ_ONLY`
   */
  connect(options: ConnectOptions): Promise<Session>
  /** Opens a second, independent session that watches and cancels; undefined where the database has only one. */
  readonly observe?: () => Promise<Session>
}

export interface ConnectOptions {
  readonly onNotice: (notice: Notice) => void
  readonly signal?: AbortSignal | undefined
  /**
   * Default `write`. With `read` nothing is created: an embedded database that is not there yet is an empty one. It works on a standby
   * as well, and through a pooler.
   */
  readonly access?: 'read' | 'write'
  /** Extensions that the migrations name. A server has its own; an embedded database loads them at start. */
  readonly extensions?: readonly ExtensionUse[]
}

export interface Notice {
  readonly severity: string
  readonly message: string
}

/** What is known of a session from its first answer on. */
export interface SessionInfo {
  readonly database: string
  /** For people, such as `PostgreSQL 17.2`. */
  readonly server: string
  readonly backendPid: number
  /** `session_user`: the role that history rows name as their actor. */
  readonly user: string
  /** The search path that the role's, the database's and the server's settings give to a migration. */
  readonly searchPath: string
  /** What a person should know of the way to the server; absent where there is nothing. */
  readonly findings?: readonly Finding[]
  /** The same for two sessions exactly when they are in the same database of the same server or its standby; undefined: unknown. */
  readonly identity: string | undefined
}

export type TransactionStatus = 'idle' | 'open' | 'failed'

/** The answer to one message. */
export interface Answer {
  /** The command tag of every statement that completed, in order. */
  readonly tags: readonly string[]
  /** Rows of the last statement that returned any; every value is text, as the server wrote it. */
  readonly rows: ReadonlyArray<Readonly<Record<string, string | null>>>
  /** The transaction status that the server reported after the message. */
  readonly status: TransactionStatus
}

/**
 * One connection to one server process. Messages may be sent without waiting for earlier answers; they are worked off in order and each
 * gets exactly one answer.
 */
export interface Session {
  readonly info: SessionInfo
  /**
   * Sends one message of the simple query protocol, of one statement or many (manual, section 54.2.2.1). A COPY … FROM stdin in it fails.
   * @throws StatementError when a statement fails, SqlmigError `SESSION_LOST` when the connection is gone, now and for ever after
   */
  send(message: string): Promise<Answer>
  /**
   * Sends one COPY … FROM stdin, in text or CSV format, and the data it asks for. Later messages wait until it is answered.
   * @param data in pieces of bounded size, taken as fast as the server reads them; what they throw fails the COPY (CopyFail)
   * @throws StatementError, with the line of a bad row in its context; SqlmigError `SESSION_LOST`
   */
  sendCopy(statement: string, data: Iterable<string>): Promise<Answer>
  /** Statements that bring back the settings of a new session without giving up its advisory locks. */
  readonly resetStatements: string
  /** Ends the session; the server releases its locks. */
  close(): Promise<void>
  /** Cuts the connection at once, without waiting for anything. */
  destroy(reason: string): void
}

/** Who holds a lock, as far as this role may see. */
export interface LockHolder {
  readonly pid: number
  readonly description: string
}

/** The lock that keeps runs apart. It belongs to the session that does the work and dies with it. */
export interface SessionLock {
  tryAcquire(session: Session): Promise<boolean>
  holder(session: Session): Promise<LockHolder | undefined>
  /** A boolean SQL expression: does this session hold the lock? */
  readonly heldExpression: string
  /**
   * A query that gives back every other advisory lock of this session and answers `held` (true or false) and `released` (how many).
   * A lock taken n times needs n rounds.
   */
  readonly releaseOthers: string
}

/** The append-only record of what ran. It states SQL and leaves the sending to the engine, so that a row travels with its migration. */
export interface HistoryStore {
  /** Schema and table, for people. */
  readonly name: string
  /**
   * Reads all rows in order; undefined when the history does not exist. Writes nothing and takes no lock.
   * @throws SqlmigError `HISTORY_FOREIGN`, `HISTORY_TOO_NEW`, `PERMISSION_DENIED`
   */
  read(session: Session): Promise<HistoryRow[] | undefined>
  /**
   * Looks whether the table is as sqlmig made it. Writes nothing; undefined when there is none.
   * @throws SqlmigError `HISTORY_FOREIGN`, `HISTORY_TOO_NEW`
   */
  attest(session: Session): Promise<Attestation | undefined>
  /**
   * Creates or upgrades the table, when it can be trusted. To be called with the lock held, before anything is written.
   * @returns the state of the table, as {@link insert} returns it too
   * @throws SqlmigError `HISTORY_UNTRUSTED`, `HISTORY_NOT_MADE`, `HISTORY_FOREIGN`, `HISTORY_TOO_NEW`, `PERMISSION_DENIED`
   */
  prepare(session: Session): Promise<string>
  /** The SQL texts that a row keeps; null where it keeps none. */
  recordedSql(session: Session, ids: readonly string[]): Promise<Map<string, RecordedSql>>
  /** A statement that fails with HEAD_MOVED unless the newest row has this hash (undefined: unless there is no row). */
  headCheck(head: string | undefined): string
  /**
   * An INSERT … RETURNING of one row, or of several in their order; `witnesses` are further SQL expressions to return, by name. The state of the table comes back as
   * `table_state`: another one than before means that something about the table was changed, and that it has to be attested again.
   */
  insert(rows: NewHistoryRow | readonly NewHistoryRow[], witnesses?: Readonly<Record<string, string>>): string
  /** Reads back what an {@link insert} returned. */
  parseRow(row: Readonly<Record<string, string | null>>): HistoryRow
}

/** Whether the table of the history is as sqlmig made it. */
export interface Attestation {
  readonly problems: readonly HistoryProblem[]
  readonly state: string
}

/** Something about the table that sqlmig has not made so. A `warning` matters only to those who write. */
export interface HistoryProblem {
  readonly severity: 'error' | 'warning'
  /** What kind of thing it is, for machines, such as `trigger` or `owner`. */
  readonly kind: string
  readonly problem: string
  readonly hint: string
}

export interface RecordedSql {
  readonly up: string | null
  readonly down: string | null
}

/** A sealed row, ready to be written. */
export interface NewHistoryRow extends HistoryEntry {
  readonly upSql: string | null
  readonly downSql: string | null
  readonly prevHash: string
  readonly hash: string
  /** The clock of the server when the attempt began; undefined: the start of the current transaction. */
  readonly startedAt: string | undefined
}

/** The SQLSTATE with which {@link HistoryStore.headCheck} fails. */
export const HEAD_MOVED = 'SQLM1'

/** Reads what a round trip compares. The session is left as it was; nothing is written. Several reads of one session may be under way at once. */
export interface SnapshotReader {
  /** Prepares a session that does nothing but read from now on: each read takes less time then. */
  dedicate(session: Session): Promise<void>
  /**
   * The whole catalog, in one round trip or two. Only what differs from `expected` crosses the wire. In an open transaction it sees what that
   * transaction did.
   */
  catalog(
    session: Session,
    expected: CatalogSnapshot | undefined,
    transaction: 'none' | 'open',
  ): Promise<CatalogSnapshot>
  /** Only objects of some kinds, which takes less time; of the others the snapshot says what `expected` says. */
  part(
    session: Session,
    expected: CatalogSnapshot,
    transaction: 'none' | 'open',
    kinds: ReadonlySet<ObjectKind>,
  ): Promise<CatalogSnapshot>
  /**
   * The number of rows and a hash of the content of every table and materialized view that holds rows, without the columns that are
   * declared volatile.
   */
  data(
    session: Session,
    volatile: readonly VolatileColumn[],
    transaction: 'none' | 'open',
  ): Promise<DataSnapshot>
  /** Where the sequences stand on which this role has SELECT or USAGE, outside a transaction. */
  positions(session: Session): Promise<SequencePositions>
  /**
   * The tables that hold rows of which this role may not see all, outside a transaction: row security hides some, or it lacks a privilege.
   * {@link data} leaves them out.
   */
  unseen(session: Session): Promise<readonly string[]>
  /** All rows of a table or materialized view; undefined when there are more than the limit. */
  rows(
    session: Session,
    table: string,
    volatile: readonly VolatileColumn[],
    limit: number,
    transaction: 'none' | 'open',
  ): Promise<TableRows | undefined>
}

/** Keeps apart, on one server, the runs that make roles there: they belong to no database. Held until the provider is closed. */
export interface RolesLock {
  tryAcquire(): Promise<boolean>
  holder(): Promise<LockHolder | undefined>
}

/** A database of its own that exists for one proof. */
export interface Scratch extends Database {
  /** Removes it, with whatever is connected to it. Never throws: what cannot be removed is swept by a later run. */
  drop(): Promise<void>
}

/** Makes scratch databases and is the only one to remove them. */
export interface ScratchProvider {
  /** For people, such as `temporary databases on localhost:5432`. Never holds a password. */
  readonly description: string
  /** Whether roles and other objects of the whole server belong to somebody else. */
  readonly shared: boolean
  /** Absent where no other run can use the server. To be taken when a database has been made. */
  readonly rolesLock?: RolesLock
  /** How many scratch databases can exist at the same time. */
  readonly capacity: number
  /**
   * Begins to make the databases that create() will be asked for first, where that takes time. What goes wrong is told by create().
   */
  prepare?(options: Pick<ScratchOptions, 'signal' | 'more'>): void
  /**
   * Makes an empty database.
   * @throws SqlmigError `CONNECTION_FAILED`, `SCRATCH_UNAVAILABLE`
   */
  create(options: ScratchOptions): Promise<Scratch>
  /** Removes every scratch database that is left, and what served them. Never throws. */
  close(): Promise<void>
}

export interface ScratchOptions {
  readonly extensions: readonly ExtensionUse[]
  readonly signal: AbortSignal
  /** Whether another one will be wanted soon, so that it is worth making ahead. */
  readonly more: boolean
}

/** Where migration files come from. */
export interface MigrationSource {
  /** For people, such as a path. */
  readonly description: string
  /**
   * Reads every entry once.
   * @throws SqlmigError `DIRECTORY_MISSING`
   */
  read(): Promise<SourceFile[]>
  /** Reads one further file of the folder; undefined where there is none of that name. */
  readBeside(file: string): Promise<SourceFile | undefined>
}

/** Where files are made. Nothing but what {@link FileWriter.replaceFile} is told to is ever overwritten. */
export interface FileWriter {
  /** Creates the folder when it is absent; true when it was. */
  createDirectory(path: string): Promise<boolean>
  /** @throws SqlmigError `FILE_EXISTS`, `FILE_WRITE_FAILED` */
  createFile(path: string, content: string): Promise<void>
  /**
   * Puts text behind what a file holds; the file is made when it is absent.
   * @throws SqlmigError `FILE_WRITE_FAILED`
   */
  appendToFile(path: string, content: string): Promise<void>
  /**
   * Puts a file into the place of the one of that name, if there is one: at no moment is there half of it.
   * @throws SqlmigError `FILE_WRITE_FAILED`
   */
  replaceFile(path: string, content: string): Promise<void>
}

/** What the version control system knows of the migrations folder. */
export interface VersionControl {
  /**
   * The names of the files that were added or changed since a commit, committed or not.
   * @param ref a commit, branch or tag; counted is what came after it and this checkout parted
   * @throws SqlmigError `USAGE` when there is no such commit, or no repository
   */
  changedSince(ref: string): Promise<readonly string[]>
}

/** PostgreSQL's grammar. */
export interface SqlParser {
  /** The statements of a text, or undefined where this grammar rejects it and the server has to decide. */
  parse(text: string): Promise<readonly Statement[] | undefined>
}

export interface Clock {
  now(): Date
  /** Milliseconds on a clock that never goes back. */
  elapsed(): number
  /** Resolves after the time, or at once when the signal is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}
