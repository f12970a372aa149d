/** What becomes of a keyword: undefined where it is honoured or changes nothing, else why it cannot be, in words that follow its name. */
type Judge = (value: string) => string | undefined

interface Keyword {
  /** The variable of the environment that stands in for it. */
  readonly variable?: string
  readonly judge?: Judge
}

const oneOf =
  (...allowed: readonly string[]): Judge =>
  (value) =>
    allowed.includes(value) ? undefined : `is not one of ${allowed.join(', ')}`
const refused =
  (why: string): Judge =>
  () =>
    `is not supported: ${why}`
const only =
  (harmless: readonly string[], why: string): Judge =>
  (value) =>
    harmless.includes(value.toLowerCase()) ? undefined : `is not supported: ${why}`
const wholeNumber: Judge = (value) =>
  /^\s*[+-]?\d{1,9}\s*$/.test(value) ? undefined : 'is not a whole number'
const flag: Judge = (value) => (/^[01]$/.test(value) ? undefined : 'is not 0 or 1')

const NO_GSSAPI = 'there is no GSSAPI here'
const NO_OAUTH = 'there is no OAuth here'
const TLS_VERSIONS = oneOf('TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3')

/** libpq's keywords (manual of PostgreSQL 18, section 32.1.2) with their variables (section 32.15). */
const KEYWORDS: Readonly<Record<string, Keyword>> = {
  host: { variable: 'PGHOST' },
  hostaddr: { variable: 'PGHOSTADDR' },
  port: { variable: 'PGPORT' },
  dbname: { variable: 'PGDATABASE' },
  user: { variable: 'PGUSER' },
  password: { variable: 'PGPASSWORD' },
  passfile: { variable: 'PGPASSFILE' },
  service: { variable: 'PGSERVICE' },
  servicefile: { variable: 'PGSERVICEFILE' },
  require_auth: { variable: 'PGREQUIREAUTH' },
  channel_binding: {
    variable: 'PGCHANNELBINDING',
    judge: oneOf('disable', 'prefer', 'require'),
  },
  connect_timeout: { variable: 'PGCONNECT_TIMEOUT', judge: wholeNumber },
  client_encoding: {
    variable: 'PGCLIENTENCODING',
    judge: only(['utf8', 'utf-8', 'unicode', 'auto'], 'migrations are UTF-8'),
  },
  options: { variable: 'PGOPTIONS' },
  application_name: { variable: 'PGAPPNAME' },
  fallback_application_name: {},
  keepalives: { judge: wholeNumber },
  keepalives_idle: { judge: wholeNumber },
  // libuv, which makes Node's sockets, sets these two itself: ten probes, one second apart.
  keepalives_interval: { judge: wholeNumber },
  keepalives_count: { judge: wholeNumber },
  tcp_user_timeout: { judge: only(['0'], 'Node cannot set it') },
  replication: { judge: only(['false', 'off', 'no', '0'], 'migrations need an ordinary session') },
  gssencmode: { variable: 'PGGSSENCMODE', judge: only(['disable', 'prefer'], NO_GSSAPI) },
  krbsrvname: { variable: 'PGKRBSRVNAME', judge: refused(NO_GSSAPI) },
  gsslib: { variable: 'PGGSSLIB', judge: refused(NO_GSSAPI) },
  gssdelegation: { variable: 'PGGSSDELEGATION', judge: only(['0'], NO_GSSAPI) },
  sslmode: {
    variable: 'PGSSLMODE',
    judge: oneOf('disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'),
  },
  sslnegotiation: { variable: 'PGSSLNEGOTIATION', judge: oneOf('postgres', 'direct') },
  sslcompression: {
    variable: 'PGSSLCOMPRESSION',
    judge: only(['0'], 'compression under TLS is a weakness'),
  },
  sslcert: { variable: 'PGSSLCERT' },
  sslkey: { variable: 'PGSSLKEY' },
  sslpassword: {},
  sslcertmode: {
    variable: 'PGSSLCERTMODE',
    judge: only(['disable', 'allow'], 'only disable and allow are'),
  },
  sslrootcert: { variable: 'PGSSLROOTCERT' },
  sslcrl: { variable: 'PGSSLCRL' },
  sslcrldir: { variable: 'PGSSLCRLDIR', judge: refused('name one file with sslcrl') },
  sslsni: { variable: 'PGSSLSNI', judge: flag },
  sslkeylogfile: { judge: refused('it would write down how to read the connection') },
  requirepeer: { variable: 'PGREQUIREPEER', judge: refused('Node cannot ask who serves a socket') },
  ssl_min_protocol_version: { variable: 'PGSSLMINPROTOCOLVERSION', judge: TLS_VERSIONS },
  ssl_max_protocol_version: { variable: 'PGSSLMAXPROTOCOLVERSION', judge: TLS_VERSIONS },
  min_protocol_version: {
    variable: 'PGMINPROTOCOLVERSION',
    judge: only(['3.0'], 'this speaks version 3.0 of the protocol'),
  },
  max_protocol_version: {
    variable: 'PGMAXPROTOCOLVERSION',
    judge: oneOf('3.0', '3.2', 'latest'),
  },
  target_session_attrs: {
    variable: 'PGTARGETSESSIONATTRS',
    judge: oneOf('any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'),
  },
  load_balance_hosts: { variable: 'PGLOADBALANCEHOSTS', judge: oneOf('disable', 'random') },
  scram_client_key: { judge: refused('name the password') },
  scram_server_key: { judge: refused('name the password') },
  oauth_issuer: { judge: refused(NO_OAUTH) },
  oauth_client_id: { judge: refused(NO_OAUTH) },
  oauth_client_secret: { judge: refused(NO_OAUTH) },
  oauth_scope: { judge: refused(NO_OAUTH) },
}

