import { describe, expect, it } from 'vitest'
import { createSnapshotReader } from '../../src/adapters/postgres/catalog/reader.ts'
import type { DataSnapshot, VolatileColumn } from '../../src/core/data.ts'
import { compareData, compareRows } from '../../src/core/data-diff.ts'
import type { Database, Session } from '../../src/ports.ts'
import { openSession } from '../support/session.ts'

const reader = createSnapshotReader({ historySchema: 'sqlmig' })

const volatile = (table: string, column: string): VolatileColumn => ({ schema: 'public', table, column })

/** How the reader of every database sees the rows of tables. */
export function describeDataSnapshots(adapter: string, database: () => Promise<Database>): void {
  async function setUp(statements = ''): Promise<Session> {
    const session = await openSession(await database())
    await session.send(`set search_path = public; ${statements}`)
    return session
  }

  const data = (session: Session, ...columns: VolatileColumn[]): Promise<DataSnapshot> =>
    reader.data(session, columns, 'none')

  /** The content of a table `t` that is made by each of the scripts. */
  async function contents(...scripts: string[]): Promise<Array<string | undefined>> {
    const session = await setUp()
    const found: Array<string | undefined> = []
    for (const script of scripts) {
      await session.send(script)
      const content = (await data(session)).get('public.t')
      found.push(content === undefined ? undefined : `${content.rows} ${content.hash}`)
      await session.send('drop table public.t cascade')
    }
    return found
  }

  describe(`${adapter}: the content of tables`, () => {
    it('is that of ordinary tables and populated materialized views that hold rows', async () => {
      const session = await setUp(`create table t (a int); insert into t values (1), (2);
        create table empty (a int); create table emptied as select 1 as a; delete from emptied;
        create table "Odd ""Name" () ; insert into "Odd ""Name" default values;
        create table parted (a int) partition by list (a); create table part partition of parted for values in (1);
        insert into parted values (1);
        create table parent (a int); create table child (b int) inherits (parent); insert into child values (1, 2);
        create materialized view m as select * from t; create materialized view none as select * from t with no data;
        create temp table temporary as select 1 as a;
        create unlogged table u as select 1 as a;
        create schema sqlmig; create table sqlmig.history as select 1 as a`)
      const found = await data(session)
      expect([...found].map(([table, { rows }]) => [table, rows])).toEqual([
        ['public."Odd ""Name"', 1],
        ['public.child', 1],
        ['public.m', 2],
        ['public.part', 1],
        ['public.t', 2],
        ['public.u', 1],
      ])
    })

    it('does not depend on the order of rows or of columns', async () => {
      const [one, two, three] = await contents(
        `create table t (a int, b text); insert into t values (1, 'x'), (2, 'y'), (2, 'y')`,
        `create table t (a int, b text); insert into t values (2, 'y'), (1, 'x'), (2, 'y')`,
        `create table t (b text, gone int, a int); insert into t values ('y', 0, 2), ('y', 0, 2), ('x', 0, 1);
          alter table t drop gone`,
      )
      expect(two).toBe(one)
      expect(three).toBe(one)
    })

    it.each([
      ['null and the empty text', "(null, 'b')", "('', 'b')"],
      ['null and the word', '(null, null)', "('NULL', 'NULL')"],
      ['values that changed places', "('a', 'b')", "('b', 'a')"],
      ['where one value ends', "('a,b', 'c')", "('a', 'b,c')"],
      ['blanks at the end', "('a', '')", "('a ', '')"],
      ['letter case', "('a', 'b')", "('A', 'b')"],
      [
        'how often a row is there',
        "('a', 'b'), ('a', 'b'), ('c', 'd')",
        "('a', 'b'), ('c', 'd'), ('c', 'd')",
      ],
      ['which row has which value', "('a', 'b'), ('c', 'd')", "('a', 'd'), ('c', 'b')"],
    ])('tells apart %s', async (_what, one, other) => {
      const script = (values: string) => `create table t (a text, b text); insert into t values ${values}`
      const [left, right] = await contents(script(one), script(other))
      expect(left).not.toBe(right)
      expect(left).toBeDefined()
    })

    it('is the same under whatever settings', async () => {
      const session = await setUp(`create table t (a timestamptz, b interval, c float8, d bytea, e money);
        insert into t values ('2020-02-03 04:05:06+00', '1 day 02:03', 0.1::float8 + 0.2::float8, '\\x0102', 12.34)`)
      const before = await data(session)
      await session.send(`set timezone = 'Asia/Kolkata'; set datestyle = 'German'; set intervalstyle = 'sql_standard';
        set extra_float_digits = -5; set bytea_output = 'escape'`)
      expect(await data(session)).toEqual(before)
      await session.send('update t set c = 0.3')
      expect(await data(session)).not.toEqual(before)
    })

    it('leaves volatile columns out', async () => {
      const session = await setUp('create table t (id int, at timestamptz); insert into t values (1, now())')
      const excluded = volatile('t', 'at')
      const before = await data(session, excluded, volatile('other', 'id'))
      await session.send("update t set at = '2001-01-01'")
      expect(await data(session, excluded)).toEqual(before)
      await session.send('update t set id = 2')
      expect(await data(session, excluded)).not.toEqual(before)
    })

    it('in an open transaction is what the transaction sees, whatever its settings', async () => {
      const session = await setUp(`create table t (a int); begin; insert into t values (1);
        set local standard_conforming_strings = off; set local search_path = ''`)
      expect((await reader.data(session, [], 'open')).get('public.t')?.rows).toBe(1)
      expect((await session.send('rollback')).status).toBe('idle')
      expect(await data(session)).toEqual(new Map())
    })

    it('is not narrowed by row security for an owner who may see everything', async () => {
      const session = await setUp(`create table t (a int); insert into t values (1), (2);
        alter table t enable row level security; alter table t force row level security; set row_security = off`)
      expect((await data(session)).get('public.t')?.rows).toBe(2)
    })

    it('does not need what a virtual column would compute', async ({ skip }) => {
      const session = await setUp()
      skip(Number(/\d+/.exec(session.info.server)?.[0]) < 18, 'virtual columns exist since PostgreSQL 18')
      await session.send(
        'create table t (a int, v int generated always as (1 / a) virtual); insert into t values (0)',
      )
      expect((await data(session)).get('public.t')?.rows).toBe(1)
      expect(await reader.rows(session, 'public.t', [], 1, 'none')).toMatchObject({
        columns: ['a'],
        rows: [['0']],
      })
    })

    it('is read from many tables', async () => {
      const session = await setUp(`do $$ begin for i in 1..230 loop
        execute format('create table t%s as select %s as a', i, i); end loop; end $$`)
      const found = await data(session)
      expect(found.size).toBe(230)
      expect(new Set([...found.values()].map(({ hash }) => hash)).size).toBe(230)
    })
  })

  describe(`${adapter}: the rows of a table`, () => {
    const rows = (session: Session, table: string, limit = 100) =>
      reader.rows(session, table, [], limit, 'none')

    it('come in the order of the key, with the columns in alphabetical order', async () => {
      const session = await setUp(`create table "T" (v char(3), n int, "K" int, j json,
          g int generated always as (n + 1) stored, i int generated always as identity, primary key (n, "K"));
        insert into "T" (v, n, "K", j) values ('b', 10, 1, '{"a":  1}'), ('', 9, 1, null)`)
      expect(await rows(session, 'public."T"')).toEqual({
        columns: ['K', 'g', 'i', 'j', 'n', 'v'],
        key: ['n', 'K'],
        generated: ['g'],
        identityAlways: ['i'],
        opaque: ['j'],
        rows: [
          ['1', '10', '2', null, '9', '   '],
          ['1', '11', '1', '{"a":  1}', '10', 'b  '],
        ],
      })
    })

    it('are not read above the limit, and are none where there is no table', async () => {
      const session = await setUp('create table t as select generate_series(1, 3) as a')
      expect(await rows(session, 'public.t', 2)).toBeUndefined()
      expect((await rows(session, 'public.t', 3))?.rows).toEqual([['1'], ['2'], ['3']])
      expect(await rows(session, 'public.nowhere')).toMatchObject({ columns: [], rows: [] })
    })

    it('lack volatile columns, and the key that needs one', async () => {
      const session = await setUp(
        'create table t (a int, b int, primary key (a, b)); insert into t values (1, 2)',
      )
      expect(await reader.rows(session, 'public.t', [volatile('t', 'b')], 1, 'none')).toMatchObject({
        columns: ['a'],
        key: [],
        rows: [['1']],
      })
    })

    it.each([
      ['with a key', 'id int primary key, v text, f float8, j jsonb, e text[], b bool'],
      ['without a key', 'id int, v text, f float8, j json, e text[], b bool'],
      [
        'with an identity',
        'id int generated always as identity primary key, v text, f float8, j json, e text[], b bool',
      ],
    ])('%s come back by the SQL that a difference names', async (_what, columns) => {
      const insert = 'insert into t (id, v, f, j, e, b) overriding system value values'
      const session = await setUp(`create table t (${columns}, g int generated always as (id * 2) stored);
        ${insert} (1, 'a', 0.1, '{"a": "\\\\"}', '{x,"y z"}', true), (2, null, null, null, null, null), (3, E'a\\n''b\\\\', 'NaN', '[]', '{}', false)`)
      const before = await data(session)
      const beforeRows = (await rows(session, 'public.t')) ?? expect.fail()
      await session.send(`delete from t where id = 2; update t set v = 'c', e = '{}', b = null where id = 1;
        ${insert} (4, '', 0, '1', '{}', true), (5, null, 0, null, null, true)`)
      const [difference] = compareData(before, await data(session))
      expect(difference).toMatchObject({ table: 'public.t', before: { rows: 3 }, after: { rows: 4 } })
      const { missingSql } = compareRows(
        'public.t',
        beforeRows,
        (await rows(session, 'public.t')) ?? expect.fail(),
      )
      expect(missingSql.length).toBeGreaterThan(3)
      await session.send(missingSql.join(';\n'))
      expect(await data(session)).toEqual(before)
    })
  })
}
