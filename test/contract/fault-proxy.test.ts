import { describe, expect, it } from 'vitest'
import { createTestDatabase } from '../support/database.ts'
import { type Fault, startFaultProxy } from '../support/fault-proxy.ts'
import { openSession, postgresAt, rejection } from '../support/session.ts'

describe('the fault proxy', () => {
  it('sees whole messages of both sides and hurts nothing by itself', async () => {
    const db = await createTestDatabase()
    const proxy = await startFaultProxy(db.url)
    const url = new URL(proxy.url)
    url.searchParams.set('sslmode', 'prefer')
    const session = await openSession(postgresAt(url.href))
    await session.send(`select '${'x'.repeat(300_000)}' as long; select 1`)
    await rejection(session.send('select 1/0'))
    await session.close()
    const client = proxy.log.filter(({ from }) => from === 'client')
    expect(client.map(({ type }) => type).slice(0, 2)).toEqual(['ssl', 'startup'])
    expect(client[1]).toMatchObject({ number: 2, connection: 1 })
    expect(client.at(-1)?.type).toBe('X')
    expect(client.at(-2)).toMatchObject({ type: 'Q', text: 'select 1/0' })
    const server = proxy.log.filter(({ from }) => from === 'server').map(({ type, text }) => `${type}${text}`)
    expect(server.slice(-4)).toEqual(['CSELECT 1', 'ZI', 'E22012', 'ZI'])
  })

  it.each<[Fault, boolean]>([
    ['drop', false],
    ['reset', false],
    ['close', false],
    ['cut-server', false],
    ['after-reset', true],
    ['after-close', true],
    ['after-blackhole', true],
  ])('%s: the statement arrives or it does not', async (fault, arrives) => {
    const db = await createTestDatabase()
    const proxy = await startFaultProxy(db.url, ({ text }) =>
      text.startsWith('create table') ? fault : undefined,
    )
    const session = await openSession(postgresAt(proxy.url))
    const sent = rejection(session.send('create table public.t ()'))
    if (!['reset', 'close', 'after-reset', 'after-close'].includes(String(fault))) {
      // Nobody tells the client anything.
      const other = await openSession(postgresAt(db.url))
      for (let i = 0; i < 20; i++) await other.send('select pg_sleep(0.01)')
      session.destroy('enough')
    }
    expect(await sent).toMatchObject({ code: 'SESSION_LOST' })
    const rows = await db.sql`select to_regclass('public.t') is not null as there`
    expect(rows[0]?.['there']).toBe(arrives)
  })

  it('delays, cuts into pieces and replaces, and keeps the order', async () => {
    const db = await createTestDatabase()
    const proxy = await startFaultProxy(db.url, ({ type, from, bytes }) => {
      if (from === 'client' && type === 'Q') return { delayMs: 20 }
      if (type === 'C')
        return { replace: Buffer.from(bytes.toString('latin1').replace('SELECT 1', 'SELECT 9'), 'latin1') }
      return { fragment: 1 }
    })
    const session = await openSession(postgresAt(proxy.url))
    const answers = await Promise.all([1, 2, 3].map((n) => session.send(`select ${n} as n`)))
    expect(answers.map(({ rows }) => rows[0]?.['n'])).toEqual(['1', '2', '3'])
    expect(answers.map(({ tags }) => tags[0])).toEqual(['SELECT 9', 'SELECT 9', 'SELECT 9'])
  })
})
