import { describe, expect, it } from 'vitest'
import type { Session } from '../../src/ports.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startProxy } from '../support/proxy.ts'
import { openSession, postgresAt, rejection, statementError } from '../support/session.ts'
import { waitFor } from '../support/wait.ts'
import { describeCopy } from './copy-contract.ts'

describeCopy('postgres', async () => postgresAt((await createTestDatabase()).url))

const COPY = 'copy public.t from stdin'
const CHUNK = '1\n'.repeat(30_000)
// What the buffers of both ends and of a proxy between them may hold; the data have no end, so anything unbounded comes past it.
const BUFFERED_CHUNKS = 1000

/** Data without an end, which say how much of them was taken. */
class Endless {
  *[Symbol.iterator](): Generator<string> {
    try {
      for (;;) {
        this.taken++
        yield CHUNK
      }
    } finally {
      this.closed = true
    }
  }

  taken = 0
  closed = false
}

async function start(rules: 'plain' | 'slow trigger' = 'plain') {
  const db = await createTestDatabase()
  await db.sql.unsafe('create table public.t (a int)')
  if (rules === 'slow trigger')
    await db.sql.unsafe(`create function public.wait() returns trigger language plpgsql as
      $$ begin perform pg_advisory_xact_lock(7); return new; end $$;
      create trigger wait before insert on public.t for each row execute function public.wait()`)
  return db
}

const count = async (db: TestDatabase) => Number((await db.sql`select count(*) as n from public.t`)[0]?.['n'])

/** Nothing of the rows is there, and the session works or is lost, but never hangs. */
async function expectRest(db: TestDatabase, data: Endless): Promise<void> {
  await waitFor(async () => data.closed)
  expect(await count(db)).toBe(0)
}

describe('COPY data that have no end', () => {
  it('are taken no faster than the server reads, and end when it is cancelled', async () => {
    const db = await start('slow trigger')
    const holder = await openSession(postgresAt(db.url))
    await holder.send('select pg_advisory_lock(7)')
    const session = await openSession(postgresAt(db.url))
    const data = new Endless()
    const failed = statementError(session.sendCopy(COPY, data))
    let before = -1
    await waitFor(async () => {
      const [row] =
        await db.sql`select wait_event_type as waits from pg_stat_activity where pid = ${session.info.backendPid}`
      const still = row?.['waits'] === 'Lock' && data.taken > 0 && data.taken === before
      before = data.taken
      return still
    })
    expect(data.taken).toBeLessThan(BUFFERED_CHUNKS)
    expect(data.closed).toBe(false)
    await db.sql`select pg_cancel_backend(${session.info.backendPid}::int)`
    expect((await failed).failure.sqlstate).toBe('57014')
    await expectRest(db, data)
    expect((await session.send('select 1 as n')).rows).toEqual([{ n: '1' }])
  })

  it('are given up at a bad row', async () => {
    const db = await start()
    const session = await openSession(postgresAt(db.url))
    const data = new Endless()
    const withBadRow = function* () {
      yield '1\nbad\n'
      yield* data
    }
    const { failure } = await statementError(session.sendCopy(COPY, withBadRow()))
    expect(failure.where).toBe('COPY t, line 2, column a: "bad"')
    await expectRest(db, data)
    expect((await session.send('select 1 as n')).status).toBe('idle')
  })

  const flowing = (data: Endless) => waitFor(async () => data.taken > 20)
  const ENDS: ReadonlyArray<[string, (session: Session, db: TestDatabase) => unknown]> = [
    [
      'the backend is killed',
      (session, db) => db.sql`select pg_terminate_backend(${session.info.backendPid}::int)`,
    ],
    ['the session is destroyed', (session) => session.destroy('enough of it')],
    ['the session is closed', (session) => session.close()],
  ]
  it.each(ENDS)('end with the session when %s', async (_how, end) => {
    const db = await start()
    const session = await openSession(postgresAt(db.url))
    const data = new Endless()
    const failed = rejection(session.sendCopy(COPY, data))
    const waiting = rejection(session.send('select 1'))
    await flowing(data)
    await end(session, db)
    expect(await failed).toMatchObject({ code: 'SESSION_LOST' })
    expect(await waiting).toMatchObject({ code: 'SESSION_LOST' })
    expect(await rejection(session.sendCopy(COPY, ['1\n']))).toMatchObject({ code: 'SESSION_LOST' })
    await expectRest(db, data)
  })

  it.each(['resetAll', 'finishAll'] as const)(
    'end with the session when the connection breaks: %s',
    async (how) => {
      const db = await start()
      const proxy = await startProxy(db.url)
      const session = await openSession(postgresAt(proxy.url))
      const data = new Endless()
      const failed = rejection(session.sendCopy(COPY, data))
      await flowing(data)
      proxy[how]()
      expect(await failed).toMatchObject({ code: 'SESSION_LOST' })
      expect(proxy.connections()).toBe(1)
      await expectRest(db, data)
    },
  )
})
