import { userInfo } from 'node:os'
import { SqlmigError } from '../../core/errors.ts'

export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

/** Where a server is and how to get in. */
export interface PostgresAddress {
  readonly host: string
  readonly port: number
  /** The file of a Unix-domain socket, when the host is a folder. */
  readonly socketPath: string | undefined
  readonly user: string
  readonly password: string | undefined
  readonly database: string
  readonly sslmode: SslMode
  readonly applicationName: string | undefined
  readonly connectTimeoutMs: number
}

type Environment = Readonly<Record<string, string | undefined>>

const SSL_MODES: readonly SslMode[] = ['disable', 'prefer', 'require', 'verify-ca', 'verify-full']
const URL_KEYS = ['application_name', 'connect_timeout', 'sslmode']
const DEFAULT_PORT = 5432
const HIGHEST_PORT = 65_535
const DEFAULT_CONNECT_TIMEOUT_S = 10

/**
 * Reads a connection URI as libpq does (manual, section 32.1.1.2). What it leaves out comes from the PG* variables, then from libpq's
 * defaults; a key that is not understood is refused by name.
 * @throws SqlmigError `CONFIG_INVALID`; its message never repeats the URL, which may hold a password
 */
export function parsePostgresUrl(url: string, source: string, environment: Environment): PostgresAddress {
  const invalid: Invalid = (problem) => new SqlmigError('CONFIG_INVALID', { problem, source })
  const parsed = parseUrl(url, invalid)
  const parameter = (key: string, variable: string) => parsed.searchParams.get(key) ?? environment[variable]
  const part = (value: string, variable: string) => decodePart(value, invalid) || environment[variable]
  const user = part(parsed.username, 'PGUSER') ?? ownName(invalid)
  const host = part(parsed.hostname.replace(/^\[|\]$/g, ''), 'PGHOST') ?? 'localhost'
  const port = portOf(parsed.port || environment['PGPORT'], invalid)
  return {
    host,
    port,
    socketPath: host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : undefined,
    user,
    password: part(parsed.password, 'PGPASSWORD'),
    database: part(parsed.pathname.replace(/^\//, ''), 'PGDATABASE') ?? user,
    sslmode: sslMode(parameter('sslmode', 'PGSSLMODE'), invalid),
    applicationName: parameter('application_name', 'PGAPPNAME'),
    connectTimeoutMs: timeoutOf(parameter('connect_timeout', 'PGCONNECT_TIMEOUT'), invalid),
  }
}

type Invalid = (problem: string) => SqlmigError

function parseUrl(url: string, invalid: Invalid): URL {
  // A password with / ? or # in it ends the host too early: its rest would be taken for a name that may be shown.
  if (/^[^:]+:\/\/[^/?#]*[/?#].*@/s.test(url))
    throw invalid(
      'the database URL has an @ behind its host; / ? # and @ in a password have to be percent-encoded',
    )
  if (!URL.canParse(url))
    throw invalid(
      'the database URL cannot be read; special characters in a password have to be percent-encoded',
    )
  const parsed = new URL(url)
  const unknown = [...parsed.searchParams.keys()].find((key) => !URL_KEYS.includes(key))
  if (unknown !== undefined)
    throw invalid(`the database URL has the unknown key "${unknown}" (known: ${URL_KEYS.join(', ')})`)
  if (parsed.host.includes(',')) throw invalid('the database URL names several hosts; name one')
  return parsed
}

function decodePart(value: string, invalid: Invalid): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw invalid('the database URL has a broken percent-encoding')
  }
}

/** libpq's default; a container may run under a number that no user has. */
function ownName(invalid: Invalid): string {
  try {
    return userInfo().username
  } catch {
    throw invalid('the database URL names no user, and this process has none: name one in the URL or PGUSER')
  }
}

function portOf(text: string | undefined, invalid: Invalid): number {
  const port = Number(text || DEFAULT_PORT)
  if (Number.isInteger(port) && port > 0 && port <= HIGHEST_PORT) return port
  throw invalid(`the port is not a number from 1 to ${HIGHEST_PORT}`)
}

function timeoutOf(text: string | undefined, invalid: Invalid): number {
  const seconds = Number(text || DEFAULT_CONNECT_TIMEOUT_S)
  if (seconds > 0) return seconds * 1000
  throw invalid('connect_timeout is not a positive number of seconds')
}

function sslMode(name: string | undefined, invalid: Invalid): SslMode {
  const mode = SSL_MODES.find((known) => known === (name || 'prefer'))
  if (mode === undefined) throw invalid(`sslmode "${name}" is not one of ${SSL_MODES.join(', ')}`)
  return mode
}

/** For people: host, port and database, never the password. */
export function describeAddress({ socketPath, host, port, database }: PostgresAddress): string {
  const where = socketPath ?? `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `${database} on ${where}`
}
