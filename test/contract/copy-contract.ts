import { describe, expect, it } from 'vitest'
import type { Database, Session } from '../../src/ports.ts'
import { openSession, statementError } from '../support/session.ts'

const TABLE = 'create table public.t (a int primary key, b text)'
const COPY = 'copy public.t from stdin'

/** What every adapter of `Session` has to do with COPY. `database` gives an empty one to each test. */
export function describeCopy(adapter: string, database: () => Promise<Database>): void {
  const open = async (): Promise<Session> => {
    const session = await openSession(await database())
    await session.send(TABLE)
    return session
  }
  const rows = async (session: Session) =>
    (await session.send('select a, b from public.t order by a')).rows.map(({ a, b }) => `${a} ${b}`)

  describe(`${adapter}: COPY FROM stdin`, () => {
    it('loads the rows, however the data are cut', async () => {
      const session = await open()
      const answer = await session.sendCopy(COPY, ['1\t; commit;', ' --\n2', '', '\té\\n😀\n3\t\\N\n'])
      expect(answer).toEqual({ tags: ['COPY 3'], rows: [], status: 'idle' })
      expect(await rows(session)).toEqual(['1 ; commit; --', '2 é\n😀', '3 null'])
    })

    it('takes CSV, a list of columns and a header', async () => {
      const session = await open()
      const statement = 'COPY public.t (b, a) FROM STDIN WITH (FORMAT csv, HEADER true);'
      await session.sendCopy(statement, ['b,a\n"x\n""y""",1\n', ',2\n'])
      expect(await rows(session)).toEqual(['1 x\n"y"', '2 null'])
    })

    it('takes no data at all', async () => {
      const session = await open()
      expect((await session.sendCopy(COPY, [])).tags).toEqual(['COPY 0'])
    })

    it('belongs to the transaction that is open', async () => {
      const session = await open()
      await session.send('begin')
      expect((await session.sendCopy(COPY, ['1\tx\n'])).status).toBe('open')
      await session.send('rollback')
      expect(await rows(session)).toEqual([])
    })

    it.each([
      ['at the end', ['1\tx\nbad\ty\n'], 2],
      [
        'in the middle of the data',
        ['1\tx\n', '2\tx\nbad\ty\n', ...Array(200).fill(`3\t${'z'.repeat(50_000)}\n`)],
        3,
      ],
    ])('fails with the line of a bad row %s, and goes on', async (_where, data, line) => {
      const session = await open()
      const { failure, completed } = await statementError(session.sendCopy(COPY, data))
      expect(failure).toMatchObject({ sqlstate: '22P02', where: `COPY t, line ${line}, column a: "bad"` })
      expect(completed).toEqual([])
      expect(await rows(session)).toEqual([])
      expect((await session.sendCopy(COPY, ['4\tgood\n'])).tags).toEqual(['COPY 1'])
    })

    it('names the constraint that a row violates, and its line', async () => {
      const session = await open()
      const { failure } = await statementError(session.sendCopy(COPY, ['1\tx\n2\ty\n1\tz\n']))
      expect(failure).toMatchObject({ sqlstate: '23505', constraint: 't_pkey', where: 'COPY t, line 3' })
    })

    it('fails when the table is not there, before any data', async () => {
      const session = await open()
      const { failure } = await statementError(session.sendCopy('copy public.none from stdin', ['1\n']))
      expect(failure.sqlstate).toBe('42P01')
      expect((await session.send('select 1 as n')).rows).toEqual([{ n: '1' }])
    })

    it('fails when the data cannot be read to their end, and loads nothing', async () => {
      const session = await open()
      const broken = function* () {
        yield '1\tx\n'
        throw new Error('enough of it')
      }
      const { failure } = await statementError(session.sendCopy(COPY, broken()))
      expect(failure).toMatchObject({ sqlstate: '57014', message: 'COPY from stdin failed: enough of it' })
      expect(await rows(session)).toEqual([])
    })

    it('fails when the statement asks for no data', async () => {
      const session = await open()
      const error = await statementError(session.sendCopy('select 1', ['1\tx\n']))
      expect(error).toMatchObject({ failure: { sqlstate: '08P01' }, completed: ['SELECT 1'] })
      expect((await session.send('select 2 as n')).rows).toEqual([{ n: '2' }])
    })

    it('fails when it comes twice and has its data once', async () => {
      const session = await open()
      const { failure, completed } = await statementError(session.sendCopy(`${COPY}; ${COPY}`, ['1\tx\n']))
      expect(failure.message).toBe('COPY from stdin failed: the file holds no data for this statement')
      expect(completed).toEqual(['COPY 1'])
      expect(await rows(session)).toEqual([])
    })

    it.each(['copy public.t from stdin', 'COPY public.t FROM STDIN', 'copy public.t from stdout'])(
      'fails without data in a plain message: %s',
      async (statement) => {
        const session = await open()
        const error = await statementError(session.send(`select 1; ${statement}; select 2`))
        expect(error.failure.message).toBe(
          'COPY from stdin failed: the file holds no data for this statement',
        )
        expect(error.completed).toEqual(['SELECT 1'])
        expect(await rows(session)).toEqual([])
        expect((await session.send('select 1 as n')).status).toBe('idle')
      },
    )

    it('fails in a function and in a DO block', async () => {
      const session = await open()
      const { failure } = await statementError(
        session.send("do $$ begin execute 'copy public.t from stdin'; end $$"),
      )
      expect(failure.sqlstate).toBe('0A000')
      expect((await session.send('select 1 as n')).rows).toEqual([{ n: '1' }])
    })

    it('keeps its place among messages that were sent without waiting', async () => {
      const session = await open()
      const count = 'select count(*) as c from public.t'
      const sent = [
        session.send(count),
        session.sendCopy(
          COPY,
          Array.from({ length: 50 }, (_, n) => `${n}\t${'x'.repeat(10_000)}\n`),
        ),
        session.send(count),
        session.sendCopy(COPY, ['100\tx\n', 'bad\tx\n']),
        session.send(count),
        session.sendCopy(COPY, ['101\tx\n']),
        session.send(count),
        session.send('truncate public.t'),
        session.send(count),
      ]
      const last = sent[5]?.then(() => session.send('select 1 as c'))
      const settled = await Promise.allSettled(sent)
      expect(
        settled.map((one) =>
          one.status === 'rejected' ? 'failed' : (one.value.rows[0]?.['c'] ?? one.value.tags[0]),
        ),
      ).toEqual(['0', 'COPY 50', '50', 'failed', '50', 'COPY 1', '51', 'TRUNCATE TABLE', '0'])
      expect((await last)?.rows).toEqual([{ c: '1' }])
    })

    it('refuses binary data', async () => {
      const session = await open()
      const error = await statementError(
        session.sendCopy('copy public.t from stdin with (format binary)', ['x']),
      )
      expect(error.failure.sqlstate).toMatch(/^(?:57014|22P04)$/)
      expect((await session.send('select 1 as n')).rows).toEqual([{ n: '1' }])
    })
  })

  describe(`${adapter}: COPY TO stdout`, () => {
    it('of much data ends, and the error behind it is told', async () => {
      const session = await open()
      const copy = "copy (select repeat('x', 1000) from generate_series(1, 30000)) to stdout"
      expect((await session.send(`${copy}; select 1 as n`)).rows).toEqual([{ n: '1' }])
      const error = await statementError(session.send(`select 1; ${copy}; select 1/0; select 2`))
      expect(error).toMatchObject({ failure: { sqlstate: '22012' }, completed: ['SELECT 1', 'COPY 30000'] })
      expect((await session.send('select 1 as n')).rows).toEqual([{ n: '1' }])
    })
  })
}
