import { readFile } from 'node:fs/promises'
import { describe, expect, inject, it } from 'vitest'
import { createRole, createTestDatabase } from '../support/database.ts'
import { startProxy, startServer } from '../support/proxy.ts'
import { openSession, postgresAt, rejection } from '../support/session.ts'

function urlWith(change: (url: URL) => void): string {
  const url = new URL(inject('serverUrl'))
  change(url)
  return url.href
}

async function failure(url: string): Promise<{ message: string; hint: string; tookMs: number }> {
  const start = performance.now()
  const error = await rejection(postgresAt(url).connect({ onNotice: () => {} }))
  expect(error).toMatchObject({ code: 'CONNECTION_FAILED', exitCode: 7, hint: expect.any(String) })
  const { message, hint } = error as { message: string; hint: string }
  return { message, hint, tookMs: performance.now() - start }
}

describe('a connection that cannot be made', () => {
  it('because nobody listens', async () => {
    const port = await startServer(() => {})
    const { message, hint } = await failure('postgres://u:secret-word@127.0.0.1:1/db')
    expect(port).toBeGreaterThan(0)
    expect(message).toContain('db on 127.0.0.1:1')
    expect(message).not.toContain('secret-word')
    expect(hint).toContain('is a server running on 127.0.0.1, port 1')
  })

  it('because there is no such host', async () => {
    const { hint } = await failure('postgres://u:p@no-such-host.invalid/db?connect_timeout=5')
    expect(hint).toMatch(/host/)
  })

  it('because the password is wrong', async () => {
    const db = await createTestDatabase()
    const role = await createRole()
    const url = new URL(role.urlFor(db))
    url.password = 'not-the-password'
    url.searchParams.set('connect_timeout', '60')
    const { message, hint, tookMs } = await failure(url.href)
    expect(message).toContain('28P01')
    expect(message).not.toContain('not-the-password')
    expect(hint).toContain('check user and password')
    expect(tookMs).toBeLessThan(30_000)
  })

  it('because there is no such database', async () => {
    const { message, hint } = await failure(urlWith((url) => (url.pathname = '/no_such_database')))
    expect(message).toContain('3D000')
    expect(hint).toContain('create the database')
  })

  it('because the server accepts and closes, asked once and not over and over', async () => {
    let connections = 0
    const port = await startServer((socket) => {
      connections++
      socket.once('data', () => socket.end())
    })
    for (const mode of ['disable', 'prefer']) {
      const { tookMs } = await failure(
        `postgres://u:p@127.0.0.1:${port}/db?sslmode=${mode}&connect_timeout=60`,
      )
      expect(tookMs).toBeLessThan(30_000)
    }
    expect(connections).toBe(2)
  })

  it.each(['disable', 'prefer'])('because the server never answers, sslmode=%s', async (mode) => {
    const port = await startServer(() => {})
    const { message, hint, tookMs } = await failure(
      `postgres://u:p@127.0.0.1:${port}/db?sslmode=${mode}&connect_timeout=1`,
    )
    expect(message).toContain('no answer within 1000 ms')
    expect(hint).toContain('connect_timeout')
    expect(tookMs).toBeLessThan(30_000)
  })

  it('because the other end is no PostgreSQL', async () => {
    const port = await startServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    })
    await failure(`postgres://u:p@127.0.0.1:${port}/db?sslmode=disable&connect_timeout=2`)
    await failure(`postgres://u:p@127.0.0.1:${port}/db?sslmode=prefer&connect_timeout=2`)
  })

  it('because the server has no TLS and sslmode=require', async () => {
    const port = await startServer((socket) => socket.on('data', () => socket.write('N')))
    const { hint } = await failure(`postgres://u:p@127.0.0.1:${port}/db?sslmode=require`)
    expect(hint).toContain('sslmode=disable')
  })

  it('because it was interrupted', async () => {
    const port = await startServer(() => {})
    for (const mode of ['disable', 'prefer']) {
      const abort = new AbortController()
      const url = `postgres://u:p@127.0.0.1:${port}/db?sslmode=${mode}&connect_timeout=30`
      const connecting = postgresAt(url).connect({ onNotice: () => {}, signal: abort.signal })
      setTimeout(() => abort.abort(), 100)
      expect(await rejection(connecting)).toMatchObject({ code: 'INTERRUPTED', exitCode: 130 })
    }
    const url = `postgres://u:p@127.0.0.1:${port}/db?connect_timeout=30`
    const connecting = postgresAt(url).connect({ onNotice: () => {}, signal: AbortSignal.abort() })
    expect(await rejection(connecting)).toMatchObject({ code: 'INTERRUPTED' })
  })
})

