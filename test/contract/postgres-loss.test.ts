import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Session } from '../../src/ports.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'
import { openSession, postgresAt, rejection } from '../support/session.ts'

const stray: unknown[] = []
const note = (error: unknown) => stray.push(error)

beforeEach(() => {
  stray.length = 0
  process.on('unhandledRejection', note).on('uncaughtException', note)
})

afterEach(async () => {
  // The driver's own timers and queues get their chance to misbehave.
  await sleep(300)
  process.off('unhandledRejection', note).off('uncaughtException', note)
  expect(stray).toEqual([])
})

async function kill(db: TestDatabase, session: Session): Promise<void> {
  await db.sql`select pg_terminate_backend(${session.info.backendPid}::int)`
}

/** Present and future messages are lost, and nothing ever runs on another session. */
async function expectLost(db: TestDatabase, session: Session, words: RegExp): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const error = await rejection(session.send('create table if not exists public.ghost ()'))
    expect(error).toMatchObject({ code: 'SESSION_LOST', message: expect.stringMatching(words) })
    await sleep(50)
  }
  const rows = await db.sql`select to_regclass('public.ghost') as ghost`
  expect(rows[0]?.['ghost']).toBeNull()
  const own =
    await db.sql`select pid from pg_stat_activity where application_name = 'sqlmig/test' and datname = ${db.name}`
  expect(own).toHaveLength(0)
}

const byAdministrator = /terminating connection due to administrator command \(SQLSTATE 57P01\)/

describe('a backend that is killed', () => {
  it('while it is idle', async () => {
    const db = await createTestDatabase()
    const session = await openSession(postgresAt(db.url))
    await session.send('select 1')
    await kill(db, session)
    await expectLost(db, session, byAdministrator)
  })

  it('in the middle of a query, with more of them waiting', async () => {
    const db = await createTestDatabase()
    const session = await openSession(postgresAt(db.url))
    const sent = [session.send('select pg_sleep(30)'), session.send('select 1'), session.send('select 2')]
    const settled = Promise.allSettled(sent)
    await sleep(100)
    await kill(db, session)
    for (const one of await settled)
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'SESSION_LOST' } })
    await expectLost(db, session, byAdministrator)
  })

  it('inside a transaction', async () => {
    const db = await createTestDatabase()
    const session = await openSession(postgresAt(db.url))
    await session.send('begin; create table public.half ()')
    await kill(db, session)
    await expectLost(db, session, byAdministrator)
    expect(await db.sql`select 1 from pg_class where relname = 'half'`).toHaveLength(0)
  })

  it('by its own timeout', async () => {
    const db = await createTestDatabase()
    const session = await openSession(postgresAt(db.url))
    await session.send("set idle_in_transaction_session_timeout = '50ms'; begin")
    await sleep(400)
    await expectLost(db, session, /idle-in-transaction timeout \(SQLSTATE 25P03\)/)
  })
})

describe('a connection that breaks', () => {
  it.each(['reset', 'finish'] as const)('by %s, idle and under work', async (how) => {
    const db = await createTestDatabase()
    const proxy = await startProxy(db.url)
    const session = await openSession(postgresAt(proxy.url))
    const sent = Promise.allSettled([session.send('select pg_sleep(30)'), session.send('select 1')])
    await sleep(100)
    if (how === 'reset') proxy.resetAll()
    else proxy.finishAll()
    for (const one of await sent) expect(one).toMatchObject({ reason: { code: 'SESSION_LOST' } })
    expect(await rejection(session.send('select 1'))).toMatchObject({ code: 'SESSION_LOST' })
    expect(proxy.connections()).toBe(1)
  })

  it('into a black hole: destroy() ends the wait, close() does not hang', async () => {
    const db = await createTestDatabase()
    const proxy = await startProxy(db.url)
    const session = await openSession(postgresAt(proxy.url))
    proxy.blackhole()
    const sent = Promise.allSettled([session.send('select 1'), session.send('select 2')])
    session.destroy('no answer')
    for (const one of await sent) expect(one).toMatchObject({ reason: { facts: { reason: 'no answer' } } })
    const other = await openSession(postgresAt(db.url))
    await other.close()
  })

  it('close() in a black hole, with a message under way, settles everything', async () => {
    const db = await createTestDatabase()
    const proxy = await startProxy(db.url)
    const session = await openSession(postgresAt(proxy.url))
    proxy.blackhole()
    const sent = Promise.allSettled([session.send('select 1')])
    await session.close()
    expect((await sent)[0]).toMatchObject({ status: 'rejected', reason: { code: 'SESSION_LOST' } })
  }, 15_000)

  it('a session that was closed while it worked settles its message', async () => {
    const db = await createTestDatabase()
    const session = await openSession(postgresAt(db.url))
    const sent = Promise.allSettled([session.send('select pg_sleep(20)')])
    await session.close()
    expect((await sent)[0]).toMatchObject({ status: 'rejected', reason: { code: 'SESSION_LOST' } })
  }, 15_000)
})

describe('bytes that come in pieces', () => {
  it('are put together again, one at a time as well', async () => {
    const db = await createTestDatabase()
    const proxy = await startProxy(db.url, { chunkSize: 1 })
    const session = await openSession(postgresAt(proxy.url))
    const { rows, tags } = await session.send("select 'é😀' as t; select generate_series(1, 3) as n")
    expect(rows.map((row) => row['n'])).toEqual(['1', '2', '3'])
    expect(tags).toEqual(['SELECT 1', 'SELECT 3'])
    expect(await rejection(session.send('select 1; select 1/0'))).toMatchObject({
      failure: { sqlstate: '22012' },
      completed: ['SELECT 1'],
    })
  })
})

describe('close()', () => {
  it('has released the locks when it is done', async () => {
    const db = await createTestDatabase()
    for (let i = 0; i < 10; i++) {
      const session = await openSession(postgresAt(db.url))
      await session.send(`select pg_advisory_lock(${i})`)
      await session.close()
      const rows = await db.sql`select pg_try_advisory_lock(${i}::int) as free`
      expect(rows[0]?.['free']).toBe(true)
    }
  })

  it('after which nothing keeps the database in use', async () => {
    const db = await createTestDatabase()
    const session = await openSession(postgresAt(db.url))
    await session.close()
    expect(await db.sql`select 1 from pg_stat_activity where pid = ${session.info.backendPid}`).toHaveLength(
      0,
    )
  })
})
