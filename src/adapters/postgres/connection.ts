import postgres from 'postgres'
import { SqlmigError } from '../../core/errors.ts'
import type { Login } from '../../core/scrubber.ts'
import { RESET_SESSION } from '../../core/session-reset.ts'
import {
  type Answer,
  type ConnectOptions,
  type Database,
  type Notice,
  type Session,
  StatementError,
} from '../../ports.ts'
import { describeAddress, type PostgresAddress, parsePostgresUrl } from './address.ts'
import type { HostAddress } from './address-hosts.ts'
import { connectionFailed } from './connection-failure.ts'
import { noAnswer } from './dial.ts'
import { AS_TEXT, toNotice } from './driver-values.ts'
import { createExchange } from './exchange.ts'
import { SocketFacade } from './facade.ts'
import { reach } from './reach.ts'
import { readFacts, refuseUnfit, type SessionFacts } from './session-facts.ts'
import { laterSettings, type SettingChoices, startupParameters } from './session-settings.ts'
import type { Greeting } from './start-up.ts'
import { loadTls } from './tls.ts'

/** invalid_parameter_value: what a server says to client_connection_check_interval where its operating system cannot check. */
const INVALID_VALUE = '22023'

export interface PostgresDatabaseOptions extends SettingChoices {
  readonly url: string
  /** Another database of the same server than the one that the URL names. */
  readonly database?: string
  /** Where the URL came from, for error messages. */
  readonly source: string
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Told of what is logged in with, so that it can be kept out of messages. */
  readonly onLogin?: (login: Login) => void
}

/** A PostgreSQL server, by way of the `postgres` driver over a socket of our own. */
export function createPostgresDatabase(options: PostgresDatabaseOptions): Database {
  const named = parsePostgresUrl(options.url, options.source, options.environment)
  const address = options.database === undefined ? named : { ...named, database: options.database }
  options.onLogin?.(loginOf(address))
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
    // It holds nothing that anybody waits for, and is idle for as long as nobody asks it.
    const idle = { ...options, idleLimitMs: 0 }
    return (await openSession(same, description, idle, { onNotice: () => {} })).session
  }
  return { description, connect, observe }
}

function loginOf({ hosts, user, database, tls }: PostgresAddress): Login {
  const secrets = [...hosts.map(({ password }) => password), tls.passphrase]
  return {
    secrets: secrets.filter((secret) => secret !== undefined),
    shown: [user, database, ...hosts.flatMap(({ host, target }) => [host, target])],
  }
}

async function openSession(
  address: PostgresAddress,
  description: string,
  options: PostgresDatabaseOptions,
  connect: ConnectOptions,
): Promise<{ session: Session; host: HostAddress }> {
  const { signal, access = 'write' } = connect
  try {
    signal?.throwIfAborted()
    const tls = () => loadTls(address.tls, options.source)
    const parameters = { ...address.settings, ...startupParameters(address, options) }
    const request = { address, tls, parameters, access, signal }
    const { socket, said, greeting, host, findings } = await reach(request)
    const lost = (reason: string) => new SqlmigError('SESSION_LOST', { reason })
    const facade = new SocketFacade(socket, lost, said)
    const limitMs = address.connectTimeoutMs
    const timer = setTimeout(() => facade.lose(noAnswer(limitMs)), limitMs)
    const abort = () => facade.lose('interrupted')
    signal?.addEventListener('abort', abort, { once: true })
    try {
      const session = await startSession(address, facade, connect, description, greeting)
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
  { onNotice, access = 'write' }: ConnectOptions,
  description: string,
  greeting: Greeting,
): Promise<Session> {
  const driver = createDriver(address, facade, onNotice)
  const { send, sendCopy } = createExchange(driver, facade)
  const facts = await readFacts(send, greeting)
  refuseUnfit(facts, description, access)
  const settings = await applySettings(send, facts)
  return {
    info: facts.info,
    send,
    sendCopy,
    resetStatements: `${RESET_SESSION}; ${settings}`,
    async close() {
      // end() waits for the server's FIN, and so for its locks to be free; a dead server must not hold us.
      if (facade.loss === undefined) await driver.end({ timeout: 1 }).catch(() => {})
      facade.lose('the session was ended')
    },
    destroy: (reason) => facade.lose(reason),
  }
}

/** Sets what could not travel with the start-up message; returns the statements that set it again. */
async function applySettings(
  send: (message: string) => Promise<Answer>,
  { version, pooler }: SessionFacts,
): Promise<string> {
  const settings = laterSettings(version, 'client-checked')
  if (pooler !== undefined) {
    // A pooler gives the session to others with whatever it was set to, but never in the middle of a transaction.
    await send('begin read only; set local search_path = pg_catalog, pg_temp')
    return settings
  }
  try {
    await send(settings)
    return settings
  } catch (error) {
    if (!(error instanceof StatementError) || error.failure.sqlstate !== INVALID_VALUE) throw error
    const unchecked = laterSettings(version, 'unchecked')
    await send(unchecked)
    return unchecked
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
    onnotice: (notice: postgres.Notice) => onNotice(toNotice(notice)),
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
