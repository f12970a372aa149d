import { describe, expect, it } from 'vitest'
import { withConnection } from '../support/connect.ts'
import {
  createProject,
  errorCodes,
  historyOf,
  type Project,
  pair,
  snapshot,
  tablePair,
} from '../support/sqlmig.ts'

const echo = "create function echo() returns trigger language plpgsql as 'begin return new; end';"

/** Migrations that change the table into which their own row will go. */
const HOSTILE: ReadonlyArray<readonly [what: string, sql: string]> = [
  [
    'a trigger',
    `${echo} create trigger echo before insert on sqlmig.history for each row execute function echo();`,
  ],
  ['a rule', 'create rule quiet as on insert to sqlmig.history do also select 1;'],
  ['row security', 'alter table sqlmig.history enable row level security;'],
  ['a column', "alter table sqlmig.history add column note text default 'x';"],
  ['a trigger of ours less', 'alter table sqlmig.history disable trigger append_only_rows;'],
  [
    'another function behind our trigger',
    "create or replace function sqlmig.history_append_only() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as 'begin return old; end';",
  ],
  ['a right for everybody', 'grant insert, update, delete on sqlmig.history to public;'],
  [
    'another owner',
    'create role sqlmig_test_tamper; alter table sqlmig.history owner to sqlmig_test_tamper;',
  ],
  [
    'another table of that name',
    `alter table sqlmig.history rename to old; create table sqlmig.history (like sqlmig.old including all);`,
  ],
  ['another schema of that name', 'alter schema sqlmig rename to old; create schema sqlmig;'],
  ['no table at all', 'drop table sqlmig.history;'],
]

describe('a migration that changes the table of the history', () => {
  it.each(HOSTILE)('is taken back: %s', async (_what, sql) => {
    const project = await createProject({
      ...tablePair('001_a'),
      ...pair('002_b', `create table b (); ${sql}\n`, 'drop table b;\n'),
    })
    await project.sqlmig.up({ to: { kind: 'version', version: '001' } })
    const before = await snapshot(project.db)
    for (const transactions of ['each', 'single'] as const) {
      const report = await project.sqlmig.up({ transactions })
      expect(['HISTORY_UNTRUSTED', 'HISTORY_WRITE_FAILED']).toContain(report.error?.code)
      expect(report.ok).toBe(false)
      expect(await snapshot(project.db)).toEqual(before)
    }
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0, findings: [] })
  })

  it('may give others the right to read it', async () => {
    const project = await createProject({
      ...pair(
        '001_a',
        'create table a (); grant usage on schema sqlmig to public; grant select on sqlmig.history to public;\n',
      ),
      ...tablePair('002_b'),
      ...pair(
        '003_c',
        '-- sqlmig: no-transaction\ncreate table c ();\nrevoke select on sqlmig.history from public;\nselect 1;\n',
      ),
      ...tablePair('004_d'),
    })
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 0 })
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0, findings: [] })
  })

  it('stops what comes after it when it has no transaction', async () => {
    const project = await createProject({
      ...pair(
        '001_a',
        `-- sqlmig: no-transaction\ncreate table a ();\n${echo}\ncreate trigger echo before insert on sqlmig.history for each row execute function echo();\ncreate table b ();\n`,
      ),
    })
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'HISTORY_UNTRUSTED' } })
    expect(report.error?.message).toContain('it has the trigger echo, which calls public.echo()')
    expect(await project.db.sql`select to_regclass('public.b') as b`).toEqual([{ b: null }])
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 4 })
  })
})

async function applied(): Promise<Project> {
  const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b') })
  await project.sqlmig.up({ to: { kind: 'steps', count: 1 } })
  return project
}

describe('a table that was changed between two runs', () => {
  it.each([
    [
      'a trigger switched off',
      'alter table sqlmig.history disable trigger append_only_rows',
      'trigger-disabled',
    ],
    ['a column with a default', "alter table sqlmig.history add column extra text default 'x'", 'column'],
    ['row security', 'alter table sqlmig.history force row level security', 'row-security'],
  ])('stops every command, and verify says what it is: %s', async (_what, sql, problem) => {
    const project = await applied()
    await project.db.sql.unsafe(sql)
    const before = await snapshot(project.db)
    for (const command of ['verify', 'status', 'up', 'down', 'plan', 'history'] as const) {
      const report = await project.sqlmig[command]()
      expect([command, report.exitCode]).toEqual([command, 4])
      expect(report.findings).toMatchObject([
        {
          code: 'HISTORY_UNTRUSTED',
          severity: 'error',
          facts: { problem },
          object: { kind: 'table', name: 'sqlmig.history' },
        },
      ])
    }
    expect(await snapshot(project.db)).toEqual(before)
  })
})

