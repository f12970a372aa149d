import { randomBytes } from 'node:crypto'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import type { Report, SqlmigConfig, SqlmigEvent } from '../../src/index.ts'
import { withConnection } from '../support/connect.ts'
import { createRole, createTestDatabase } from '../support/database.ts'
import { found, verdicts, walk } from '../support/roundtrip.ts'
import { pair, tablePair } from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const onServer = <T extends object>(query: string) =>
  withConnection(inject('serverUrl'), async (sql) => [...(await sql.unsafe<T[]>(query))])

const unique = () => `sqlmig_rt_${randomBytes(6).toString('hex')}`

describe('two round trips that make the same roles on one server', () => {
  /** A role, and a migration that goes on only when it is let go. */
  function held() {
    const [role, hold] = [unique(), unique()]
    const ends = new AbortController()
    onTestFinished(() => ends.abort())
    // A session on the server by whose name the first run knows that it has to wait; it is there before the run is.
    const holding = async () => {
      const url = new URL(inject('serverUrl'))
      url.searchParams.set('application_name', hold)
      await new Promise<void>((ready) => {
        void withConnection(url.href, async (sql) => {
          await sql`select 1`
          ready()
          await new Promise((end) => ends.signal.addEventListener('abort', end, { once: true }))
        })
      })
    }
    const wait = `do $$ begin while exists (select from pg_stat_activity where application_name = '${hold}') loop
      perform pg_sleep(0.05); perform pg_stat_clear_snapshot(); end loop; end $$;`
    const files = {
      ...pair('001_r', `create role ${role};\ncreate table r ();`, `drop table r;\ndrop role ${role};`),
      '002_b.up.sql': 'create table b ();',
      '002_b.down.sql': '-- sqlmig: no-transaction\ndrop table b;\ndrop table nope;',
      ...pair('003_w', `create table w ();\n${wait}`, 'drop table w;'),
    }
    const waiting = async () =>
      (await onServer(`select from pg_stat_activity where wait_event = 'PgSleep' and query like '%${hold}%'`))
        .length > 0
    return { files, holding, waiting, letGo: () => ends.abort(), role }
  }

  const places: ReadonlyArray<readonly [string, () => Promise<Partial<SqlmigConfig>>]> = [
    ['temporary databases beside one database', async () => ({ database: (await createTestDatabase()).url })],
    [
      'a database of its own',
      async () => ({ database: inject('serverUrl'), scratch: (await createTestDatabase()).url }),
    ],
  ]
  const both = places.flatMap(([a, first]) => places.map(([b, second]) => [a, b, first, second] as const))

  it.each(both)('run one after the other: in %s, and in %s', async (_, __, first, second) => {
    const { files, holding, waiting, letGo, role } = held()
    await holding()
    const one = walk(files, { mode: 'each' }, await first())
    await waitFor(waiting)
    const events: SqlmigEvent[] = []
    const onEvent = (event: SqlmigEvent) => void events.push(event)
    const other = walk(files, { mode: 'each' }, { ...(await second()), onEvent })
    await waitFor(async () => events.some(({ type }) => type === 'lock.waiting'))
    expect(events.filter(({ type }) => type === 'lock.waiting' || type === 'proof.started')).toEqual(
      events.flatMap((event) =>
        event.type === 'lock.waiting'
          ? [{ ...event, lock: 'roles', holder: expect.stringMatching(/process \d+.*sqlmig/) }]
          : [],
      ),
    )
    letGo()
    for (const report of [await one, await other]) {
      expect(found(report)).toEqual(['ROUNDTRIP_DOWN_FAILED 002_b.down.sql:3'])
      expect(verdicts(report)).toEqual(['001 passed', '002 failed', '003 passed', 'ladder not-walked'])
    }
    expect(await onServer(`select from pg_roles where rolname = '${role}'`)).toEqual([])
  })

  it('wait as long as they are to, until they are interrupted, or not at all without roles', async () => {
    const { files, holding, waiting, letGo } = held()
    await holding()
    const one = walk(files, { mode: 'each' })
    await waitFor(waiting)
    const refused = await walk(files, {}, { lockWait: '200ms' })
    expect(refused).toMatchObject({
      exitCode: 5,
      error: {
        code: 'LOCK_NOT_OBTAINED',
        message: expect.stringMatching(
          /^the lock on the roles of the server was not obtained .*held by process \d+/,
        ),
        hint: expect.stringContaining('--scratch docker'),
      },
    })
    const abort = new AbortController()
    const onEvent = ({ type }: SqlmigEvent) => type === 'lock.waiting' && abort.abort()
    expect(await walk(files, {}, { signal: abort.signal, onEvent })).toMatchObject({
      exitCode: 130,
      error: { code: 'INTERRUPTED', message: expect.stringContaining('roles of the server') },
    })
    expect(await walk(tablePair('001_a'), {}, { lockWait: 0 })).toMatchObject({ exitCode: 0 })
    letGo()
    expect((await one).error).toBeUndefined()
  })
})

describe('when what goes on beside fails', () => {
  const SLEEPERS = `(select count(*) from pg_stat_activity where usename = current_user and wait_event = 'PgSleep'
    and pid <> pg_backend_pid())`

  /** Divided, the batch has a database of its own. */
  const BATCH_APART = pair('099_n', '-- sqlmig: no-transaction\nselect 1;', 'select 1;')

  /** One of the databases of a run ends its session as soon as the others are asleep, for longer than a test may take. */
  async function fail(which: 'first' | 'other', others: number, mode: 'each' | 'both') {
    const db = await createTestDatabase()
    const role = await createRole({ attributes: 'createdb' })
    const first = `not exists (select from pg_database where datdba = current_user::regrole
      and oid < (select oid from pg_database where datname = current_database()))`
    const script = `do $$ begin
      if ${which === 'first' ? '' : 'not '}${first} then
        while ${SLEEPERS} < ${others} loop perform pg_sleep(0.05); perform pg_stat_clear_snapshot(); end loop;
        perform pg_terminate_backend(pg_backend_pid());
      end if;
      perform pg_sleep(300);
    end $$;`
    const files = Array.from({ length: 12 }, (_, i) => tablePair(`${String(i + 2).padStart(3, '0')}_t${i}`))
    const report: Report = await walk(
      Object.assign({}, ...files, pair('001_s', script, 'select 1;'), BATCH_APART),
      { mode },
      { database: role.urlFor(db) },
    )
    const left = await onServer(`select from pg_database where datdba = '${role.name}'::regrole`)
    const sessions = await onServer(`select from pg_stat_activity where usename = '${role.name}'`)
    return { report, left: [...left, ...sessions] }
  }

  it.each([
    ['the first lane', 'first', 1, 'each'],
    ['the second lane', 'other', 1, 'each'],
    ['one of two lanes and a batch', 'first', 2, 'both'],
  ] as const)('%s, the others are stopped at once and leave nothing', async (_, which, others, mode) => {
    const { report, left } = await fail(which, others, mode)
    expect(report).toMatchObject({ ok: false, exitCode: 1, error: { code: 'SESSION_LOST' } })
    expect(left).toEqual([])
  })
})
