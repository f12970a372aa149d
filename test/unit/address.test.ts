import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { describeAddress, mayBeSame, parsePostgresUrl } from '../../src/adapters/postgres/address.ts'
import { isSqlmigError } from '../../src/core/errors.ts'

type Environment = Record<string, string>

const NO_HOME = { HOME: '/nonexistent' }
const parse = (text: string, environment: Environment = {}) =>
  parsePostgresUrl(text, 'test', { ...NO_HOME, ...environment })

function problem(text: string, environment: Environment = {}): string {
  try {
    parse(text, environment)
  } catch (error) {
    if (isSqlmigError(error, 'CONFIG_INVALID')) return error.message
    throw error
  }
  throw new Error(`${text} is taken`)
}

async function home(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlmig-home-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), content, { mode: 0o600 })
  }
  return folder
}

const places = (text: string, environment: Environment = {}) =>
  parse(text, environment).hosts.map(({ target, port, socketPath }) => socketPath ?? `${target} ${port}`)

describe('where a server is', () => {
  it.each<[string, string[]]>([
    ['postgres://u@h/db', ['h 5432']],
    ['postgres://u@[::1]:7/db', ['::1 7']],
    ['postgres://u@%2Frun%2Fpg:7/db', ['/run/pg/.s.PGSQL.7']],
    ['postgres://u@/db?host=/run/pg', ['/run/pg/.s.PGSQL.5432']],
    ['postgres://u@h1:1,h2:2/db', ['h1 1', 'h2 2']],
    ['postgres://u@h1,h2:2,[::1]/db', ['h1 5432', 'h2 2', '::1 5432']],
    ['postgres://u@/db?host=h1,h2&port=7', ['h1 7', 'h2 7']],
    ['host=h1,h2 port=1,2 user=u', ['h1 1', 'h2 2']],
    ['host=h hostaddr=192.0.2.7 user=u', ['192.0.2.7 5432']],
    ['hostaddr=192.0.2.7,::1 port=1,2 user=u', ['192.0.2.7 1', '::1 2']],
    ['host=/tmp,h user=u port=7', ['/tmp/.s.PGSQL.7', 'h 7']],
  ])('%s', (text, expected) => {
    expect(places(text)).toEqual(expected)
  })

  it('is a Unix-domain socket where no host is named, and never localhost by accident', () => {
    for (const text of ['postgres://u@/db', 'postgres:///db?host=&user=u', 'dbname=db user=u'])
      expect(places(text)).toEqual([expect.stringMatching(/^\/.*\/\.s\.PGSQL\.5432$/)])
  })

  it.each([
    'postgres://u@h1:1,h2:2,h3:3/db?port=1,2',
    'host=h1,h2 hostaddr=192.0.2.1 user=u',
    'host=h hostaddr=not-an-address user=u',
    'postgres://u@h:0/db',
    'postgres://u@h:65536/db',
    'postgres://u@h:port/db',
    'postgres://u@h/db?port=-1',
    'host=@abstract user=u',
    'postgres://u@h/db?connect_timeout=0',
    'postgres://u@h/db?connect_timeout=-1',
    'postgres://u@h/db?connect_timeout=soon',
  ])('%s is refused', (text) => {
    expect(problem(text)).toMatch(/^test: /)
  })

  it('is told without the password', () => {
    const address = parse('postgres://u:secret@h1:1,[::1]:2,%2Ftmp/db')
    expect(describeAddress(address)).toBe('db on h1:1, [::1]:2, /tmp/.s.PGSQL.5432')
  })

  it('may be the same as another where one place and the database are', () => {
    const same = (a: string, b: string) => mayBeSame(parse(a), parse(b))
    expect(same('postgres://u@h/db', 'host=h dbname=db user=other')).toBe(true)
    expect(same('postgres://u@h/db', 'postgres://u@other,h/db')).toBe(true)
    expect(same('postgres://u@h/db', 'postgres://u@h/other')).toBe(false)
    expect(same('postgres://u@h/db', 'postgres://u@h:5433/db')).toBe(false)
  })
})

