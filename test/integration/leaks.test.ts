import { describe, expect, it } from 'vitest'
import { createRole } from '../support/database.ts'
import { createProject, historyOf, isQuiet, pair, snapshot, tablePair } from '../support/sqlmig.ts'

/** The second file writes down what it sees of the first. */
const witness = `create table public.seen as select current_setting('search_path') as search_path, current_user::text as who,
  session_user::text as session, current_setting('statement_timeout') as statement_timeout, current_setting('lock_timeout') as lock_timeout,
  current_setting('standard_conforming_strings') as scs, current_setting('session_replication_role') as replication,
  current_setting('TimeZone') as zone, current_setting('transaction_read_only') as read_only,
  current_setting('transaction_isolation') as isolation, current_setting('client_encoding') as encoding,
  current_setting('work_mem') as work_mem, coalesce(current_setting('my.own', true), '') as own,
  (select count(*)::int from pg_prepared_statements) as prepared, (select count(*)::int from pg_cursors) as cursors,
  (select count(*)::int from pg_listening_channels()) as channels,
  (select count(*)::int from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as advisory_locks,
  to_regclass('pg_temp.leftover')::text as temp;
`

async function seenAfter(first: string | undefined, transactions: 'each' | 'single') {
  const project = await createProject({
    ...pair('001_first', first ?? 'select 1;\n', 'select 1;\n'),
    ...pair('002_second', witness, 'drop table public.seen;\n'),
  })
  const report = await project.sqlmig.up({ transactions })
  expect(report.error).toBeUndefined()
  expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002'])
  expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  const { events = [] } = await project.sqlmig.history()
  expect(new Set(events.map(({ actor }) => actor))).toEqual(new Set(['postgres']))
  expect(await isQuiet(project.db.sql)).toBe(true)
  const [row] = await project.db.sql`select * from public.seen`
  return row
}

const settings: ReadonlyArray<readonly [string, string]> = [
  ['search_path', "set search_path = 'nowhere'"],
  ['statement_timeout', "set statement_timeout = '1ms'"],
  ['lock_timeout', "set lock_timeout = '1ms'"],
  ['idle_in_transaction_session_timeout', "set idle_in_transaction_session_timeout = '1s'"],
  ['standard_conforming_strings', 'set standard_conforming_strings = off'],
  ['session_replication_role', 'set session_replication_role = replica'],
  ['time zone', "set timezone = 'Asia/Tokyo'"],
  ['read only', 'set default_transaction_read_only = on'],
  ['isolation', "set default_transaction_isolation = 'serializable'"],
  [
    'session characteristics',
    'set session characteristics as transaction isolation level serializable, read only',
  ],
  ['client_encoding', "set client_encoding = 'LATIN1'"],
  ['a setting of its own', "set my.own = 'x'; set work_mem = '12MB'"],
  ['set_config', "select set_config('search_path', 'nowhere', false)"],
  ['a temporary table', 'create temp table leftover (n int); insert into leftover values (1)'],
  ['a prepared statement', 'prepare left_over as select 1'],
  ['a cursor', 'declare left_over cursor with hold for select 1'],
  ['LISTEN', 'listen somewhere'],
]

describe.each(['each', 'single'] as const)('with transactions: %s, the next file sees nothing of', (mode) => {
  it('anything of these', async () => {
    const clean = await seenAfter(undefined, mode)
    expect(clean).toMatchObject({ lock_timeout: '5s', statement_timeout: '0', who: 'postgres', prepared: 0 })
    for (const [what, sql] of settings)
      expect({ what, seen: await seenAfter(`${sql};\n`, mode) }).toEqual({ what, seen: clean })
  })

  it.each(['set role', 'set session authorization', 'set local role'])('%s', async (statement) => {
    const role = await createRole()
    const clean = await seenAfter(undefined, mode)
    expect(await seenAfter(`${statement} "${role.name}";\n`, mode)).toEqual(clean)
  })
})

