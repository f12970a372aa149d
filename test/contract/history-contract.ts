import { describe, expect, it } from 'vitest'
import { createHistoryTable } from '../../src/adapters/postgres/history-table.ts'
import { findChainBreak, hashEntry } from '../../src/core/history.ts'
import { type Database, HEAD_MOVED, type Session } from '../../src/ports.ts'
import { appliedRow, genesis } from '../support/history-row.ts'
import { errorCode, openSession, statementError } from '../support/session.ts'

const location = { schema: 'sqlmig', table: 'history' }

/** What every database's history has to do. */
export function describeHistory(adapter: string, database: () => Promise<Database>): void {
  const store = createHistoryTable({ location, toolVersion: '0.0.0' })
  const open = async (): Promise<Session> => openSession(await database())

  async function prepared(): Promise<Session> {
    const session = await open()
    await store.prepare(session)
    return session
  }

  async function withRow(
    sql: { up: string; down: string | null } = { up: 'create table t ()', down: 'drop table t' },
  ) {
    const session = await prepared()
    const row = appliedRow(genesis, sql)
    await session.send(store.insert(row))
    return { session, row }
  }

  describe(`${adapter}: the history`, () => {
    it('is absent at first, and reading does not make it', async () => {
      const session = await open()
      expect(await store.read(session)).toBeUndefined()
      expect((await session.send("select 1 from pg_namespace where nspname = 'sqlmig'")).rows).toEqual([])
    })

    it('can be prepared again and again, in an existing schema too', async () => {
      const session = await open()
      await session.send('create schema sqlmig')
      await store.prepare(session)
      await store.prepare(session)
      expect(await store.read(session)).toEqual([])
    })

    it('gives back exactly what was written', async () => {
      const up = "-- é😀 \\ ' \" $$ $check$ E'\\n'\ncreate table t (c text default 'a\\b''c');\n"
      const { session, row } = await withRow({ up, down: null })
      const rows = (await store.read(session)) ?? []
      expect(rows).toHaveLength(1)
      const { upSql: _up, downSql: _down, startedAt: _at, ...facts } = row
      expect(rows[0]).toMatchObject(facts)
      expect(findChainBreak(rows)).toBeUndefined()
      expect(await store.recordedSql(session, [rows[0]?.id ?? ''])).toEqual(
        new Map([[rows[0]?.id, { up, down: null }]]),
      )
      expect(rows[0]?.startedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/)
    })

    it('returns the row and the witnesses of an insert', async () => {
      const session = await prepared()
      const row = appliedRow(genesis, { up: 'select 1', down: 'select 2' })
      const { rows } = await session.send(store.insert(row, { who: 'session_user::text', one: '1::text' }))
      expect(rows).toHaveLength(1)
      expect(rows[0]).toMatchObject({ who: session.info.user, one: '1' })
      const written = store.parseRow(rows[0] ?? {})
      expect(hashEntry(written, written.prevHash)).toBe(row.hash)
    })

    it('means the same with standard_conforming_strings off', async () => {
      const session = await prepared()
      await session.send('set standard_conforming_strings = off; set backslash_quote = off')
      const up = "select 'a\\'; drop schema sqlmig cascade; --'"
      await session.send(store.insert(appliedRow(genesis, { up, down: null })))
      const [row] = (await store.read(session)) ?? []
      expect((await store.recordedSql(session, [row?.id ?? ''])).get(row?.id ?? '')?.up).toBe(up)
    })

    it.each([
      ['UPDATE', "update sqlmig.history set name = 'other'"],
      ['DELETE', 'delete from sqlmig.history'],
      ['TRUNCATE', 'truncate sqlmig.history'],
      [
        'MERGE by UPDATE',
        'insert into sqlmig.history select * from sqlmig.history on conflict (hash) do update set reason = $$x$$',
      ],
    ])('refuses %s, with session_replication_role = replica as well', async (_what, sql) => {
      const { session } = await withRow()
      const statement = sql.replace(
        'insert into sqlmig.history select',
        'insert into sqlmig.history overriding system value select',
      )
      for (const role of ['origin', 'replica', 'local']) {
        const error = await statementError(
          session.send(`set session_replication_role = ${role}; ${statement}`),
        )
        expect(error.failure.sqlstate).toBe('0A000')
        expect(error.failure.message).toContain('sqlmig.history is append-only')
      }
      expect(await store.read(session)).toHaveLength(1)
    })

    it('cannot fork: one predecessor has one successor', async () => {
      const { session } = await withRow()
      const error = await statementError(
        session.send(store.insert(appliedRow(genesis, { up: 'x', down: 'y' }))),
      )
      expect(error.failure).toMatchObject({ sqlstate: '23505', table: 'history' })
    })

    it('raises when its head is another one', async () => {
      const session = await prepared()
      const row = appliedRow(genesis, { up: 'a', down: 'b' })
      await session.send(store.headCheck(undefined))
      expect((await statementError(session.send(store.headCheck(row.hash)))).failure.sqlstate).toBe(
        HEAD_MOVED,
      )
      await session.send(store.insert(row))
      await session.send(store.headCheck(row.hash))
      for (const wrong of [undefined, genesis, "x' or true --\\"]) {
        const { failure } = await statementError(session.send(store.headCheck(wrong)))
        expect(failure.sqlstate).toBe(HEAD_MOVED)
      }
    })

    it.each([
      ['a table of somebody else', 'create table sqlmig.history (id int, version text)'],
      ['a view', 'create view sqlmig.history as select 1 as id'],
      ['a sequence', 'create sequence sqlmig.history'],
    ])('is foreign where there is %s', async (_what, sql) => {
      const session = await open()
      await session.send(`create schema sqlmig; ${sql}`)
      expect(await errorCode(store.read(session))).toBe('HISTORY_FOREIGN')
      expect(await errorCode(store.prepare(session))).toBe('HISTORY_FOREIGN')
    })

    it('is foreign when a column of its layout is gone', async () => {
      const { session } = await withRow()
      await session.send('alter table sqlmig.history drop column client')
      expect(await errorCode(store.read(session))).toBe('HISTORY_FOREIGN')
    })

    it('is known by its columns when a restore lost the comment', async () => {
      const { session } = await withRow()
      await session.send('comment on table sqlmig.history is null')
      expect(await store.read(session)).toHaveLength(1)
    })

    it('is refused by name when a newer sqlmig made it', async () => {
      const { session } = await withRow()
      await session.send("comment on table sqlmig.history is 'sqlmig history, layout 99'")
      expect(await errorCode(store.read(session))).toBe('HISTORY_TOO_NEW')
      expect(await errorCode(store.prepare(session))).toBe('HISTORY_TOO_NEW')
    })
  })
}
