import { describe, expect, it } from 'vitest'
import { LAYOUTS, type TableShape } from '../../src/adapters/postgres/history-layout.ts'
import { createHistoryTable } from '../../src/adapters/postgres/history-table.ts'
import { createSessionLock } from '../../src/adapters/postgres/session-lock.ts'
import { type Database, HEAD_MOVED } from '../../src/ports.ts'
import { appliedRow, genesis } from '../support/history-row.ts'
import { openSession, statementError } from '../support/session.ts'

/** Histories of other names and layouts. */
export function describeHistoryNames(adapter: string, database: () => Promise<Database>): void {
  describe(`${adapter}: histories`, () => {
    it.each([
      ['Quoted', 'Upper Case'],
      ['sch"ema', 'ta"b\'le\\'],
      ['ünï', '表😀'],
      ['public', 'schema_history'],
      ['select', 'table'],
      ['$check$', '$guard$'],
      ['s'.repeat(63), 't'.repeat(63)],
    ])('may be called %s.%s', async (schema, table) => {
      const session = await openSession(await database())
      const store = createHistoryTable({ location: { schema, table }, toolVersion: '0.0.0' })
      expect(await store.read(session)).toBeUndefined()
      await store.prepare(session)
      await session.send(store.headCheck(undefined))
      const row = appliedRow(genesis, { up: 'select 1', down: null })
      await session.send(store.insert(row))
      await session.send(store.headCheck(row.hash))
      expect((await statementError(session.send(store.headCheck(undefined)))).failure.sqlstate).toBe(
        HEAD_MOVED,
      )
      expect(await store.read(session)).toHaveLength(1)
      const table_ = [schema, table].map((name) => `"${name.replaceAll('"', '""')}"`).join('.')
      expect((await statementError(session.send(`delete from ${table_}`))).failure.sqlstate).toBe('0A000')
    })

    it('live side by side in one database', async () => {
      const session = await openSession(await database())
      const [first, second] = ['one', 'two'].map((table) =>
        createHistoryTable({ location: { schema: 'histories', table }, toolVersion: '0.0.0' }),
      )
      await first?.prepare(session)
      await second?.prepare(session)
      await session.send(first?.insert(appliedRow(genesis, { up: 'a', down: 'b' })) ?? '')
      expect(await first?.read(session)).toHaveLength(1)
      expect(await second?.read(session)).toHaveLength(0)
    })

    it('are upgraded by the layouts they lack, in one transaction', async () => {
      const session = await openSession(await database())
      const location = { schema: 'sqlmig', table: 'history' }
      const old = createHistoryTable({ location, toolVersion: '1' })
      await old.prepare(session)
      await session.send(old.insert(appliedRow(genesis, { up: 'a', down: 'b' })))
      const columns = [...(LAYOUTS[0]?.shape.columns ?? []), 'extra text']
      const shape = { ...(LAYOUTS[0]?.shape as TableShape), columns }
      const broken = {
        number: 2,
        shape,
        sql: () => 'alter table sqlmig.history add column extra text; select 1/0',
      }
      const failing = createHistoryTable({ location, toolVersion: '2', layouts: [...LAYOUTS, broken] })
      await expect(failing.prepare(session)).rejects.toMatchObject({ code: 'HISTORY_NOT_MADE' })
      expect(await old.read(session)).toHaveLength(1)
      const next = { number: 2, shape, sql: () => 'alter table sqlmig.history add column extra text' }
      const newer = createHistoryTable({ location, toolVersion: '2', layouts: [...LAYOUTS, next] })
      await newer.prepare(session)
      await newer.prepare(session)
      expect(await newer.read(session)).toHaveLength(1)
      await expect(old.read(session)).rejects.toMatchObject({ code: 'HISTORY_TOO_NEW' })
      await expect(old.prepare(session)).rejects.toMatchObject({ code: 'HISTORY_TOO_NEW' })
    })

    it('have a lock of their own, which the session holds and does not give up with others', async () => {
      const session = await openSession(await database())
      const lock = createSessionLock('sqlmig.history')
      const held = async () =>
        (await session.send(`select (${lock.heldExpression})::text as held`)).rows[0]?.['held']
      expect(await held()).toBe('false')
      expect(await lock.tryAcquire(session)).toBe(true)
      expect(await held()).toBe('true')
      expect((await lock.holder(session))?.pid).toBe(session.info.backendPid)
      await session.send(`select pg_advisory_lock(1), pg_advisory_lock(1), pg_advisory_lock(-5), pg_advisory_lock_shared(1),
        pg_advisory_lock(-1, 2), pg_advisory_lock_shared(2147483647, -2147483648), pg_advisory_lock(9223372036854775807)`)
      const released: string[] = []
      for (let round = 0; round < 5; round++) {
        const { rows } = await session.send(lock.releaseOthers)
        expect(rows[0]?.['held']).toBe('true')
        released.push(rows[0]?.['released'] ?? '')
        if (rows[0]?.['released'] === '0') break
      }
      expect(released).toEqual(['6', '1', '0'])
      const { rows } = await session.send(
        "select count(*) as c from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()",
      )
      expect(rows).toEqual([{ c: '1' }])
    })
  })
}
