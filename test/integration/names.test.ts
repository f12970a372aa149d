import { describe, expect, it } from 'vitest'
import { databaseUrl } from '../support/connect.ts'
import { createRole, createTestDatabase } from '../support/database.ts'
import { migrationsFolder } from '../support/folder.ts'
import { openSession, postgresAt } from '../support/session.ts'
import { bindProject, catalogOf, createProject, historyOf, pair, tablePair } from '../support/sqlmig.ts'

const where = "create table made as select current_setting('search_path') as path;\n"

describe('the search path of migrations', () => {
  it('is what the database says, then the role, then the configuration', async () => {
    const role = await createRole()
    const project = await createProject(pair('001_made', where, 'drop table made;\n'))
    const mine = role.urlFor(project.db)
    await project.db.sql.unsafe(`
      create schema from_database; create schema from_role; create schema "From Config";
      grant all on schema from_database, from_role, "From Config" to "${role.name}";
      grant create on database "${project.db.name}" to "${role.name}"`)
    const home = async () => {
      expect((await project.with({ database: mine }).up()).error).toBeUndefined()
      const rows = await project.db.sql`select schemaname from pg_tables where tablename = 'made'`
      await project.with({ database: mine }).down()
      return rows[0]?.['schemaname']
    }
    await project.db.sql.unsafe(`alter database "${project.db.name}" set search_path = from_database, public`)
    expect(await home()).toBe('from_database')
    await project.db.sql.unsafe(`alter role "${role.name}" set search_path = from_role`)
    expect(await home()).toBe('from_role')
    const configured = project.with({ database: mine, searchPath: '"From Config", public' })
    expect(await configured.up()).toMatchObject({ ok: true })
    expect(await project.db.sql`select path from "From Config".made`).toMatchObject([
      { path: '"From Config", public' },
    ])
    expect(await configured.up({ dryRun: true })).toMatchObject({ steps: [] })
  })

  it('reaches both files of a single transaction and statements without one', async () => {
    const project = await createProject(
      {
        ...pair('001_one', 'create table one ();\nset search_path = nowhere;\n'),
        ...pair('002_two', 'create table two ();\n'),
      },
      { searchPath: 'app' },
    )
    await project.db.sql`create schema app`
    expect(await project.sqlmig.up({ transactions: 'single' })).toMatchObject({ ok: true })
    await project.sqlmig.down({ to: { kind: 'all' } })
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
    const rows = await project.db.sql`select count(*)::int as n from pg_tables where schemaname = 'app'`
    expect(rows).toMatchObject([{ n: 2 }])
  })

  it('of the user never reaches our own statements: a planted operator is not called', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b') })
    await project.db.sql.unsafe(`
      create schema evil; create table evil.hits (n int);
      create function evil.hit(text, text) returns boolean language plpgsql as $$ begin insert into evil.hits values (1); return true; end $$;
      create operator evil.= (leftarg = text, rightarg = text, function = evil.hit);
      create function evil.hit(bigint, bigint) returns boolean language plpgsql as $$ begin insert into evil.hits values (2); return true; end $$;
      create operator evil.= (leftarg = bigint, rightarg = bigint, function = evil.hit);
      create function evil.hit(oid, oid) returns boolean language plpgsql as $$ begin insert into evil.hits values (3); return true; end $$;
      create operator evil.= (leftarg = oid, rightarg = oid, function = evil.hit);
      create function evil.hit(name, text) returns boolean language plpgsql as $$ begin insert into evil.hits values (4); return true; end $$;
      create operator evil.= (leftarg = name, rightarg = text, function = evil.hit);
      create function evil.count(bigint) returns bigint language plpgsql as $$ begin insert into evil.hits values (5); return 1; end $$;
      alter database "${project.db.name}" set search_path = evil, pg_catalog, public`)
    for (const transactions of ['each', 'single'] as const) {
      expect(await project.sqlmig.up({ transactions })).toMatchObject({ ok: true })
      for (const command of ['status', 'verify', 'history'] as const) await project.sqlmig[command]()
      expect(await project.sqlmig.down({ to: { kind: 'all' } })).toMatchObject({ ok: true })
    }
    expect(await project.db.sql`select distinct n from evil.hits`).toEqual([])
  })
})

