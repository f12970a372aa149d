import { describe, expect, it } from 'vitest'
import type { Database, Notice, Session } from '../../src/ports.ts'
import { openSession, rejection, statementError } from '../support/session.ts'

/** What every adapter of `Database` and `Session` has to do. `database` gives an empty one to each test. */
export function describeSession(adapter: string, database: () => Promise<Database>): void {
  const open = async (): Promise<Session> => openSession(await database())

  describe(`${adapter}: answers`, () => {
    it('gives tag, rows as the server wrote them, and status of one statement', async () => {
      const session = await open()
      const { tags, rows, status } = await session.send(
        `select 1 as n, true as yes, 1.50::numeric as d, 0.1::float8 as f, 9007199254740993::int8 as big,
          '2024-02-29 12:34:56.123456+00'::timestamptz at time zone 'UTC' as at, date '2024-02-29' as day,
          '{"a": [1]}'::jsonb as doc, '{"b":1}'::json as raw, '\\x00ff'::bytea as bytes, array[1,2] as list, null as none`,
      )
      expect(tags).toEqual(['SELECT 1'])
      expect(status).toBe('idle')
      expect(rows).toEqual([
        {
          n: '1',
          yes: 't',
          d: '1.50',
          f: '0.1',
          big: '9007199254740993',
          at: '2024-02-29 12:34:56.123456',
          day: '2024-02-29',
          doc: '{"a": [1]}',
          raw: '{"b":1}',
          bytes: '\\x00ff',
          list: '{1,2}',
          none: null,
        },
      ])
    })

    it('gives every tag of a message with many statements, and the rows of the last that has any', async () => {
      const session = await open()
      const { tags, rows } = await session.send(
        `create table public.t (n int); insert into public.t values (1), (2); update public.t set n = n + 1;
        select n from public.t order by n; select count(*) as c from public.t; delete from public.t;
        select 'x' as last; set work_mem = '4MB'`,
      )
      expect(tags).toEqual([
        'CREATE TABLE',
        'INSERT 0 2',
        'UPDATE 2',
        'SELECT 2',
        'SELECT 1',
        'DELETE 2',
        'SELECT 1',
        'SET',
      ])
      expect(rows).toEqual([{ last: 'x' }])
    })

    it('gives no rows when the last query found none', async () => {
      const session = await open()
      expect((await session.send('select 1 as a; select 2 as b where false')).rows).toEqual([])
      expect((await session.send('create table public.t ()')).rows).toEqual([])
    })

    it('answers messages without a statement', async () => {
      const session = await open()
      for (const text of ['', '   \n', ';;;', '-- a comment', '/* a /* nested */ one */'])
        expect(await session.send(text)).toEqual({ tags: [], rows: [], status: 'idle' })
      expect((await session.send('select 1 as n')).rows).toEqual([{ n: '1' }])
    })

    it('tells the transaction status after each message', async () => {
      const session = await open()
      expect((await session.send('begin')).status).toBe('open')
      expect((await session.send('select 1')).status).toBe('open')
      await statementError(session.send('select 1/0'))
      expect((await statementError(session.send('select 1'))).failure.sqlstate).toBe('25P02')
      const { tags, status } = await session.send('commit')
      expect({ tags, status }).toEqual({ tags: ['ROLLBACK'], status: 'idle' })
      expect((await session.send('begin; select 1; commit')).status).toBe('idle')
    })

    it('answers messages that were sent without waiting in their order, each its own', async () => {
      const session = await open()
      const asked = Array.from({ length: 300 }, (_, i) => session.send(`select ${i} as n`))
      const answers = await Promise.all(asked)
      expect(answers.map(({ rows }) => rows[0]?.['n'])).toEqual(asked.map((_, i) => String(i)))
    })

    it('gives a failure in the middle of such messages to the right one', async () => {
      const session = await open()
      const [first, failed, third, aborted, last] = await Promise.allSettled([
        session.send('create table public.t (n int); insert into public.t values (1)'),
        session.send('insert into public.t values (2); select nothing from nowhere'),
        session.send('begin; select n from public.t; select 1/0'),
        session.send('select 1'),
        session.send('rollback; select n from public.t'),
      ])
      expect(first).toMatchObject({ status: 'fulfilled', value: { tags: ['CREATE TABLE', 'INSERT 0 1'] } })
      expect(failed).toMatchObject({ reason: { failure: { sqlstate: '42P01' }, completed: ['INSERT 0 1'] } })
      expect(third).toMatchObject({
        reason: { failure: { sqlstate: '22012' }, completed: ['BEGIN', 'SELECT 1'] },
      })
      expect(aborted).toMatchObject({ reason: { failure: { sqlstate: '25P02' } } })
      expect(last).toMatchObject({ value: { rows: [{ n: '1' }], status: 'idle' } })
    })

    it('tells notices', async () => {
      const notices: Notice[] = []
      const session = await openSession(await database(), { onNotice: (notice) => notices.push(notice) })
      await session.send("do $$ begin raise notice 'hello é😀'; raise warning 'careful'; end $$")
      expect(notices).toEqual([
        { severity: 'NOTICE', message: 'hello é😀' },
        { severity: 'WARNING', message: 'careful' },
      ])
    })

    it('takes a huge message and gives a huge result', async () => {
      const session = await open()
      const long = 'é'.repeat(4_000_000)
      const { rows } = await session.send(
        `select length('${long}') as characters, repeat('ä', 1000000) as text`,
      )
      expect(rows[0]?.['characters']).toBe('4000000')
      expect(rows[0]?.['text']).toBe('ä'.repeat(1_000_000))
      const many = await session.send("select n, repeat('x', 100) as x from generate_series(1, 50000) n")
      expect(many.rows).toHaveLength(50_000)
      expect(many.rows.at(-1)).toEqual({ n: '50000', x: 'x'.repeat(100) })
    })
  })

  describe(`${adapter}: failures`, () => {
    it('counts the position in characters of the message', async () => {
      const session = await open()
      const text = "select 'é😀';\nselect nothing"
      const error = await statementError(session.send(text))
      expect(error.failure).toMatchObject({ sqlstate: '42703', severity: 'ERROR', position: 21 })
      expect([...text].slice(20).join('')).toBe('nothing')
    })

    it('names constraint, table, column, detail, hint and the stack of the server', async () => {
      const session = await open()
      await session.send(
        `create schema s; create table s.t (id int constraint "The Key" primary key, n int not null);
        create function s.fail() returns void language plpgsql as $$ begin raise 'odd' using hint = 'even'; end $$;
        insert into s.t values (1, 1)`,
      )
      const duplicate = await statementError(session.send('insert into s.t values (1, 1)'))
      expect(duplicate.failure).toMatchObject({
        sqlstate: '23505',
        schema: 's',
        table: 't',
        constraint: 'The Key',
        detail: 'Key (id)=(1) already exists.',
      })
      expect(duplicate.failure.position).toBeUndefined()
      const missing = await statementError(session.send('insert into s.t values (2, null)'))
      expect(missing.failure).toMatchObject({ sqlstate: '23502', column: 'n' })
      const raised = await statementError(session.send('select s.fail()'))
      expect(raised.failure).toMatchObject({ sqlstate: 'P0001', message: 'odd', hint: 'even' })
      expect(raised.failure.where).toContain('s.fail()')
    })

    it('lists the statements that completed, and takes them back with the message', async () => {
      const session = await open()
      const error = await statementError(
        session.send('create table public.t (); create table public.u (); select 1/0; select 2'),
      )
      expect(error.completed).toEqual(['CREATE TABLE', 'CREATE TABLE'])
      expect((await session.send("select to_regclass('public.t') as t")).rows).toEqual([{ t: null }])
    })

    it('runs nothing of a message with a syntax error', async () => {
      const session = await open()
      const error = await statementError(session.send('create table public.t (); commit; selec 1'))
      expect(error.failure.sqlstate).toBe('42601')
      expect(error.completed).toEqual([])
      expect((await session.send("select to_regclass('public.t') as t")).rows).toEqual([{ t: null }])
    })

    it('does not lose an error behind COPY TO stdout', async () => {
      const session = await open()
      const copy = 'copy (select repeat(md5(n::text), 20) from generate_series(1, 5000) n) to stdout'
      expect((await session.send(copy)).tags).toEqual(['COPY 5000'])
      const error = await statementError(session.send(`${copy}; select 1/0`))
      expect(error.failure.sqlstate).toBe('22012')
      expect(error.completed).toEqual(['COPY 5000'])
      expect((await session.send('select 1 as n')).rows).toEqual([{ n: '1' }])
    })
  })

  describe(`${adapter}: the end`, () => {
    it('rejects everything after close(), which may be called twice', async () => {
      const session = await open()
      await session.close()
      await session.close()
      expect(await rejection(session.send('select 1'))).toMatchObject({ code: 'SESSION_LOST' })
    })

    it('lets nothing hang that was sent before close()', async () => {
      const session = await open()
      const pending = Promise.allSettled([session.send('select pg_sleep(0.2)'), session.send('select 1')])
      await session.close()
      expect(await pending).toHaveLength(2)
    })

    it('rejects everything after destroy() with its reason, also what is on its way', async () => {
      const session = await open()
      const pending = Promise.allSettled([session.send('select pg_sleep(0.5)'), session.send('select 1')])
      session.destroy('enough of it')
      const lost = { code: 'SESSION_LOST', facts: { reason: 'enough of it' } }
      expect((await pending)[1]).toMatchObject({ reason: lost })
      expect(await rejection(session.send('select 1'))).toMatchObject(lost)
    })
  })
}
