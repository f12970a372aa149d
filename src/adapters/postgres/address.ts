import { homedir, userInfo } from 'node:os'
import { join } from 'node:path'
import { SqlmigError } from '../../core/errors.ts'
import type { Finding } from '../../core/finding.ts'
import { type HostAddress, hostsOf } from './address-hosts.ts'
import {
  type AuthenticationRules,
  authenticationRules,
  type TlsSettings,
  tlsSettings,
} from './address-security.ts'
import { type Environment, type Invalid, type Lookup, lookUp } from './conninfo-lookup.ts'

export type { HostAddress } from './address-hosts.ts'
export type { AuthenticationRules, TlsSettings } from './address-security.ts'

/** What a server has to be, by libpq's words; undefined: a primary where several hosts are named, else whatever is there. */
export type SessionAttributes =
  | 'any'
  | 'read-write'
  | 'read-only'
  | 'primary'
  | 'standby'
  | 'prefer-standby'
  | undefined

/** Where a server is, how to get in, and what to ask of it. */
export interface PostgresAddress {
  /** In the order in which they are tried; never empty. */
  readonly hosts: readonly HostAddress[]
  readonly hostOrder: 'given' | 'random'
  readonly user: string
  readonly database: string
  readonly tls: TlsSettings
  readonly authentication: AuthenticationRules
  readonly attributes: SessionAttributes
  /** Settings of the session that the user asks for; our own override them. */
  readonly settings: Readonly<Record<string, string>>
  readonly applicationName: string | undefined
  /** For one host, from the first packet to the first ReadyForQuery. */
  readonly connectTimeoutMs: number
  readonly keepAlive: { readonly enabled: boolean; readonly delayMs: number }
  /** What a person should know of it, such as a password file that is ignored. */
  readonly findings: readonly Finding[]
}

const DEFAULT_CONNECT_TIMEOUT_S = 10
const DEFAULT_KEEPALIVE_S = 10

/**
 * Reads a connection string as libpq does (manual, section 32.1): a URI or `keyword=value` pairs. What it leaves out comes from its
 * service, then from the PG* variables, then from libpq's defaults. A keyword or a variable that cannot be honoured is refused by name.
 * @throws SqlmigError `CONFIG_INVALID`; its message never repeats the string, which may hold a password
 */
export function parsePostgresUrl(text: string, source: string, environment: Environment): PostgresAddress {
  const invalid: Invalid = (problem, from) =>
    new SqlmigError('CONFIG_INVALID', { problem, source: from ?? source })
  const home = environment['HOME'] || homedir()
  const get = lookUp(text, home, environment, invalid)
  const user = get('user') ?? ownName(invalid)
  const database = get('dbname') ?? user
  const { hosts, findings } = hostsOf(get, { user, database, home }, invalid)
  return {
    hosts,
    hostOrder: get('load_balance_hosts') === 'random' ? 'random' : 'given',
    user,
    database,
    tls: tlsSettings(
      get,
      { folder: join(home, '.postgresql'), systemRoots: environment['SSL_CERT_FILE'] || undefined },
      invalid,
    ),
    authentication: authenticationRules(get, invalid),
    attributes: get('target_session_attrs') as SessionAttributes,
    settings: settingsOf(get, environment),
    applicationName: get('application_name') ?? get('fallback_application_name'),
    connectTimeoutMs: timeoutOf(get, invalid),
    keepAlive: {
      enabled: Number(get('keepalives') ?? 1) !== 0,
      delayMs: (Number(get('keepalives_idle') ?? 0) || DEFAULT_KEEPALIVE_S) * 1000,
    },
    findings,
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

/** What libpq sends with the start-up message besides its own (manual, section 32.15). */
function settingsOf(get: Lookup, environment: Environment): Record<string, string> {
  const given = { options: get('options'), TimeZone: environment['PGTZ'], geqo: environment['PGGEQO'] }
  return Object.fromEntries(
    Object.entries(given).filter((entry): entry is [string, string] => Boolean(entry[1])),
  )
}

/** libpq waits for ever by default and with 0; a run of migrations has to end. */
function timeoutOf(get: Lookup, invalid: Invalid): number {
  const seconds = Number(get('connect_timeout') ?? DEFAULT_CONNECT_TIMEOUT_S)
  if (seconds > 0) return seconds * 1000
  throw invalid('connect_timeout is not a positive number of seconds')
}

/** For people: hosts, ports and database, never the password. */
export function describeAddress({ hosts, database }: PostgresAddress): string {
  return `${database} on ${hosts.map(describeHost).join(', ')}`
}

export function describeHost({ socketPath, host, port }: HostAddress): string {
  return socketPath ?? `${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Whether two addresses can lead to one database. */
export function mayBeSame(a: PostgresAddress, b: PostgresAddress): boolean {
  const place = ({ socketPath, target, port }: HostAddress) => socketPath ?? `${target}:${port}`
  const places = new Set(a.hosts.map(place))
  return a.database === b.database && b.hosts.some((host) => places.has(place(host)))
}
