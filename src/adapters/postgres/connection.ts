import postgres from 'postgres'
import { SqlmigError } from '../../core/errors.ts'
import { RESET_SESSION } from '../../core/session-reset.ts'
import type { Answer, ConnectOptions, Database, Notice, Session, SessionInfo } from '../../ports.ts'
import { describeAddress, type PostgresAddress, parsePostgresUrl } from './address.ts'
import type { HostAddress } from './address-hosts.ts'
import { connectionFailed } from './connection-failure.ts'
import { noAnswer } from './dial.ts'
import { createExchange } from './exchange.ts'
import { SocketFacade } from './facade.ts'
import { reach } from './reach.ts'
import { loadTls } from './tls.ts'

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
  // Who watches a session has to be on its server, whichever of several hosts that is.
  let chosen: HostAddress | undefined
  const connect = async (wanted: ConnectOptions) => {
    const { session, host } = await openSession(address, description, options, wanted)
    chosen = host
    return session
  }
  const observe = async () => {
    const same: PostgresAddress =
      chosen === undefined ? address : { ...address, hosts: [chosen], attributes: 'any' }
    return (await openSession(same, description, options, { onNotice: () => {} })).session
  }
  return { description, connect, observe }
}

async function openSession(
  address: PostgresAddress,
  description: string,
  options: PostgresDatabaseOptions,
  { onNotice, signal, access = 'write' }: ConnectOptions,
): Promise<{ session: Session; host: HostAddress }> {
  try {
    signal?.throwIfAborted()
    const tls = () => loadTls(address.tls, options.source)
    const parameters = { ...address.settings, ...startupParameters(address, options) }
    const { socket, greeting, host, findings } = await reach({ address, tls, parameters, access, signal })
    const lost = (reason: string) => new SqlmigError('SESSION_LOST', { reason })
    const facade = new SocketFacade(socket, lost, greeting)
    const limitMs = address.connectTimeoutMs
    const timer = setTimeout(() => facade.lose(noAnswer(limitMs)), limitMs)
    const abort = () => facade.lose('interrupted')
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const session = await startSession(address, facade, onNotice)
      const info = findings.length === 0 ? session.info : { ...session.info, findings }
      return { session: { ...session, info }, host }
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
  onNotice: (notice: Notice) => void,
): Promise<Session> {
  const driver = createDriver(address, facade, onNotice)
  const { send, sendCopy } = createExchange(driver, facade)
  // SHOW and SET look up no names, so nothing that stands on the user's search_path can be called by these.
  const first = await send(`show search_path; ${OWN_SEARCH_PATH}`)
  const facts = await send(SESSION_FACTS)
  const info = sessionInfo(first.rows[0]?.['search_path'] ?? '', facts)
  return {
    info,
    send,
    sendCopy,
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
  onNotice: (notice: Notice) => void,
): postgres.Sql {
  let used = false
  const settings = {
    // The session has begun by now: the driver learns neither the server nor the password.
    host: 'unused',
    port: 0,
    user: address.user,
    pass: '',
    password: '',
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
    connection: {},
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
