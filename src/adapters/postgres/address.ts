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
const DEFAULT_CONNECT_TIMEOUT_S = 10

/**
 * Reads a connection URI as libpq does (manual, section 32.1.1.2). What it leaves out comes from the PG* variables, then from libpq's
 * defaults; a key that is not understood is refused by name.
 * @throws SqlmigError `CONFIG_INVALID`; its message never repeats the URL, which may hold a password
 */
export function parsePostgresUrl(url: string, source: string, environment: Environment): PostgresAddress {
  const invalid = (problem: string) => new SqlmigError('CONFIG_INVALID', { problem, source })
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw invalid('the database URL cannot be read; a password with special characters has to be percent-encoded')
  }
  for (const key of parsed.searchParams.keys())
    if (!URL_KEYS.includes(key))
      throw invalid(`the database URL has the unknown key "${key}" (known: ${URL_KEYS.join(', ')})`)
  if (parsed.host.includes(',')) throw invalid('the database URL names several hosts; name one')
  const part = (value: string) => {
    try {
      return decodeURIComponent(value) || undefined
    } catch {
      throw invalid('the database URL has a broken percent-encoding')
    }
  }
  const user = part(parsed.username) ?? environment['PGUSER'] ?? userInfo().username
  const host = part(parsed.hostname.replace(/^\[|\]$/g, '')) ?? environment['PGHOST'] ?? 'localhost'
  const port = Number(parsed.port || environment['PGPORT'] || DEFAULT_PORT)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw invalid('the port is not a number from 1 to 65535')
  const timeout = parsed.searchParams.get('connect_timeout') ?? environment['PGCONNECT_TIMEOUT'] ?? ''
  const seconds = timeout === '' ? DEFAULT_CONNECT_TIMEOUT_S : Number(timeout)
  if (!(seconds > 0)) throw invalid('connect_timeout is not a positive number of seconds')
  return {
    host,
    port,
    socketPath: host.startsWith('/') ? `${host}/.s.PGSQL.${port}` : undefined,
    user,
    password: part(parsed.password) ?? environment['PGPASSWORD'],
    database: part(parsed.pathname.replace(/^\//, '')) ?? environment['PGDATABASE'] ?? user,
    sslmode: sslMode(parsed.searchParams.get('sslmode') ?? environment['PGSSLMODE'], invalid),
    applicationName: parsed.searchParams.get('application_name') ?? environment['PGAPPNAME'] ?? undefined,
    connectTimeoutMs: seconds * 1000,
  }
}

function sslMode(name: string | undefined, invalid: (problem: string) => SqlmigError): SslMode {
  const mode = SSL_MODES.find((known) => known === (name || 'prefer'))
  if (mode === undefined) throw invalid(`sslmode "${name}" is not one of ${SSL_MODES.join(', ')}`)
  return mode
}

/** For people: host, port and database, never the password. */
export function describeAddress({ socketPath, host, port, database }: PostgresAddress): string {
  const where = socketPath ?? `${host.includes(':') ? `[${host}]` : host}:${port}`
  return `${database} on ${where}`
}