describe('settings of the database and the role', () => {
  const settings = [
    "statement_timeout = '1ms'",
    "lock_timeout = '1ms'",
    "idle_in_transaction_session_timeout = '1ms'",
    "search_path = 'nowhere'",
    'default_transaction_read_only = on',
    "default_transaction_isolation = 'serializable'",
    'standard_conforming_strings = off',
    "datestyle = 'German'",
    'bytea_output = escape',
    'synchronous_commit = off',
    "client_encoding = 'LATIN1'",
  ]

  it('do not reach our own statements', async () => {
    const db = await createTestDatabase()
    const role = await createRole()
    for (const setting of settings) {
      await db.sql.unsafe(`alter database "${db.name}" set ${setting}`)
      await db.sql.unsafe(`alter role "${role.name}" set ${setting}`)
    }
    const session = await openSession(postgresAt(role.urlFor(db)))
    for (let i = 0; i < 2; i++) {
      const { rows } = await session.send(`select current_setting('search_path') as search_path,
        current_setting('statement_timeout') as statement_timeout, current_setting('lock_timeout') as lock_timeout,
        current_setting('default_transaction_read_only') as read_only, current_setting('transaction_isolation') as isolation,
        current_setting('idle_in_transaction_session_timeout') as idle, current_setting('standard_conforming_strings') as scs,
        current_setting('client_encoding') as encoding, current_setting('synchronous_commit') as sync, date '2024-12-31' as day`)
      expect(rows[0]).toEqual({
        search_path: 'pg_catalog, pg_temp',
        statement_timeout: '0',
        lock_timeout: '5s',
        read_only: 'off',
        isolation: 'read committed',
        idle: '1min',
        scs: 'on',
        encoding: 'UTF8',
        sync: 'on',
        day: '2024-12-31',
      })
      await session.send(session.resetStatements)
    }
    expect(session.info.searchPath).toBe('nowhere')
  })

  it('a transaction_timeout that the start of a session would not survive is away before it counts', async (context) => {
    const db = await createTestDatabase()
    const [server] = await db.sql`select current_setting('server_version_num')::int as version`
    if (server?.['version'] < 170_000) context.skip('the server does not know transaction_timeout')
    const role = await createRole()
    await db.sql.unsafe(`alter role "${role.name}" set transaction_timeout = '1ms'`)
    const session = await openSession(postgresAt(role.urlFor(db)))
    await session.send(`begin; ${session.resetStatements}`)
    await session.send('select pg_catalog.pg_sleep(0.1)')
    await session.send('commit')
  })

  it('a pooler that greets in the name of a newer server is asked as an older one', async () => {
    const db = await createTestDatabase()
    const before = Buffer.from('server_version\0')
    const proxy = await startProxy(db.url, {
      toClient: (bytes) => {
        const at = bytes.indexOf(before)
        if (at >= 0) bytes.write('99', at + before.length, 'latin1')
        return 'pass'
      },
    })
    const session = await openSession(postgresAt(proxy.url))
    expect(session.info.server).toMatch(/^PostgreSQL 1/)
  })

  it('gives names with blanks, quotes, upper case and other scripts to the right database and role', async () => {
    const db = await createTestDatabase()
    const name = `Ödd "name" '%/ 😀 ${db.name.slice(-8)}`
    const quoted = `"${name.replaceAll('"', '""')}"`
    await db.sql.unsafe(`create role ${quoted} login password 'p@ss/wörd %:#'`)
    await db.sql.unsafe(`create database ${quoted} owner ${quoted} template template0`)
    try {
      const url = urlWith((target) => {
        target.username = encodeURIComponent(name)
        target.password = encodeURIComponent('p@ss/wörd %:#')
        target.pathname = `/${encodeURIComponent(name)}`
      })
      const session = await postgresAt(url).connect({ onNotice: () => {} })
      expect(session.info).toMatchObject({ database: name, user: name })
      await session.close()
    } finally {
      await db.sql.unsafe(`drop database ${quoted}`)
      await db.sql.unsafe(`drop role ${quoted}`)
    }
  })
})

it('the driver is pinned to one exact version, because its traps are known by version', async () => {
  const manifest = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
  expect(manifest.dependencies.postgres).toMatch(/^\d+\.\d+\.\d+$/)
  const installed = JSON.parse(
    await readFile(new URL('../../node_modules/postgres/package.json', import.meta.url), 'utf8'),
  )
  expect(installed.version).toBe(manifest.dependencies.postgres)
})
