import { execFileSync } from 'node:child_process'
import { chmod, copyFile, mkdir } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPostgresDatabase } from '../../src/adapters/postgres/connection.ts'
import { withConnection } from '../support/connect.ts'
import { openSession, rejection } from '../support/session.ts'
import {
  type Authority,
  createAuthority,
  hasOpenssl,
  startTlsServer,
  type TlsServer,
} from '../support/tls-server.ts'

type Environment = Record<string, string>

const withOpenssl = await hasOpenssl()

let authority: Authority
let server: TlsServer
let password: string

const HBA = [
  'hostssl all tls_only all scram-sha-256',
  'hostnossl all tls_only all reject',
  'hostnossl all plain_only all scram-sha-256',
  'hostssl all plain_only all reject',
  'hostssl all cert_user all cert',
]

/** `{name}` in a string is the file of that name. */
const filled = (text: string) => text.replace(/\{([\w.-]+)\}/g, (_, name: string) => authority.file(name))

function database(parameters: string, environment: Environment = {}, user = 'postgres') {
  const filledEnvironment = Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, filled(value)]),
  )
  return createPostgresDatabase({
    url: `dbname=postgres port=${server.port} user=${user} password=${password} ${filled(parameters)}`,
    source: 'test',
    environment: { HOME: '/nonexistent', ...filledEnvironment },
    applicationName: 'sqlmig/test',
    lockTimeoutMs: 5000,
  })
}

/** The version of TLS that a session has, or `none`. */
async function tlsOf(...args: Parameters<typeof database>): Promise<string> {
  const session = await openSession(database(...args))
  const { rows } = await session.send(
    "select coalesce(version, 'none') as tls from pg_stat_ssl where pid = pg_backend_pid()",
  )
  return rows[0]?.['tls'] ?? ''
}

async function refusal(...args: Parameters<typeof database>): Promise<string> {
  const error = await rejection(database(...args).connect({ onNotice: () => {} }))
  expect(error).toMatchObject({ code: expect.stringMatching(/^(?:CONNECTION_FAILED|CONFIG_INVALID)$/) })
  return `${(error as { code: string }).code}: ${(error as Error).message}`
}

