import { describe, expect, it } from 'vitest'
import { parsePostgresUrl } from '../../src/adapters/postgres/address.ts'
import { isSqlmigError } from '../../src/core/errors.ts'

type Environment = Record<string, string>

const parse = (text: string, environment: Environment = {}) =>
  parsePostgresUrl(text, 'test', { HOME: '/nonexistent', ...environment })

function problem(text: string, environment: Environment = {}): string {
  try {
    parse(text, environment)
  } catch (error) {
    if (isSqlmigError(error, 'CONFIG_INVALID')) return error.message
    throw error
  }
  throw new Error(`${text} is taken`)
}

describe('what cannot be honoured is refused by name, and its value is not repeated', () => {
  const SECRET = 'gEh3im'

  it.each([
    ['sslmode', SECRET],
    ['sslcrldir', SECRET],
    ['sslcompression', '1'],
    ['sslcertmode', 'require'],
    ['sslkeylogfile', SECRET],
    ['requirepeer', SECRET],
    ['gssencmode', 'require'],
    ['krbsrvname', SECRET],
    ['gsslib', SECRET],
    ['gssdelegation', '1'],
    ['client_encoding', 'LATIN1'],
    ['replication', 'database'],
    ['tcp_user_timeout', '1000'],
    ['keepalives', SECRET],
    ['min_protocol_version', '3.2'],
    ['max_protocol_version', SECRET],
    ['ssl_min_protocol_version', SECRET],
    ['ssl_max_protocol_version', SECRET],
    ['target_session_attrs', SECRET],
    ['load_balance_hosts', SECRET],
    ['channel_binding', SECRET],
    ['require_auth', SECRET],
    ['require_auth', 'md5,!none'],
    ['scram_client_key', SECRET],
    ['scram_server_key', SECRET],
    ['oauth_issuer', SECRET],
    ['oauth_client_id', SECRET],
    ['oauth_client_secret', SECRET],
    ['oauth_scope', SECRET],
    ['sslnegotiation', SECRET],
    ['sslnegotiation', 'direct'],
    ['search_path', SECRET],
    ['role', SECRET],
    ['schema', SECRET],
    ['pool_timeout', SECRET],
  ])('%s=%s', (key, value) => {
    for (const text of [`postgres://u@h/db?${key}=${value}`, `host=h user=u ${key}=${value}`]) {
      const message = problem(text)
      expect(message).toMatch(new RegExp(`^test: .*\\b${key}\\b`))
      expect(message).not.toContain(SECRET)
    }
  })

  it.each([
    ['PGSSLMODE', SECRET],
    ['PGSSLCRLDIR', SECRET],
    ['PGSSLCOMPRESSION', '1'],
    ['PGSSLCERTMODE', 'require'],
    ['PGREQUIREPEER', SECRET],
    ['PGREQUIRESSL', SECRET],
    ['PGGSSENCMODE', 'require'],
    ['PGKRBSRVNAME', SECRET],
    ['PGGSSLIB', SECRET],
    ['PGGSSDELEGATION', '1'],
    ['PGCLIENTENCODING', 'LATIN1'],
    ['PGDATESTYLE', 'German'],
    ['PGMINPROTOCOLVERSION', '3.2'],
    ['PGCONNECT_TIMEOUT', SECRET],
    ['PGTARGETSESSIONATTRS', SECRET],
  ])('%s=%s', (variable, value) => {
    const message = problem('postgres://u@h/db', { [variable]: value })
    expect(message).toMatch(new RegExp(`^${variable}: `))
    expect(message).not.toContain(SECRET)
  })

  it('but not where it changes nothing, or is overridden', () => {
    const harmless = {
      PGGSSENCMODE: 'prefer',
      PGCLIENTENCODING: 'UTF8',
      PGDATESTYLE: 'ISO, MDY',
      PGSSLCOMPRESSION: '0',
      PGMAXPROTOCOLVERSION: 'latest',
      PGSSLMODE: '',
      PGREQUIRESSL: '1',
    }
    expect(parse('postgres://u@h/db', harmless).tls.mode).toBe('require')
    expect(parse('postgres://u@h/db?sslmode=disable', { PGSSLMODE: SECRET }).tls.mode).toBe('disable')
  })

  it.each(['sslmode=require', 'sslmode=verify-ca', 'sslmode=prefer'])(
    'sslrootcert=system with %s',
    (mode) => {
      expect(problem(`postgres://u@h/db?sslrootcert=system&${mode}`)).toContain('verify-full')
      expect(parse('postgres://u@h/db?sslrootcert=system').tls.mode).toBe('verify-full')
    },
  )

  it('every method of require_auth may be taken out', () => {
    const { authentication } = parse('postgres://u@h/db?require_auth=!password,!md5,!none')
    expect(authentication.methods).toEqual(new Set(['gss', 'sspi', 'scram-sha-256', 'oauth']))
  })

  it('an unknown key that is no word is not even named', () => {
    expect(problem('postgres://u@h/db?p%40ss%20word=1')).toBe(
      'test: the database URL has a key that is unknown',
    )
  })
})
