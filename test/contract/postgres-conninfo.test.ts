import { writeFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { createPostgresDatabase } from '../../src/adapters/postgres/connection.ts'
import { createRole, createTestDatabase } from '../support/database.ts'
import { migrationsFolder } from '../support/folder.ts'
import { remoteAddress, startRelay } from '../support/impostor.ts'
import { openSession, rejection } from '../support/session.ts'

const server = new URL(inject('serverUrl'))
const target = { host: server.hostname, port: Number(server.port || 5432) }
const password = decodeURIComponent(server.password)
const login = `${server.username}:${server.password}`

function database(url: string, environment: Record<string, string> = {}) {
  return createPostgresDatabase({
    url,
    source: 'test',
    environment: { HOME: '/nonexistent', ...environment },
    applicationName: 'sqlmig/test',
    lockTimeoutMs: 5000,
  })
}

async function setting(name: string, url: string, environment: Record<string, string> = {}) {
  const session = await openSession(database(url, environment))
  const { rows } = await session.send(`select current_setting('${name}') as value`)
  return rows[0]?.['value']
}

async function reaches(url: string, environment: Record<string, string> = {}): Promise<string> {
  return (await openSession(database(url, environment))).info.database
}

describe('every form of a connection string', () => {
  it('leads to the server', async () => {
    const { hostname: host, username: user } = server
    const db = await createTestDatabase()
    const { port } = target
    const quoted = password.replace(/['\\]/g, '\\$&')
    for (const url of [
      `postgresql://${login}@${host}:${port}/${db.name}`,
      `postgres://?host=${host}&port=${port}&user=${user}&password=${server.password}&dbname=${db.name}`,
      `postgres://wrong:wrong@wrong.invalid:1/wrong?host=${host}&port=${port}&user=${user}&password=${server.password}&dbname=${db.name}`,
      `host=${host} port = ${port} user='${user}' password='${quoted}' dbname=${db.name}`,
      `host=${host} port=${port} user=${user} password='${quoted}' dbname=${db.name} keepalives=1 keepalives_idle=30 keepalives_interval=10 keepalives_count=5`,
      `postgres://${login}@ignored.invalid:${port}/${db.name}?hostaddr=${host === 'localhost' ? '127.0.0.1' : host}`,
    ])
      expect(await reaches(url)).toBe(db.name)
  })

  it('and so do the environment, a service and a password file', async () => {
    const db = await createTestDatabase()
    const role = await createRole()
    const { hostname: host } = server
    const place = { PGHOST: host, PGPORT: String(target.port), PGDATABASE: db.name, PGUSER: role.name }
    expect(await reaches('postgres:///', { ...place, PGPASSWORD: role.password })).toBe(db.name)
    const HOME = await migrationsFolder({
      '.pg_service.conf': `[mine]\nhost=${host}\nport=${target.port}\ndbname=${db.name}\nuser=${role.name}\n`,
    })
    const line = `${host}:${target.port}:${db.name}:${role.name}:${role.password}\n`
    await writeFile(join(HOME, '.pgpass'), line, { mode: 0o600 })
    expect(await reaches('postgres:///', { HOME, PGSERVICE: 'mine' })).toBe(db.name)
    expect(await reaches('service=mine', { HOME })).toBe(db.name)
    const wrong = await migrationsFolder()
    await writeFile(join(wrong, '.pgpass'), line.replace(role.password, 'not-it'), { mode: 0o600 })
    const error = await rejection(
      database('postgres:///', { ...place, HOME: wrong }).connect({ onNotice: () => {} }),
    )
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', hint: expect.stringContaining('.pgpass') })
  })

  it.each([
    'p@ss:/?#[] %"\\w\'ord',
    'pässwörd 😀',
    // SASLprep: a compatibility character, a soft hyphen, another kind of blank, a decomposed letter
    '\u2168\u00adx\u00a0\u212b e\u0301',
    // forbidden by it, and so taken as it is
    'a\u0007b\u2168',
    'עa1',
  ])('takes the password %j', async (secret) => {
    const db = await createTestDatabase()
    const role = await createRole()
    await db.sql.unsafe(`alter role "${role.name}" password '${secret.replaceAll("'", "''")}'`)
    const url = new URL(role.urlFor(db))
    url.password = encodeURIComponent(secret)
    expect(await reaches(url.href)).toBe(db.name)
  })

  it('names Unix-domain sockets', async () => {
    const folder = await migrationsFolder()
    await startRelay(target, join(folder, '.s.PGSQL.7'))
    const { username: user } = server
    for (const url of [
      `postgres://${login}@${encodeURIComponent(folder)}:7/postgres`,
      `postgres://${login}@/postgres?host=${folder}&port=7`,
      `postgres://${login}@:7/postgres?host=${folder}&sslmode=verify-full`,
      `host=${folder} port=7 user=${user} password=${password} dbname=postgres`,
    ])
      expect(await reaches(url)).toBe('postgres')
    expect(await reaches(`postgres://${login}@/postgres`, { PGHOST: folder, PGPORT: '7' })).toBe('postgres')
    const error = await rejection(
      database(`postgres://${login}@/postgres?host=${folder}`).connect({ onNotice: () => {} }),
    )
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', exitCode: 7 })
    expect((error as Error).message).toContain(`${folder}/.s.PGSQL.5432`)
  })

  const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  )
  it.skipIf(!hasIpv6)('names IPv6 addresses', async () => {
    const port = await startRelay(target, '::1')
    expect(await reaches(`postgres://${login}@[::1]:${port}/postgres`)).toBe('postgres')
  })
})

describe('settings that a connection string or the environment asks for', () => {
  const url = `postgres://${login}@${server.host}/postgres`

  it('are made', async () => {
    const options = encodeURIComponent('-c my.word=said\\ so -c search_path=nowhere')
    expect(await setting('my.word', `${url}?options=${options}`)).toBe('said so')
    expect(await setting('my.word', url, { PGOPTIONS: '-c my.word=env' })).toBe('env')
    expect(await setting('TimeZone', url, { PGTZ: 'Asia/Kathmandu' })).toBe('Asia/Kathmandu')
    expect(await setting('geqo', url, { PGGEQO: 'off' })).toBe('off')
    expect(await setting('application_name', url)).toBe('sqlmig/test')
    expect(await setting('application_name', `${url}?fallback_application_name=fallback`)).toBe('fallback')
    expect(await setting('application_name', url, { PGAPPNAME: 'env' })).toBe('env')
    const session = await openSession(database(`${url}?options=${options}`))
    expect(session.info.searchPath).toBe('nowhere')
  })

  it('cannot override our own, and come back after a reset', async () => {
    const names = ['statement_timeout', 'lock_timeout', 'standard_conforming_strings', 'synchronous_commit']
    const values = { statement_timeout: '0', lock_timeout: '5s', standard_conforming_strings: 'on' }
    const PGOPTIONS =
      '-c statement_timeout=1ms -c lock_timeout=1ms -c standard_conforming_strings=off -c synchronous_commit=off -c my.word=env'
    const session = await openSession(database(url, { PGOPTIONS }))
    const columns = [...names, 'my.word'].map((name) => `current_setting('${name}') as "${name}"`)
    for (let i = 0; i < 2; i++) {
      const { rows } = await session.send(`select ${columns.join(', ')}`)
      expect(rows[0]).toEqual({ ...values, synchronous_commit: 'on', 'my.word': 'env' })
      await session.send(session.resetStatements)
    }
  })

  it('that the server does not know end the attempt', async () => {
    const error = await rejection(
      database(url, { PGOPTIONS: '-c no_such_setting=1' }).connect({ onNotice: () => {} }),
    )
    expect(error).toMatchObject({ code: 'CONNECTION_FAILED', exitCode: 7 })
  })
})

describe.skipIf(remoteAddress() === undefined)('a server elsewhere', () => {
  const far = remoteAddress() ?? ''

  it('is told of when nothing proves that it is the right one, unless that was said', async () => {
    const port = await startRelay(target, far)
    const at = `postgres://${login}@${far}:${port}/postgres`
    const findings = async (url: string, environment = {}) =>
      (await openSession(database(url, environment))).info.findings
    expect(await findings(at)).toEqual([
      expect.objectContaining({ code: 'CONNECTION_UNVERIFIED', severity: 'warning' }),
    ])
    expect(await findings(`${at}?sslmode=prefer`)).toBeUndefined()
    expect(await findings(at, { PGSSLMODE: 'disable' })).toBeUndefined()
    const near = await startRelay(target, '127.0.0.1')
    expect(await findings(`postgres://${login}@127.0.0.1:${near}/postgres`)).toBeUndefined()
  })
})