describe.skipIf(!withOpenssl)('TLS, where there is an openssl to make certificates', () => {
  beforeAll(async () => {
    authority = await createAuthority()
    await authority.issue('server', 'localhost', 'DNS:localhost')
    await authority.issue('client', 'cert_user')
    server = await startTlsServer(authority, HBA)
    password = new URL(server.url).password
    await withConnection(server.url, async (sql) => {
      for (const role of ['tls_only', 'plain_only', 'cert_user'])
        await sql.unsafe(`create role ${role} login password '${password}'`)
    })
  })

  afterAll(async () => {
    await server?.stop()
    await authority?.remove()
  })

  it.each<[string, Environment]>([
    ['host=127.0.0.1', {}],
    ['host=127.0.0.1 sslmode=prefer', {}],
    ['host=127.0.0.1 sslmode=require', {}],
    ['host=127.0.0.1', { PGSSLMODE: 'require' }],
    ['host=127.0.0.1 sslmode=require sslrootcert={ca.crt}', {}],
    ['host=127.0.0.1 sslmode=verify-ca sslrootcert={ca.crt}', {}],
    ['host=localhost sslmode=verify-full sslrootcert={ca.crt}', {}],
    ['host=localhost hostaddr=127.0.0.1 sslmode=verify-full sslrootcert={ca.crt}', {}],
    ['host=localhost', { PGSSLMODE: 'verify-full', PGSSLROOTCERT: '{ca.crt}' }],
    ['host=localhost sslmode=verify-full', { SSL_CERT_FILE: '{ca.crt}' }],
    ['host=localhost sslrootcert=system', { SSL_CERT_FILE: '{ca.crt}' }],
    ['host=localhost sslmode=verify-full sslrootcert={ca.crt} sslsni=0', {}],
    ['host=127.0.0.1 sslmode=require channel_binding=require require_auth=scram-sha-256', {}],
    ['host=127.0.0.1 sslmode=require channel_binding=disable', {}],
    ['host=127.0.0.1 ssl_min_protocol_version=TLSv1.3', {}],
  ])('%s %o is encrypted', async (parameters, environment) => {
    expect(await tlsOf(parameters, environment)).toBe('TLSv1.3')
  })

  it('has the highest version that is allowed', async () => {
    expect(await tlsOf('host=127.0.0.1 sslmode=require ssl_max_protocol_version=TLSv1.2')).toBe('TLSv1.2')
  })

  it('may begin without asking', async ({ skip }) => {
    const parameters = 'host=127.0.0.1 sslmode=require sslnegotiation=direct'
    const { info } = await openSession(database('host=127.0.0.1'))
    if (Number.parseInt(info.server.replace(/\D+/, ''), 10) < 17) {
      expect(await refusal(parameters)).toContain('CONNECTION_FAILED')
      skip('servers before PostgreSQL 17 have to be asked')
    }
    expect(await tlsOf(parameters)).toBe('TLSv1.3')
  })

  it('is left out with disable, and with allow where the server does not ask for it', async () => {
    for (const mode of ['disable', 'allow'])
      expect(await tlsOf(`host=127.0.0.1 sslmode=${mode}`)).toBe('none')
    expect(await tlsOf('host=127.0.0.1', { PGSSLMODE: 'disable' })).toBe('none')
  })

  it('follows what the server asks for where the mode leaves that open', async () => {
    expect(await tlsOf('host=127.0.0.1 sslmode=allow', {}, 'tls_only')).toBe('TLSv1.3')
    expect(await tlsOf('host=127.0.0.1 sslmode=prefer', {}, 'plain_only')).toBe('none')
    expect(await refusal('host=127.0.0.1 sslmode=disable', {}, 'tls_only')).toContain('28000')
    expect(await refusal('host=127.0.0.1 sslmode=require', {}, 'plain_only')).toContain('28000')
  })

  it.each<[string, Environment, RegExp]>([
    ['host=127.0.0.1 sslmode=verify-ca sslrootcert={other-ca.crt}', {}, /certificate is not accepted/],
    ['host=localhost sslmode=verify-full sslrootcert={other-ca.crt}', {}, /certificate is not accepted/],
    ['host=127.0.0.1 sslmode=verify-full sslrootcert={ca.crt}', {}, /certificate is not accepted/],
    ['host=localhost sslmode=verify-full', {}, /certificate is not accepted/],
    ['host=localhost sslrootcert=system', {}, /certificate is not accepted/],
    // A root certificate that is there is used by every mode, and what it does not vouch for is not asked again without TLS.
    ['host=127.0.0.1 sslmode=require sslrootcert={other-ca.crt}', {}, /certificate is not accepted/],
    ['host=127.0.0.1 sslrootcert={other-ca.crt}', {}, /certificate is not accepted/],
    ['host=127.0.0.1 sslmode=verify-ca', {}, /CONFIG_INVALID: .*sslrootcert/],
    ['host=localhost sslmode=verify-full sslrootcert=/nonexistent', {}, /CONFIG_INVALID: .*sslrootcert/],
    [
      'host=localhost sslmode=verify-full sslrootcert={server.key}',
      {},
      /certificate is not accepted|CONFIG_INVALID/,
    ],
    ['host=127.0.0.1 sslmode=disable channel_binding=require', {}, /channel_binding/],
  ])('%s %o is refused', async (parameters, environment, reason) => {
    expect(await refusal(parameters, environment)).toMatch(reason)
  })

  it('refuses a certificate that was revoked', async () => {
    await authority.revoke('server')
    const parameters = 'host=localhost sslmode=verify-full sslrootcert={ca.crt} sslcrl={server.crl}'
    expect(await refusal(parameters)).toContain('certificate is not accepted')
  })

  describe('with a certificate of the client', () => {
    const mine = 'host=127.0.0.1 sslmode=require sslcert={client.crt}'

    it('needs no password', async () => {
      expect(await tlsOf(`${mine} sslkey={client.key}`, {}, 'cert_user')).toBe('TLSv1.3')
      const variables = { PGSSLCERT: '{client.crt}', PGSSLKEY: '{client.key}' }
      expect(await tlsOf('host=127.0.0.1 sslmode=require', variables, 'cert_user')).toBe('TLSv1.3')
    })

    it('finds certificates in the home folder', async () => {
      await mkdir(authority.file('home/.postgresql'), { recursive: true })
      for (const [from, to] of [
        ['client.crt', 'postgresql.crt'],
        ['client.key', 'postgresql.key'],
        ['ca.crt', 'root.crt'],
      ])
        await copyFile(authority.file(`${from}`), authority.file(`home/.postgresql/${to}`))
      const environment = { HOME: '{home}' }
      const parameters = 'host=localhost sslmode=verify-full'
      expect(await tlsOf(parameters, environment, 'cert_user')).toBe('TLSv1.3')
      expect(await refusal(`${parameters} sslcertmode=disable`, environment, 'cert_user')).toContain(
        'CONNECTION_FAILED',
      )
    })

    it('takes a key with a passphrase, and says when it does not fit', async () => {
      const [from, to] = [authority.file('client.key'), authority.file('locked.key')]
      execFileSync('openssl', ['rsa', '-aes256', '-in', from, '-out', to, '-passout', 'pass:gEh3im'], {
        stdio: 'ignore',
      })
      await chmod(to, 0o600)
      const locked = `${mine} sslkey={locked.key}`
      expect(await tlsOf(`${locked} sslpassword=gEh3im`, {}, 'cert_user')).toBe('TLSv1.3')
      for (const wrong of ['', 'sslpassword=wr0ng'])
        expect(await refusal(`${locked} ${wrong}`, {}, 'cert_user')).toMatch(/^CONFIG_INVALID: (?!.*wr0ng)/)
    })

    it('refuses a key that others may read, and files that are not there', async () => {
      await copyFile(authority.file('client.key'), authority.file('open.key'))
      await chmod(authority.file('open.key'), 0o644)
      expect(await refusal(`${mine} sslkey={open.key}`, {}, 'cert_user')).toMatch(/CONFIG_INVALID.*0600/)
      expect(await tlsOf('host=127.0.0.1 sslmode=disable sslcert=/nonexistent')).toBe('none')
      expect(await refusal(`${mine} sslkey=/nonexistent`, {}, 'cert_user')).toMatch(/CONFIG_INVALID.*sslkey/)
      expect(await refusal('host=127.0.0.1 sslmode=require sslcert=/nonexistent')).toMatch(
        /CONFIG_INVALID.*sslcert/,
      )
    })
  })
})
