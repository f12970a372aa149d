import postgres from 'postgres'
import { type DatabaseFailure, databaseFailure, isSqlmigError, SqlmigError } from '../../core/errors.ts'
import { RESET_SESSION } from '../../core/session-reset.ts'
import {
  type Answer,
  type ConnectOptions,
  type Database,
  type Notice,
  type Session,
  type SessionInfo,
  StatementError,
} from '../../ports.ts'
import { describeAddress, type PostgresAddress, parsePostgresUrl } from './address.ts'
import { DialError, dial, noAnswer } from './dial.ts'
import { SocketFacade } from './facade.ts'

export interface PostgresDatabaseOptions {
  readonly url: string
  /** Another database of the same server than the one that the URL names. */
  readonly database?: string
  /** Where the URL came from, for error messages. */
  readonly source: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly applicationName: string
  readonly lockTimeoutMs: number
  /** With `forgettable` a commit does not wait for the disk: what a crash of the server takes is not missed. Default `kept`. */
  readonly commits?: 'kept' | 'forgettable'
}

/** A PostgreSQL server, by way of the `postgres` driver over a socket of our own. */
export function createPostgresDatabase(options: PostgresDatabaseOptions): Database {
  const named = parsePostgresUrl(options.url, options.source, options.environment)
  const address = options.database === undefined ? named : { ...named, database: options.database }
  const description = describeAddress(address)
  const open = (connect: ConnectOptions) => openSession(address, description, options, connect)
  return { description, connect: open, observe: () => open({ onNotice: () => {} }) }
}

async function openSession(
  address: PostgresAddress,
  description: string,
  options: PostgresDatabaseOptions,
  { onNotice, signal }: ConnectOptions,
): Promise<Session> {
  try {
    signal?.throwIfAborted()
    const socket = await dial(address, signal)
    const facade = new SocketFacade(socket, (reason) => new SqlmigError('SESSION_LOST', { reason }))
    const timer = setTimeout(() => facade.lose(noAnswer(address)), address.connectTimeoutMs)
    const abort = () => facade.lose('interrupted')
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return await startSession(address, facade, options, onNotice)
    } catch (error) {
      facade.lose('the connection failed')
      throw error
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  } catch (error) {
    if (signal?.aborted === true) throw new SqlmigError('INTERRUPTED', { during: 'while connecting' })
    throw connectionFailed(description, address, error)
  }
}

async function startSession(
  address: PostgresAddress,
  facade: SocketFacade,
  options: PostgresDatabaseOptions,
  onNotice: (notice: Notice) => void,
): Promise<Session> {
  const driver = createDriver(address, facade, options, onNotice)
  const send = sender(driver, facade)
  // SHOW and SET look up no names, so nothing that stands on the user's search_path can be called by these.
  const first = await send(`show search_path; ${OWN_SEARCH_PATH}`)
  const facts = await send(SESSION_FACTS)
  const info = sessionInfo(first.rows[0]?.['search_path'] ?? '', facts)
  return {
    info,
    send,
    resetStatements: `${RESET_SESSION}; ${OWN_SEARCH_PATH}`,
    async close() {
      // end() waits for the server's FIN, and so for its locks to be free; a dead server must not hold us.
      if (facade.loss === undefined) await driver.end({ timeout: 1 }).catch(() => {})
      facade.lose('the session was ended')
    },
    destroy: (reason) => facade.lose(reason),
  }
}

/** Every option is given: the driver would otherwise read environment variables and take the string 'false' for true. */
function createDriver(
  address: PostgresAddress,
  facade: SocketFacade,
  options: PostgresDatabaseOptions,
  onNotice: (notice: Notice) => void,
): postgres.Sql {
  let used = false
  const settings = {
    host: address.host,
    port: address.port,
    user: address.user,
    pass: address.password ?? '',
    password: address.password ?? '',
    database: address.database,
    max: 1,
    ssl: false as const,
    // Ours ends the wait; the driver's would keep the process alive after a failure.
    connect_timeout: 0,
    idle_timeout: null,
    max_lifetime: null,
    fetch_types: false,
    prepare: false,
    debug: false,
    no_subscribe: true,
    keep_alive: null,
    target_session_attrs: undefined,
    types: AS_TEXT,
    onnotice: (notice: postgres.Notice) =>
      onNotice({ severity: notice['severity'] ?? 'NOTICE', message: notice['message'] ?? '' }),
    onparameter: () => {},
    connection: startupParameters(address, options),
    socket: () => {
      if (used)
        throw facade.loss ?? new SqlmigError('SESSION_LOST', { reason: 'the driver tried to connect again' })
      used = true
      return facade
    },
  }
  // The driver's types know neither `socket` nor null timeouts (3.4.9).
  return postgres(settings as unknown as postgres.Options<Record<string, postgres.PostgresType>>)
}

/** Every type of which the driver would make something else than the server's text; dates would lose microseconds. */
const AS_TEXT = {
  text: {
    to: 25,
    from: [16, 17, 20, 21, 23, 26, 114, 700, 701, 1082, 1114, 1184, 3802],
    serialize: (value: unknown) => value,
    parse: (value: string) => value,
  },
}

/**
 * Settings of the session, sent with the start-up message: ALTER ROLE and ALTER DATABASE cannot override them, and RESET ALL comes back
 * to them. search_path is left to the user's settings, because migrations run with it; see OWN_SEARCH_PATH.
 */