/** Variables that libpq reads and that belong to no keyword, but for PGTZ and PGGEQO, which become settings of the session. */
const OTHER_VARIABLES: Readonly<Record<string, Judge>> = {
  PGREQUIRESSL: flag,
  PGDATESTYLE: (value) =>
    /^\s*iso\s*(?:,\s*(?:mdy|us|noneuropean)\s*)?$/i.test(value)
      ? undefined
      : 'is not supported: migrations run with ISO, MDY, wherever they run; put SET datestyle into the file',
}

export function isKeyword(name: string): boolean {
  return Object.hasOwn(KEYWORDS, name)
}

/** The variable of the environment that stands in for a keyword. */
export function variableOf(name: string): string | undefined {
  return KEYWORDS[name]?.variable
}

/** Why a value of a keyword cannot be honoured, in words that name the keyword and never repeat the value; undefined where it can. */
export function keywordProblem(name: string, value: string): string | undefined {
  return value === '' ? undefined : KEYWORDS[name]?.judge?.(value)
}

type Environment = Readonly<Record<string, string | undefined>>

/** Every variable that libpq would honour and this cannot, with the reason. */
export function variableProblem(environment: Environment): { variable: string; problem: string } | undefined {
  for (const [variable, judge] of Object.entries(OTHER_VARIABLES)) {
    const problem = environment[variable] ? judge(environment[variable]) : undefined
    if (problem !== undefined) return { variable, problem }
  }
  return undefined
}

/** What the environment says by keyword. A variable that is set to nothing is not set. */
export function fromEnvironment(environment: Environment): Map<string, string> {
  const said = new Map<string, string>()
  for (const [name, { variable }] of Object.entries(KEYWORDS)) {
    const value = variable === undefined ? undefined : environment[variable]
    if (value !== undefined && value !== '') said.set(name, value)
  }
  if (!said.has('sslmode') && environment['PGREQUIRESSL'] === '1') said.set('sslmode', 'require')
  return said
}
