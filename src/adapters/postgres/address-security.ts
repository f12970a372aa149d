import type { Invalid, Lookup } from './conninfo-lookup.ts'

export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full'

/** Paths are undefined where nothing was said: files of libpq's names in `folder` are used when they are there. */
export interface TlsSettings {
  readonly mode: SslMode
  /** Whether somebody asked for this mode, so that there is nothing to warn of. */
  readonly modeFrom: 'said' | 'default'
  readonly negotiation: 'postgres' | 'direct'
  /** A file, or `system` for the authorities that this machine trusts. */
  readonly rootCertificate: string | undefined
  readonly revocationList: string | undefined
  readonly certificate: string | undefined
  readonly key: string | undefined
  readonly passphrase: string | undefined
  readonly sendsCertificate: boolean
  readonly sendsName: boolean
  readonly minVersion: TlsVersion | undefined
  readonly maxVersion: TlsVersion | undefined
  readonly folder: string
  /** SSL_CERT_FILE, by which OpenSSL is told which authorities this machine trusts. */
  readonly systemRoots: string | undefined
}

export type TlsVersion = 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3'

export interface AuthenticationRules {
  /** The methods that a server may ask for (`none`: it asks for nothing); undefined where nothing was said. */
  readonly methods: ReadonlySet<string> | undefined
  readonly channelBinding: 'disable' | 'prefer' | 'require'
}

const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3']
const METHODS = ['password', 'md5', 'gss', 'sspi', 'scram-sha-256', 'oauth', 'none']

/**
 * How a connection is encrypted (manual, section 32.19).
 * @throws SqlmigError `CONFIG_INVALID` where settings contradict each other
 */
export function tlsSettings(
  get: Lookup,
  { folder, systemRoots }: Pick<TlsSettings, 'folder' | 'systemRoots'>,
  invalid: Invalid,
): TlsSettings {
  const said = get('sslmode') as SslMode | undefined
  const system = get('sslrootcert') === 'system'
  const mode = said ?? (system ? 'verify-full' : 'prefer')
  if (system && mode !== 'verify-full')
    throw invalid(`sslrootcert=system needs sslmode=verify-full, and not ${mode}`)
  const negotiation = get('sslnegotiation') === 'direct' ? 'direct' : 'postgres'
  if (negotiation === 'direct' && ['disable', 'allow', 'prefer'].includes(mode))
    throw invalid(`sslnegotiation=direct needs sslmode=require or more, and not ${mode}`)
  const minVersion = get('ssl_min_protocol_version') as TlsVersion | undefined
  const maxVersion = get('ssl_max_protocol_version') as TlsVersion | undefined
  if (VERSIONS.indexOf(minVersion ?? 'TLSv1') > VERSIONS.indexOf(maxVersion ?? 'TLSv1.3'))
    throw invalid('ssl_min_protocol_version is above ssl_max_protocol_version')
  return {
    mode,
    modeFrom: said === undefined && !system ? 'default' : 'said',
    negotiation,
    rootCertificate: get('sslrootcert'),
    revocationList: get('sslcrl'),
    certificate: get('sslcert'),
    key: get('sslkey'),
    passphrase: get('sslpassword'),
    sendsCertificate: get('sslcertmode') !== 'disable',
    sendsName: get('sslsni') !== '0',
    minVersion,
    maxVersion,
    folder,
    systemRoots,
  }
}

/**
 * What a server may ask for before it gets a password: require_auth and channel_binding.
 * @throws SqlmigError `CONFIG_INVALID`
 */
export function authenticationRules(get: Lookup, invalid: Invalid): AuthenticationRules {
  const channelBinding = (get('channel_binding') ?? 'prefer') as AuthenticationRules['channelBinding']
  const entries = get('require_auth')
    ?.split(',')
    .map((entry) => entry.trim())
  if (entries === undefined) return { methods: undefined, channelBinding }
  const named = entries.map((entry) => entry.replace(/^!/, ''))
  if (named.some((name) => !METHODS.includes(name)))
    throw invalid(`require_auth has a method that is not one of ${METHODS.join(', ')}`)
  const negated = entries.filter((entry) => entry.startsWith('!')).length
  if (negated !== 0 && negated !== entries.length)
    throw invalid('require_auth has methods with and without "!"')
  const methods = negated === 0 ? named : METHODS.filter((method) => !named.includes(method))
  return { methods: new Set(methods), channelBinding }
}