describe('the next file sees nothing of', () => {
  it.each([
    ['an advisory lock', 'select pg_advisory_lock(7)'],
    ['one that was taken twice', 'select pg_advisory_lock(7), pg_advisory_lock(7), pg_advisory_lock(7)'],
    [
      'shared and two-key locks',
      'select pg_advisory_lock_shared(-1), pg_advisory_lock(-1, -2), pg_advisory_lock_shared(3, 4)',
    ],
  ])('%s', async (_what, sql) => {
    const clean = await seenAfter(undefined, 'each')
    expect(clean?.['advisory_locks']).toBe(1)
    expect(await seenAfter(`${sql};\n`, 'each')).toEqual(clean)
  })
})

describe('non-ASCII text', () => {
  it('is kept as it is though the file changes the encoding', async () => {
    const project = await createProject(
      pair('001_a', "create table a (t text default 'é😀');\nset client_encoding = 'LATIN1';\n"),
    )
    const report = await project.sqlmig.up()
    expect(report.error).toBeUndefined()
    const [row] = await project.db.sql`select up_sql from sqlmig.history`
    expect(row?.['up_sql']).toContain('é😀')
  })
})

describe('a file that meddles with the history fails, and nothing has changed', () => {
  it.each([
    ['drops its schema', 'drop schema sqlmig cascade'],
    ['drops its table', 'drop table sqlmig.history'],
    ['renames its table', 'alter table sqlmig.history rename to elsewhere'],
    ['renames its schema', 'alter schema sqlmig rename to elsewhere'],
    [
      'adds a rule that swallows rows',
      'create rule nothing as on insert to sqlmig.history do instead nothing',
    ],
    [
      'adds a trigger that swallows rows',
      `create function swallow() returns trigger language plpgsql as $$ begin return null; end $$;
      create trigger swallow before insert on sqlmig.history for each row execute function swallow()`,
    ],
    [
      'adds a trigger that changes rows',
      `create function change() returns trigger language plpgsql as $$ begin new.name = 'other'; return new; end $$;
      create trigger change before insert on sqlmig.history for each row execute function change()`,
    ],
    [
      'adds a column that is needed',
      'alter table sqlmig.history add column more int not null default 1; alter table sqlmig.history alter more drop default',
    ],
    [
      'writes a row itself',
      "insert into sqlmig.history select 99, event, '099', name, gen_random_uuid(), statement_no, statements, transactional from sqlmig.history",
    ],
    ['makes the transaction read only', 'set transaction read only'],
    ['gives up the lock', 'select pg_advisory_unlock_all()'],
  ])('%s', async (_what, sql) => {
    const project = await createProject(tablePair('001_a'))
    await project.sqlmig.up()
    const before = await snapshot(project.db)
    const mark = await createProject({
      ...tablePair('001_a'),
      ...pair('002_b', `create table b ();\n${sql};\n`),
      ...tablePair('003_c'),
    })
    const report = await mark.with({ database: project.db.url }).up()
    expect(report.ok).toBe(false)
    expect(report.exitCode).toBe(1)
    expect(await snapshot(project.db)).toEqual(before)
    expect(await isQuiet(project.db.sql)).toBe(true)
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('LOCK_LOST names the file that gave up the lock', async () => {
    const project = await createProject(
      pair('001_a', 'create table a ();\nselect pg_advisory_unlock_all();\n'),
    )
    const report = await project.sqlmig.up()
    expect(report.error).toMatchObject({
      code: 'LOCK_LOST',
      message: expect.stringContaining('001_a.up.sql'),
    })
    expect(await historyOf(project.db)).toEqual([])
  })
})

describe('a file that drops schema public', () => {
  it('goes through, down and up again too, because the history is elsewhere', async () => {
    const project = await createProject({
      ...tablePair('001_a'),
      ...pair(
        '002_b',
        'drop schema public cascade;\ncreate schema public;\ncreate table public.b ();\n',
        'drop schema public cascade;\n',
      ),
    })
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
    expect(await project.sqlmig.down()).toMatchObject({ ok: true })
    expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002', 'reverted 002'])
  })
})