describe('what a connection string leaves out', () => {
  const environment = {
    PGHOST: 'eh',
    PGPORT: '7',
    PGUSER: 'eu',
    PGPASSWORD: 'ep',
    PGDATABASE: 'ed',
    PGSSLMODE: 'require',
    PGAPPNAME: 'ea',
    PGCONNECT_TIMEOUT: '3',
    PGTARGETSESSIONATTRS: 'standby',
    PGOPTIONS: '-c geqo=off',
    PGTZ: 'UTC',
    PGREQUIREAUTH: 'scram-sha-256',
    PGCHANNELBINDING: 'require',
    PGLOADBALANCEHOSTS: 'random',
    PGSSLROOTCERT: '/r',
    PGSSLCERT: '/c',
    PGSSLKEY: '/k',
    PGSSLCRL: '/l',
    PGSSLSNI: '0',
    PGSSLCERTMODE: 'disable',
    PGSSLNEGOTIATION: 'direct',
    PGSSLMINPROTOCOLVERSION: 'TLSv1.3',
    PGSSLMAXPROTOCOLVERSION: 'TLSv1.3',
  }

  it('comes from the environment', () => {
    expect(parse('postgres://', environment)).toMatchObject({
      hosts: [{ host: 'eh', port: 7, password: 'ep' }],
      hostOrder: 'random',
      user: 'eu',
      database: 'ed',
      applicationName: 'ea',
      connectTimeoutMs: 3000,
      attributes: 'standby',
      settings: { options: '-c geqo=off', TimeZone: 'UTC' },
      authentication: { methods: new Set(['scram-sha-256']), channelBinding: 'require' },
      tls: {
        mode: 'require',
        modeFrom: 'said',
        negotiation: 'direct',
        rootCertificate: '/r',
        certificate: '/c',
        key: '/k',
        revocationList: '/l',
        sendsName: false,
        sendsCertificate: false,
        minVersion: 'TLSv1.3',
        maxVersion: 'TLSv1.3',
      },
    })
  })

  it('comes from the service before the environment, and from the string before both', async () => {
    const file =
      '# ours\n[other]\nhost=no\n\n[mine]\nhost=sh\nport=8\nuser=su\nuser=second\n[last]\nhost=no\n'
    const HOME = await home({ '.pg_service.conf': file })
    const from = (text: string, more: Environment = {}) => parse(text, { ...environment, HOME, ...more })
    expect(from('postgres://', { PGSERVICE: 'mine' })).toMatchObject({
      hosts: [{ host: 'sh', port: 8 }],
      user: 'su',
      database: 'ed',
    })
    expect(from('postgres://u@h/?service=mine')).toMatchObject({
      hosts: [{ host: 'h', port: 8 }],
      user: 'u',
    })
    expect(from('service=last', { PGSERVICE: 'mine' }).hosts[0]?.host).toBe('no')
    const PGSYSCONFDIR = await home({ 'pg_service.conf': '[system]\nhost=sys\n[mine]\nhost=no\n' })
    expect(from('service=system', { PGSYSCONFDIR }).hosts[0]?.host).toBe('sys')
    expect(from('service=mine', { PGSYSCONFDIR }).hosts[0]?.host).toBe('sh')
    const PGSERVICEFILE = join(PGSYSCONFDIR, 'pg_service.conf')
    expect(from('service=mine', { PGSERVICEFILE }).hosts[0]?.host).toBe('no')
    expect(from(`service=mine servicefile=${PGSERVICEFILE}`).hosts[0]?.host).toBe('no')
  })

  it('cannot come from a service that is not there or cannot be read', async () => {
    const secret = 'gEh3im'
    const HOME = await home({
      '.pg_service.conf': `[a]\nhost h\n[b]\npasswort=${secret}\n[c]\nldap://x\n[d]\nservice=a\n[e]\nsslmode=${secret}\n`,
    })
    const PGSYSCONFDIR = '/nonexistent'
    expect(problem('service=missing', { HOME, PGSYSCONFDIR })).toContain('is in no service file')
    expect(problem('postgres://', { PGSERVICE: 'x', PGSERVICEFILE: '/nonexistent/f' })).toContain(
      'PGSERVICE: the service file /nonexistent/f does not exist',
    )
    for (const name of ['a', 'b', 'c', 'd', 'e']) {
      const message = problem(`service=${name}`, { HOME, PGSYSCONFDIR })
      expect(message).toMatch(/service file|\.pg_service\.conf:\d+/)
      expect(message).not.toContain(secret)
    }
  })

  it('has a password by host from the password file, and none where it is said', async () => {
    const pgpass = 'h1:5432:db:u:one\nh2:7:*:*:two\nlocalhost:*:*:*:local\n'
    const HOME = await home({ '.pgpass': pgpass, other: '*:*:*:*:other\n' })
    const secrets = (text: string, more: Environment = {}) =>
      parse(text, { HOME, ...more }).hosts.map(({ password }) => password)
    expect(secrets('postgres://u@h1,h2:7,h2/db')).toEqual(['one', 'two', undefined])
    expect(secrets('postgres://u@%2Ftmp/db')).toEqual(['local'])
    expect(secrets('postgres://u@h1/db?hostaddr=192.0.2.7')).toEqual(['one'])
    expect(secrets('postgres://u:said@h1,h2:7/db')).toEqual(['said', 'said'])
    expect(secrets('postgres://u@h1/db', { PGPASSWORD: 'said' })).toEqual(['said'])
    expect(secrets('postgres://u@h1/db', { PGPASSFILE: join(HOME, 'other') })).toEqual(['other'])
    expect(secrets(`host=h1 user=u dbname=db passfile=${HOME}/other`)).toEqual(['other'])
  })

  it('is not the environment where the string says nothing on purpose', () => {
    expect(places('postgres:///?host=', { PGHOST: 'eh' })[0]).toMatch(/^\//)
  })
})
