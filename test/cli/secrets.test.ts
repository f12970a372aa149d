import { describe, expect, it } from 'vitest'
import { runBinary } from '../support/binary.ts'
import { THREE, workspace } from '../support/cli.ts'
import { createRole, createTestDatabase } from '../support/database.ts'

const SECRET = 'gEh3im@/:?#pW'
const ENCODED = encodeURIComponent(SECRET)
/** Any longer part of it would be too much, plain or encoded. */
const PARTS = /gEh3im|#pW|%23pW/

describe('a password', () => {
  it.each([
    `postgres://u:${ENCODED}@127.0.0.1:1/x`,
    `postgres://u:${ENCODED}@no-such-host.invalid/x`,
    `postgres://u:${ENCODED}@127.0.0.1:99999/x`,
    `postgres://u:${ENCODED}@127.0.0.1:1/x?nope=1`,
    `postgres://u:${ENCODED}@127.0.0.1:1/x?sslmode=nope`,
    `postgres://u:${ENCODED}%@127.0.0.1:1/x`,
    `postgres://u:${ENCODED}@h1,h2/x`,
    `postgres://u:${ENCODED}@[::1/x`,
    `postgress://u:${ENCODED}@127.0.0.1/x`,
    `pglite://u:${ENCODED}@127.0.0.1/x`,
    `u:${ENCODED}@127.0.0.1/x`,
    `postgres://u:${SECRET}@127.0.0.1:1/x`,
  ])('is not told for %s', async (url) => {
    const ws = await workspace({ 'sql/x': '' })
    for (const options of ['--verbose', '--json', '']) {
      const flag = await ws.run(['status', '-d', url, ...options.split(' ').filter(Boolean)])
      expect([2, 7]).toContain(flag.code)
      expect(flag.stdout + flag.stderr).not.toMatch(PARTS)
      const variable = await ws.run(`status ${options}`, { env: { DATABASE_URL: url } })
      expect(variable.stdout + variable.stderr).not.toMatch(PARTS)
    }
  })

  it.each([
    ['status', '-d', 'pglite:postgres://u:gEh3im@h/d'],
    ['up', 'host=h password=gEh3im'],
    ['up', "host=h password = 'gEh3im #pW'"],
    ['up', '--to', 'postgres://u:gEh3im@h/d'],
    ['new', 'postgres://u:gEh3im@h/d'],
    ['status', '--history', 'postgres://u:gEh3im@h/d'],
    ['status', '--lock-wait', 'postgres://u:gEh3im@h/d'],
    ['status', '--dir', 'postgres://u:gEh3im@h/d'],
    ['status', '--dir', `postgres://u:${SECRET}@h/d`],
    ['status', '--reporter', 'postgres://u:gEh3im@h/d'],
    ['status', '--reporter', 'json=postgres://u:gEh3im@h/d'],
    ['status', '--config', 'postgres://u:gEh3im@h/d'],
    ['init', '--config', 'postgres://u:gEh3im@h/d'],
    ['init', '--config', 'postgres://u:gEh3im@h/d.json'],
    ['goto', 'postgres://u:gEh3im #pW@h/d'],
    ['frobnicate', 'password=gEh3im'],
  ])('is not told when it stands in the wrong place: %s %s %s', async (...argv) => {
    const ws = await workspace({ 'sql/x': '' })
    for (const option of ['--verbose', '--json']) {
      const env = { DATABASE_URL: 'pglite:memory' }
      const { code, stdout, stderr } = await ws.run([...argv, option], { env })
      expect([1, 2]).toContain(code)
      expect(stdout + stderr).not.toMatch(PARTS)
    }
  })

  it('is not told when a configuration file has it in the wrong place', async () => {
    for (const config of [
      { databaseEnv: 'postgres://u:gEh3im@h/d' },
      { history: 'postgres://u:gEh3im@h/d' },
      { lockWait: 'password=gEh3im' },
      { 'postgres://u:gEh3im@h/d': 1 },
    ]) {
      const ws = await workspace({ 'sql/x': '', 'sqlmig.config.json': JSON.stringify(config) })
      const { code, stdout, stderr } = await ws.run('status --verbose', {
        env: { SQLMIG_DATABASE: 'pglite:memory' },
      })
      expect(code).toBe(2)
      expect(stdout + stderr).not.toMatch(PARTS)
    }
  })

  it('is not told when the server refuses it, whatever debugging is on', async () => {
    const db = await createTestDatabase()
    const role = await createRole()
    const url = new URL(role.urlFor(db))
    const debug = { DEBUG: '*', PGDEBUG: '1', NODE_DEBUG: 'net,tls' }
    const ws = await workspace(THREE)
    const good = { ...debug, DATABASE_URL: url.href }
    url.password = ENCODED
    for (const env of [good, { ...debug, DATABASE_URL: url.href }])
      for (const option of ['--verbose', '--json']) {
        const { stdout, stderr } = await runBinary(['up', option], { cwd: ws.cwd, env })
        expect(stdout + stderr).not.toMatch(PARTS)
        expect(stdout + stderr).not.toContain(role.password)
      }
  })

  it('is not told when it comes from PGPASSWORD or a configuration file', async () => {
    const config = JSON.stringify({ database: `postgres://u:${ENCODED}@127.0.0.1:1/x` })
    const ws = await workspace({ 'sql/x': '', 'sqlmig.config.json': config })
    const fromFile = await ws.run('status --verbose')
    const env = { PGPASSWORD: SECRET, PGHOST: '127.0.0.1', PGPORT: '1', PGUSER: 'u', PGDATABASE: 'x' }
    const bare = await workspace({ 'sql/x': '' })
    const fromVariable = await bare.run('status --json', { env })
    for (const { code, stdout, stderr } of [fromFile, fromVariable]) {
      expect(code).toBe(7)
      expect(stdout + stderr).not.toMatch(PARTS)
    }
  })

  it('does not get into the history', async () => {
    const db = await createTestDatabase()
    const role = await createRole()
    await db.sql`grant all on schema public to public`
    await db.sql.unsafe(`grant create on database "${db.name}" to "${role.name}"`)
    const ws = await workspace(THREE)
    const { code } = await ws.run(['up', '-d', role.urlFor(db)])
    expect(code).toBe(0)
    const rows = await db.sql`select h::text as row from sqlmig.history h`
    expect(JSON.stringify(rows)).not.toContain(role.password)
  })
})

describe('a role that may not', () => {
  it('create the history is told which right it lacks', async () => {
    const db = await createTestDatabase()
    const role = await createRole()
    const ws = await workspace(THREE)
    const { code, stderr } = await ws.run(['up', '-d', role.urlFor(db)])
    expect(code).toBe(1)
    expect(stderr).toContain('PERMISSION_DENIED')
    expect(stderr).toContain(role.name)
    expect((await ws.run(['status', '-d', role.urlFor(db)])).code).toBe(0)
  })
})