describe('tables of other tools', () => {
  it.each([
    ['golang-migrate', 'version bigint primary key, dirty boolean not null'],
    ['Rails or dbmate', 'version varchar primary key'],
    ['Alembic', 'version_num varchar(32) not null'],
    ['Flyway', 'installed_rank int, version text, description text, type text, script text, checksum int'],
  ])('are named and left alone: %s', async (tool, columns) => {
    const project = await createProject({ ...tablePair('001_a') })
    await project.db.sql.unsafe(`create table public.log (${columns})`)
    const before = await snapshot(project.db)
    const other = project.with({ history: 'public.log' })
    for (const command of ['up', 'status', 'verify'] as const) {
      const report = await other[command]()
      expect(report).toMatchObject({ exitCode: 4, error: { code: 'HISTORY_FOREIGN' } })
      expect(report.error?.message).toContain(`it looks like the table of ${tool}`)
      expect(report.error?.hint).toContain('--history')
    }
    expect(await snapshot(project.db)).toEqual(before)
  })
})

describe('an event trigger that forbids to make tables', () => {
  it('is named with its function, and nothing is left', async () => {
    const project = await createProject({ ...tablePair('001_a') })
    await project.db.sql.unsafe(`create function public.fridays() returns event_trigger language plpgsql as
      $$ begin if tg_tag = 'CREATE TABLE' then raise exception 'no tables on Fridays'; end if; end $$;
      create event trigger no_fridays on ddl_command_start execute function public.fridays()`)
    const before = await snapshot(project.db)
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'HISTORY_NOT_MADE' } })
    expect(report.error?.message).toBe(
      'sqlmig.history could not be made: the event trigger no_fridays (function public.fridays()) refused it: no tables on Fridays (SQLSTATE P0001)',
    )
    expect(report.error?.hint).toContain('alter event trigger "no_fridays" disable;')
    expect(await project.db.sql`select to_regnamespace('sqlmig') as schema`).toEqual([{ schema: null }])
    expect(await snapshot(project.db)).toEqual(before)
  })
})

describe('operators and functions of others on the search path', () => {
  it('are never called', async () => {
    const project = await createProject({
      ...pair(
        '001_a',
        '-- sqlmig: no-transaction\ncreate table public.a ();\ncreate index concurrently on public.a ((1));\n',
        'drop table public.a;\n',
      ),
      ...pair(
        '002_b',
        'create table public.b (id int primary key deferrable initially deferred);\n',
        'drop table public.b;\n',
      ),
    })
    const { sql, name } = project.db
    await sql.unsafe(`create schema evil; create sequence evil.hits;
      ${[
        ['eq_oid', 'oid', 'oid', '=', 'oid'],
        ['eq_text', 'text', 'text', '=', 'text'],
        ['eq_varchar', 'varchar', 'varchar', '=', 'varchar'],
        ['eq_name', 'name', 'name', '=', 'name'],
        ['eq_char', '"char"', '"char"', '=', '"char"'],
        ['eq_int', 'int', 'int', '=', 'int'],
        ['ne_int', 'int', 'int', '<>', 'int'],
        ['gt_int', 'int', 'int', '>', 'int'],
        ['eq_int2', 'smallint', 'int', '=', 'smallint, int'],
        ['ne_name', 'name', 'text', '<>', 'name, text'],
        ['match', 'text', 'text', '~', 'text'],
      ]
        .map(
          ([name, left, right, operator]) => `
            create function evil.${name}(a ${left}, b ${right}) returns boolean language plpgsql as
              $$ begin perform pg_catalog.nextval('evil.hits'); return a operator(pg_catalog.${operator}) b; end $$;
            create operator evil.${operator} (leftarg = ${left}, rightarg = ${right}, function = evil.${name});`,
        )
        .join('\n')}
      ${[
        'lower(text)',
        'now()',
        'version()',
        'pg_backend_pid()',
        'set_config(text, text, boolean)',
        'obj_description(oid, name)',
        'clock_timestamp()',
        'pg_current_xact_id()',
      ]
        .map(
          (signature) =>
            `create function evil.${signature} returns text language plpgsql as $$ begin perform pg_catalog.nextval('evil.hits'); return null; end $$;`,
        )
        .join('\n')}
      create function public.eqv(varchar, varchar) returns boolean language plpgsql as $$ begin perform pg_catalog.nextval('evil.hits'); return true; end $$;
      create operator public.= (leftarg = varchar, rightarg = varchar, function = public.eqv);
      grant usage on schema evil to public; grant all on sequence evil.hits to public;
      alter database "${name}" set search_path = evil, public, pg_catalog`)
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 0 })
    for (const command of ['status', 'verify', 'history', 'plan', 'redo', 'down'] as const)
      expect([command, (await project.sqlmig[command]()).exitCode]).toEqual([command, 0])
    expect(await project.sqlmig.up({ transactions: 'single' })).toMatchObject({ exitCode: 0 })
    expect(await sql`select is_called from evil.hits`).toEqual([{ is_called: false }])
    expect((await historyOf(project.db)).length).toBeGreaterThan(4)
    // That they would be called by whoever is less careful.
    await withConnection(project.db.url, (careless) =>
      careless.unsafe("select 1 where 'a'::text = 'b'::text"),
    )
    expect(await sql`select is_called from evil.hits`).toEqual([{ is_called: true }])
    expect(errorCodes(await project.sqlmig.verify())).toEqual([])
  })
})