describe('odd names', () => {
  it('of database, role, history and tables are all right', async () => {
    const base = await createTestDatabase()
    const tail = base.name.slice(-8)
    const name = `Odd "database" 'é😀' % ${tail}`
    const quote = (text: string) => `"${text.replaceAll('"', '""')}"`
    await base.sql.unsafe(`create role ${quote(name)} login password 'pw'`)
    await base.sql.unsafe(`create database ${quote(name)} owner ${quote(name)} template template0`)
    const url = new URL(databaseUrl(base.url, name))
    url.username = encodeURIComponent(name)
    url.password = 'pw'
    const folder = await migrationsFolder(
      pair(
        '001_odd',
        'create schema "Größe ""x"""; create table "Größe ""x"""."表😀" ("SELECT" int);\n',
        'drop schema "Größe ""x""" cascade;\n',
      ),
    )
    try {
      const project = bindProject({ ...base, url: url.href }, folder, { history: "Größe'\\x.hi-story$$" })
      const report = await project.sqlmig.up()
      expect(report.error).toBeUndefined()
      expect(report.target).toMatchObject({ database: name, history: "Größe'\\x.hi-story$$" })
      expect((await project.sqlmig.history()).events?.[0]?.actor).toBe(name)
      expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
      expect(await project.sqlmig.down()).toMatchObject({ ok: true })
      const session = await openSession(postgresAt(url.href))
      const { rows } = await session.send(`select count(*) as n from "Größe'\\x"."hi-story$$"`)
      expect(rows).toEqual([{ n: '2' }])
      await session.close()
    } finally {
      await base.sql.unsafe(`drop database ${quote(name)} with (force)`)
      await base.sql.unsafe(`drop role ${quote(name)}`)
    }
  })
})

describe('objects of all kinds', () => {
  it('go up and down: domains, partitions, views, triggers, policies, ranges', async () => {
    const up = `create domain positive as int check (value > 0);
create type span as range (subtype = date);
create table events (id int, at date not null, n positive, primary key (id, at)) partition by range (at);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table events_rest partition of events default;
create index on events (n);
create materialized view totals as select at, count(*) from events group by at with no data;
create function touch() returns trigger language plpgsql as $$ begin return new; end; $$;
create trigger touched before update on events for each row execute function touch();
alter table events enable row level security;
create policy everyone on events using (true);
insert into events values (1, '2024-05-05', 3);
`
    const down = `drop materialized view totals; drop table events; drop function touch(); drop type span; drop domain positive;\n`
    const project = await createProject(pair('001_all', up, down))
    const before = await catalogOf(project.db.url)
    expect((await project.sqlmig.up()).error).toBeUndefined()
    expect(await project.sqlmig.down()).toMatchObject({ ok: true })
    expect(await catalogOf(project.db.url)).toEqual(before)
  })
})

describe('large files', () => {
  it('of 30 MB in one literal', async () => {
    const project = await createProject(
      pair('001_big', `create table big (t text);\ninsert into big values ('${'é'.repeat(15_000_000)}');\n`),
    )
    const report = await project.sqlmig.up()
    expect(report.error).toBeUndefined()
    expect(await project.db.sql`select length(t) as n from big`).toMatchObject([{ n: 15_000_000 }])
    expect(await historyOf(project.db)).toEqual(['applied 001'])
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  const line =
    "insert into big values (1, 'some text that makes a line of usual length, as a dump has them');\n"
  const count = 60_000

  it('of very many statements, and the place of an error in them', async () => {
    const project = await createProject(
      pair('001_big', `create table big (n int, t text);\n${line.repeat(count)}  select 1/0;\n`),
    )
    const report = await project.sqlmig.up()
    expect(report.error).toMatchObject({ sqlstate: '22012', location: { line: count + 2, column: 3 } })
    expect(await historyOf(project.db)).toEqual([])
  }, 120_000)

  it('of very many statements, with transaction control and unknown syntax in the last ones', async () => {
    const project = await createProject(
      pair(
        '001_big',
        `create table big (n int, t text);\n${line.repeat(count)}nonsense;\n/* é😀 */ commit;\n`,
      ),
    )
    const report = await project.sqlmig.up()
    expect(report.exitCode).toBe(4)
    expect(report.findings).toMatchObject([
      { code: 'TRANSACTION_CONTROL', location: { file: '001_big.up.sql', line: count + 3, column: 10 } },
    ])
  }, 120_000)
})
