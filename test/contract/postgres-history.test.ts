import { describe, expect, it } from 'vitest'
import { createHistoryTable } from '../../src/adapters/postgres/history-table.ts'
import { createSessionLock } from '../../src/adapters/postgres/session-lock.ts'
import type { Session } from '../../src/ports.ts'
import { createRole, createTestDatabase, type TestDatabase, type TestRole } from '../support/database.ts'
import { appliedRow, genesis } from '../support/history-row.ts'
import { openSession, postgresAt, rejection } from '../support/session.ts'
import { describeAttestation } from './history-attest-contract.ts'
import { describeHistory } from './history-contract.ts'
import { describeHistoryNames } from './history-names-contract.ts'

const fresh = async () => postgresAt((await createTestDatabase()).url)
const store = createHistoryTable({ location: { schema: 'sqlmig', table: 'history' }, toolVersion: '0.0.0' })

describeHistory('postgres', fresh)
describeAttestation('postgres', fresh)
describeHistoryNames('postgres', fresh)

async function prepareUnderLock(session: Session): Promise<void> {
  const lock = createSessionLock('sqlmig.history')
  while (!(await lock.tryAcquire(session))) await new Promise((resolve) => setTimeout(resolve, 5))
  await store.prepare(session)
  await session.close()
}

describe('postgres: the history among several sessions', () => {
  it('is made once by twenty that prepare it together', async () => {
    const db = await createTestDatabase()
    const sessions = await Promise.all(Array.from({ length: 20 }, () => openSession(postgresAt(db.url))))
    await Promise.all(sessions.map(prepareUnderLock))
    expect(await store.read(await openSession(postgresAt(db.url)))).toEqual([])
  })

  it('lets one of two win that write behind the same head', async () => {
    const db = await createTestDatabase()
    const [one, two] = [await openSession(postgresAt(db.url)), await openSession(postgresAt(db.url))]
    await store.prepare(one)
    await one.send(`begin; ${store.insert(appliedRow(genesis, { up: 'a', down: 'a' }))}`)
    const other = rejection(two.send(`begin; ${store.insert(appliedRow(genesis, { up: 'b', down: 'b' }))}`))
    await one.send('commit')
    expect(await other).toMatchObject({ failure: { sqlstate: '23505' } })
  })
})

describe('postgres: rights on the history', () => {
  async function setUp(): Promise<{ db: TestDatabase; role: TestRole; owner: Session; session: Session }> {
    const db = await createTestDatabase()
    const role = await createRole()
    const owner = await openSession(postgresAt(db.url))
    const session = await openSession(postgresAt(role.urlFor(db)))
    return { db, role, owner, session }
  }

  it('to make it are named', async () => {
    const { db, role, session } = await setUp()
    const error = await rejection(store.prepare(session))
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED', facts: { role: role.name } })
    expect(error).toMatchObject({
      hint: `an owner runs once: grant create on database "${db.name}" to "${role.name}";`,
    })
    await db.sql.unsafe(`grant create on database "${db.name}" to "${role.name}"`)
    await store.prepare(session)
    expect(await store.read(session)).toEqual([])
  })

  it('to make it in a schema that exists are named', async () => {
    const { db, role, session } = await setUp()
    await db.sql.unsafe('create schema sqlmig')
    const error = await rejection(store.prepare(session))
    expect(error).toMatchObject({ code: 'PERMISSION_DENIED' })
    expect(error).toMatchObject({
      hint: `an owner runs once: grant usage, create on schema "sqlmig" to "${role.name}";`,
    })
    await db.sql.unsafe(`grant usage, create on schema "sqlmig" to "${role.name}"`)
    await store.prepare(session)
  })

  it('to read it are named and are enough to read it', async () => {
    const { db, role, owner, session } = await setUp()
    await store.prepare(owner)
    const error = await rejection(store.read(session))
    expect(error).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('SELECT on sqlmig.history'),
    })
    await db.sql.unsafe((error as { hint: string }).hint)
    expect(await store.read(session)).toEqual([])
    expect(await store.recordedSql(session, ['1'])).toEqual(new Map())
    const unwritable = await rejection(store.prepare(session))
    expect(unwritable).toMatchObject({
      code: 'PERMISSION_DENIED',
      message: expect.stringContaining('INSERT'),
    })
    await db.sql.unsafe((unwritable as { hint: string }).hint)
    await store.prepare(session)
    await session.send(store.insert(appliedRow(genesis, { up: 'a', down: 'b' })))
    expect(await store.read(session)).toHaveLength(1)
    expect(role.name).toBe(session.info.user)
  })
})