function startupParameters(
  address: PostgresAddress,
  options: PostgresDatabaseOptions,
): Record<string, string> {
  return {
    application_name: address.applicationName ?? options.applicationName,
    client_encoding: 'UTF8',
    standard_conforming_strings: 'on',
    DateStyle: 'ISO, MDY',
    bytea_output: 'hex',
    default_transaction_isolation: 'read committed',
    default_transaction_read_only: 'off',
    default_transaction_deferrable: 'off',
    synchronous_commit: options.commits === 'forgettable' ? 'off' : 'on',
    statement_timeout: '0',
    lock_timeout: `${options.lockTimeoutMs}`,
    // A client that vanished must not hold the migration lock for long.
    idle_in_transaction_session_timeout: '60s',
  }
}

const OWN_SEARCH_PATH = 'set search_path = pg_catalog, pg_temp'

const SESSION_FACTS = `select current_database()::text as database, session_user::text as session_user,
  pg_backend_pid()::text as pid, current_setting('server_version') as version`

function sessionInfo(searchPath: string, { rows }: Answer): SessionInfo {
  const row = rows[0] ?? {}
  return {
    database: row['database'] ?? '',
    server: `PostgreSQL ${(row['version'] ?? '').replace(/ \(.*$/, '')}`,
    backendPid: Number(row['pid']),
    user: row['session_user'] ?? '',
    searchPath,
  }
}

function sender(driver: postgres.Sql, facade: SocketFacade): (message: string) => Promise<Answer> {
  return async (message) => {
    const wire = facade.expectAnswer()
    // The driver sends a query when somebody waits for it.
    const driven = driver.unsafe(message).then(
      (result) => ({ result, error: undefined }),
      (error: unknown) => {
        // An error of the driver itself means that no message went out, and so no answer will come.
        if (!isServerError(error)) facade.lose(error instanceof Error ? error.message : 'the driver failed')
        return { result: undefined, error }
      },
    )
    const answer = await wire
    const { result, error } = await driven
    if (error !== undefined)
      throw isServerError(error) ? new StatementError(toFailure(error), answer.tags) : error
    return { tags: answer.tags, status: answer.status, rows: lastRows(result) }
  }
}

/** One result for one statement, an array of them for several; only statements that return rows have one of their own. */
function lastRows(result: unknown): Answer['rows'] {
  const isList = Array.isArray(result) && !('command' in result)
  const last: unknown = isList ? result.at(-1) : result
  return Array.isArray(last) ? [...last] : []
}

type ServerFields = Partial<Record<string, string>>

function isServerError(error: unknown): error is ServerFields {
  return typeof error === 'object' && error !== null && 'severity' in error && 'code' in error
}

function toFailure(fields: ServerFields): DatabaseFailure {
  const known = {
    sqlstate: fields['code'],
    message: fields['message'],
    severity: fields['severity'],
    detail: fields['detail'],
    hint: fields['hint'],
    where: fields['where'],
    schema: fields['schema_name'],
    table: fields['table_name'],
    column: fields['column_name'],
    constraint: fields['constraint_name'],
  }
  return databaseFailure(known, fields['position'])
}

function connectionFailed(description: string, address: PostgresAddress, error: unknown): SqlmigError {
  const reason = reasonOf(error)
  const hint = hintFor(error, address)
  return new SqlmigError(
    'CONNECTION_FAILED',
    { database: description, reason, ...(hint === undefined ? {} : { hint }) },
    { cause: error },
  )
}

function reasonOf(error: unknown): string {
  if (isSqlmigError(error, 'SESSION_LOST')) return error.facts.reason
  if (error instanceof StatementError) return `${error.failure.message} (SQLSTATE ${error.failure.sqlstate})`
  return error instanceof Error ? error.message : 'unknown reason'
}

/** A connection can be lost before the start-up as well as while the server is dialled, for the same reasons. */
function failureCode(error: unknown, reason: string, address: PostgresAddress): string | undefined {
  if (error instanceof DialError) return error.code
  if (reason === noAnswer(address)) return 'TIMEOUT'
  return isSqlmigError(error, 'SESSION_LOST') && !reason.includes('SQLSTATE') ? 'CLOSED' : undefined
}

function hintFor(error: unknown, address: PostgresAddress): string | undefined {
  const { host, port, socketPath } = address
  const code = failureCode(error, reasonOf(error), address)
  const at = socketPath ?? `${host}, port ${port}`
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return `is a server running on ${at}? pglite:./path needs none`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `check the host name "${host}"`
  if (code === 'TIMEOUT' || code === 'ETIMEDOUT')
    return 'check host, port and firewall; connect_timeout in the URL allows more seconds'
  if (code === 'CLOSED' || code === 'ECONNRESET')
    return `is it a PostgreSQL server that listens on ${at}, and not a proxy that cannot reach one?`
  if (code === 'TLS_REFUSED') return 'sslmode=disable connects without encryption'
  const reason = reasonOf(error)
  if (reason.includes('28P01') || reason.includes('28000'))
    return 'check user and password; PGPASSWORD keeps it out of the URL'
  if (reason.includes('3D000')) return 'create the database first, or check its name in the URL'
  return undefined
}
