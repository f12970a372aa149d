import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { pair, workspace } from '../support/cli.ts'
import { createRole, createTestDatabase } from '../support/database.ts'
import { remoteAddress, startRelay } from '../support/impostor.ts'
import { startServer } from '../support/proxy.ts'

const SECRET = 'gEh3im'

/** The environment of somebody on whose machine a server runs, and how often it was called. */
async function tempting() {
  let connections = 0
  const port = await startServer(() => connections++)
  const env = { PGPORT: String(port), PGUSER: 'u', PGPASSWORD: SECRET }
  return { env, connections: () => connections, port }
}

describe('what is no connection string', () => {
  it.each([
    'hello',
    'hello=1',
    'jdbc:postgresql://127.0.0.1/x?user=u&password=gEh3im',
    'http://127.0.0.1/x',
    'https://u:gEh3im@127.0.0.1/x',
    'postgres:x',
    'postgres:/x',
    'Postgres://u:gEh3im@127.0.0.1/x',
    '//127.0.0.1/x',
    '127.0.0.1:5432/x',
    'postgres://127.0.0.1/x?hello=1',
    'postgres://127.0.0.1/x?sslmode=gEh3im',
    'postgres://u:%gEh3im@127.0.0.1/x',
    'postgres://[127.0.0.1/x',
    'host=127.0.0.1 dbname',
    "host=127.0.0.1 password='gEh3im",
    'host=127.0.0.1 gEh3im=1',
  ])('"%s" ends with 2 before anything is connected to', async (url) => {
    const { env, connections } = await tempting()
    const ws = await workspace(pair('001', 'a', 'create table a ();', 'drop table a;'))
    for (const PGHOST of [undefined, '127.0.0.1'])
      for (const command of ['up', 'status', 'verify']) {
        const { code, stdout, stderr } = await ws.run([command, '-d', url, '--verbose'], {
          env: { ...env, PGHOST },
        })
        expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('CONFIG_INVALID') })
        if (!url.includes(`${SECRET}=`)) expect(stdout + stderr).not.toContain(SECRET)
      }
    expect(connections()).toBe(0)
  })

  it('nor is an empty one, or none, a word for localhost', async () => {
    const { env, connections } = await tempting()
    const ws = await workspace(pair('001', 'a', 'create table a ();', 'drop table a;'))
    for (const line of [['up', '-d', ''], ['up', '--database='], ['up']]) {
      const { code, stderr } = await ws.run(line, { env })
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('DATABASE_NOT_NAMED') })
    }
    expect(connections()).toBe(0)
  })
})

describe('a server that cannot be used', () => {
  it.each(['--verbose', '--json'])('ends with 7, a hint and no stack: %s', async (option) => {
    let connections = 0
    const closing = await startServer((socket) => {
      connections++
      socket.end()
    })
    const silent = await startServer(() => {})
    const ws = await workspace({ 'sql/x': '' })
    for (const at of [`127.0.0.1:${closing}`, `127.0.0.1:${silent}`, 'no-such-host.invalid', '127.0.0.1:1']) {
      const url = `postgres://u:${SECRET}@${at}/x?connect_timeout=1`
      const { code, stdout, stderr } = await ws.run(['up', '-d', url, option])
      expect(code).toBe(7)
      expect(stdout + stderr).toMatch(/hint/)
      expect(stdout + stderr).not.toContain(SECRET)
      expect(stdout + stderr).not.toMatch(/^\s+at .*node_modules/m)
    }
    expect(connections).toBe(1)
  })
})

describe('a password file', () => {
  it('that others may read is ignored, and that is told', async () => {
    const db = await createTestDatabase()
    const role = await createRole()
    const url = new URL(role.urlFor(db))
    url.password = ''
    const ws = await workspace({ 'sql/x': '' })
    const passfile = join(ws.cwd, 'pass')
    await writeFile(passfile, `*:*:*:*:${role.password}\n`, { mode: 0o600 })
    const env = { PGPASSFILE: passfile, DATABASE_URL: url.href, HOME: '/nonexistent' }
    expect((await ws.run('status', { env })).code).toBe(0)
    await chmod(passfile, 0o644)
    const { code, stderr } = await ws.run('status', { env })
    expect(code).toBe(7)
    expect(stderr).toContain('0600')
    expect(stderr).not.toContain(role.password)
  })
})

it('PGSERVICE, PGHOSTADDR and keyword=value pairs name a database', async () => {
  const server = new URL(inject('serverUrl'))
  const password = decodeURIComponent(server.password)
  const place = `host=${server.hostname} port=${server.port || 5432} user=${server.username} dbname=postgres`
  const ws = await workspace({
    'sql/x': '',
    services: `[mine]\n${place.split(' ').join('\n')}\npassword=${password}\n`,
  })
  expect((await ws.run(['status', '-d', `${place} password=${password}`])).code).toBe(0)
  const env = { PGSERVICE: 'mine', PGSERVICEFILE: join(ws.cwd, 'services') }
  expect((await ws.run('status', { env })).code).toBe(0)
  const missing = await ws.run('status', { env: { ...env, PGSERVICE: 'other', PGSYSCONFDIR: ws.cwd } })
  expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('PGSERVICE') })
  const nowhere = await ws.run('status', { env: { PGHOSTADDR: '127.0.0.1', PGPORT: '1', PGUSER: 'u' } })
  expect(nowhere.code).toBe(7)
})

it.skipIf(remoteAddress() === undefined)(
  'a server elsewhere that proves nothing is told of, loudly',
  async () => {
    const db = await createTestDatabase()
    const url = new URL(db.url)
    const far = remoteAddress() ?? ''
    const port = await startRelay({ host: url.hostname, port: Number(url.port || 5432) }, far)
    url.hostname = far
    url.port = String(port)
    url.search = ''
    const ws = await workspace(pair('001', 'a', 'create table a ();', 'drop table a;'))
    const { code, stderr } = await ws.run(['up', '-d', url.href])
    expect(code).toBe(0)
    expect(stderr).toContain('CONNECTION_UNVERIFIED')
    expect(stderr).toContain('sslmode=verify-full')
    const { report } = await ws.run(['status', '-d', url.href, '--json'])
    expect(report.findings).toMatchObject([{ code: 'CONNECTION_UNVERIFIED', severity: 'warning' }])
    expect(JSON.stringify(report)).not.toContain(decodeURIComponent(url.password) || 'no password')
    const said = await ws.run(['status', '-d', `${url.href}?sslmode=prefer`, '--json'])
    expect(said.report.findings).toEqual([])
  },
)
