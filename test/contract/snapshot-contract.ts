import { describe, expect, it } from 'vitest'
import { createSnapshotReader } from '../../src/adapters/postgres/catalog/reader.ts'
import type { CatalogSnapshot } from '../../src/core/catalog.ts'
import type { Database, Session } from '../../src/ports.ts'
import { openSession, statementError } from '../support/session.ts'

const reader = createSnapshotReader({ historySchema: 'sqlmig' })

const ODD_SETTINGS = {
  search_path: 'app, public',
  standard_conforming_strings: 'off',
  quote_all_identifiers: 'on',
  TimeZone: 'Asia/Kolkata',
  DateStyle: 'German, DMY',
  IntervalStyle: 'sql_standard',
  extra_float_digits: '-5',
  bytea_output: 'escape',
  row_security: 'off',
  statement_timeout: '1h',
  plan_cache_mode: 'force_custom_plan',
}

const SCHEMA = `create schema app;
  create table app.users (id int primary key, email text not null default 'x', check (email <> ''));
  create index users_email on app.users (email);
  comment on table app.users is 'who';
  create view app.v as select id from app.users;
  create schema sqlmig; create table sqlmig.history (id int)`

/** One object of each kind that most databases have none of, as far as an extension or another server is not needed for it. */
const FIRSTS: ReadonlyArray<{ key: string; make: string; take: string }> = [
  ['domain public.d', 'create domain d as int', 'drop domain d'],
  ['view public.v', 'create view v as select 1 as one', 'drop view v'],
  ['rule public.v.r', 'create rule r as on insert to v do instead nothing', 'drop rule r on v'],
  ['materialized-view public.m', 'create materialized view m as select 1 as one', 'drop materialized view m'],
  [
    'aggregate public.a(integer)',
    'create aggregate a(int) (sfunc = int4pl, stype = int)',
    'drop aggregate a(int)',
  ],
  [
    'access-method am',
    'create access method am type table handler heap_tableam_handler',
    'drop access method am',
  ],
  ['type public.pair', 'create type pair as (x int)', 'drop type pair'],
  ['cast public.pair AS text', 'create cast (pair as text) with inout', 'drop cast (pair as text)'],
  ['collation public.c', 'create collation c from "C"', 'drop collation c'],
  [
    'conversion public.k',
    "create conversion k for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8",
    'drop conversion k',
  ],
  [
    'default-privileges FOR ROLE postgres ON TABLES',
    'alter default privileges grant select on tables to public',
    'alter default privileges revoke select on tables from public',
  ],
  [
    'function public.e()',
    "create function e() returns event_trigger language plpgsql as 'begin end'",
    'drop function e()',
  ],
  [
    'event-trigger t',
    'create event trigger t on ddl_command_end execute function e()',
    'drop event trigger t',
  ],
  ['foreign-data-wrapper w', 'create foreign data wrapper w', 'drop foreign data wrapper w'],
  ['server s', 'create server s foreign data wrapper w', 'drop server s'],
  [
    'user-mapping PUBLIC SERVER s',
    'create user mapping for public server s',
    'drop user mapping for public server s',
  ],
  ['foreign-table public.f', 'create foreign table f (id int) server s', 'drop foreign table f'],
  [
    'language l',
    'create language l handler plpgsql_call_handler inline plpgsql_inline_handler validator plpgsql_validator',
    'drop language l',
  ],
  ['large-object 4711', 'select lo_create(4711)', 'select lo_unlink(4711)'],
  [
    'operator public.=+=(integer, integer)',
    'create operator =+= (function = int4eq, leftarg = int, rightarg = int)',
    'drop operator =+= (int, int)',
  ],
  [
    'operator-family public.o USING btree',
    'create operator family o using btree',
    'drop operator family o using btree',
  ],
  [
    'operator-class public.oc USING btree',
    'create operator class oc for type int using btree family o as function 1 btint4cmp(int, int)',
    'drop operator class oc using btree',
  ],
  ['table public.tab', 'create table tab (id int, other int)', 'drop table tab'],
  ['policy public.tab.p', 'create policy p on tab', 'drop policy p on tab'],
  ['publication pub', 'create publication pub for table tab', 'drop publication pub'],
  ['statistics public.st', 'create statistics st on id, other from tab', 'drop statistics st'],
  [
    'text-search-dictionary public.td',
    'create text search dictionary td (template = simple)',
    'drop text search dictionary td',
  ],
].map(([key = '', make = '', take = '']) => ({ key, make, take }))

function set(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `set ${name} = ${name === 'search_path' ? value : `'${value}'`}`)
    .join('; ')
}

async function show(session: Session): Promise<Record<string, string | null | undefined>> {
  const values: Record<string, string | null | undefined> = {}
  for (const name of [...Object.keys(ODD_SETTINGS), 'session_authorization', 'role', 'lock_timeout', 'jit'])
    values[name] = Object.values((await session.send(`show ${name}`)).rows[0] ?? {})[0]
  values['history'] = (
    await session.send("select current_setting('sqlmig.history_schema', true) as value")
  ).rows[0]?.['value']
  return values
}

/** What differs between two snapshots, by the keys of the objects. */
function changes(before: CatalogSnapshot, after: CatalogSnapshot): string[] {
  return [...new Set([...before.hashes.keys(), ...after.hashes.keys()])]
    .filter((key) => before.hashes.get(key) !== after.hashes.get(key))
    .filter((key) => !isShared(key))
    .sort()
}

/** Roles belong to the whole server, and other tests make and drop some at the same time. */
function isShared(key: string): boolean {
  return key.startsWith('role ')
}

/** The very same object, unless a role came or went. */
function expectSame(after: CatalogSnapshot, before: CatalogSnapshot): void {
  const roles = ({ hashes }: CatalogSnapshot) => [...hashes].filter(([key]) => isShared(key)).sort()
  if (JSON.stringify(roles(after)) === JSON.stringify(roles(before))) expect(after).toBe(before)
  else expect(changes(before, after)).toEqual([])
}

/** How the reader of every database sees the catalog. */
export function describeCatalogSnapshots(adapter: string, database: () => Promise<Database>): void {
  async function setUp(): Promise<{ session: Session; before: CatalogSnapshot }> {
    const session = await openSession(await database())
    await session.send(SCHEMA)
    return { session, before: await reader.catalog(session, undefined, 'none') }
  }

  describe(`${adapter}: the catalog`, () => {
    it('is read with the names, parents and facts of its objects', async () => {
      const { before } = await setUp()
      expect([...before.objects.keys()]).toEqual(
        expect.arrayContaining([
          'schema app',
          'table app.users',
          'column app.users.email',
          'constraint app.users.users_pkey',
          'constraint app.users.users_email_check',
          'index app.users_email',
          'view app.v',
        ]),
      )
      expect(before.objects.get('table app.users')).toMatchObject({
        kind: 'table',
        facts: { comment: 'who' },
      })
      expect(before.objects.get('index app.users_email')?.parent).toBe('table app.users')
      expect([...before.hashes.keys()]).toEqual([...before.objects.keys()])
    })

    it('has texts and lists of texts for facts, and names no history', async () => {
      const { before } = await setUp()
      for (const object of before.objects.values())
        for (const fact of Object.values(object.facts))
          expect([fact].flat().every((text) => typeof text === 'string')).toBe(true)
      expect([...before.objects.keys()].filter((key) => / (sqlmig$|sqlmig\.)/.test(key))).toEqual([])
    })

    it('is the very same object while nothing changes, also after a reset of the session', async () => {
      const { session, before } = await setUp()
      expectSame(await reader.catalog(session, before, 'none'), before)
      await session.send(session.resetStatements)
      expectSame(await reader.catalog(session, before, 'none'), before)
    })

    it('equals a full read when only the difference was read, with untouched objects kept', async () => {
      const { session, before } = await setUp()
      await session.send(`drop index app.users_email; alter table app.users add note text;
        comment on table app.users is 'whoever'; create type app.mood as enum ('good')`)
      const after = await reader.catalog(session, before, 'none')
      const full = await reader.catalog(session, undefined, 'none')
      expect(changes(after, full)).toEqual([])
      expect([...after.objects.keys()].sort()).toEqual([...after.hashes.keys()].sort())
      for (const [key, object] of after.objects)
        if (!isShared(key)) expect(object).toEqual(full.objects.get(key))
      expect(after.objects.get('view app.v')).toBe(before.objects.get('view app.v'))
      expect(changes(before, after)).toEqual([
        'column app.users.note',
        'index app.users_email',
        'table app.users',
        'type app.mood',
      ])
      expect(before.objects.has('index app.users_email')).toBe(true)
    })

    it('sees the first object of a kind come, and the last one go', async () => {
      const session = await openSession(await database())
      const empty = await reader.catalog(session, undefined, 'none')
      await session.send('set search_path = public')
      await session.send(FIRSTS.map(({ make }) => make).join('; '))
      const full = await reader.catalog(session, empty, 'none')
      const came = changes(empty, full)
      expect(FIRSTS.map(({ key }) => key).filter((key) => !came.includes(key))).toEqual([])
      expect(changes(full, await reader.catalog(session, undefined, 'none'))).toEqual([])
      await session.send(
        FIRSTS.map(({ take }) => take)
          .reverse()
          .join('; '),
      )
      expect(changes(empty, await reader.catalog(session, full, 'none'))).toEqual([])
    })

    it('lets several reads of one session be asked for at once', async () => {
      const { session, before } = await setUp()
      await session.send("insert into app.users values (1, 'a')")
      const [catalog, data, again] = await Promise.all([
        reader.catalog(session, before, 'none'),
        reader.data(session, [], 'none'),
        reader.catalog(session, undefined, 'none'),
      ])
      expect([...data.keys()]).toEqual(['app.users'])
      expect(changes(before, catalog)).toEqual([])
      expect(changes(before, again)).toEqual([])
    })

    it('comes back to equal hashes when everything is made again in another order', async () => {
      const { session, before } = await setUp()
      await session.send('drop schema app cascade')
      const dropped = await reader.catalog(session, before, 'none')
      expect([...dropped.objects.keys()].filter((key) => / (app$|app\.)/.test(key))).toEqual([])
      await session.send(SCHEMA.replace(/create schema sqlmig.*/s, ''))
      expect(changes(before, await reader.catalog(session, dropped, 'none'))).toEqual([])
      expectSame(await reader.catalog(session, before, 'none'), before)
    })

    it('is read under its own settings, whatever those of the session are, and leaves them alone', async () => {
      const { session, before } = await setUp()
      await session.send(`deallocate all; ${set(ODD_SETTINGS)}`)
      const settings = await show(session)
      expectSame(await reader.catalog(session, before, 'none'), before)
      expect(await show(session)).toEqual(settings)
      await session.send('begin')
      expectSame(await reader.catalog(session, before, 'open'), before)
      expect(await show(session)).toEqual(settings)
      await session.send(`rollback; ${session.resetStatements}`)
    })
  })

  describe(`${adapter}: the catalog in an open transaction`, () => {
    it('shows what is not committed, and leaves transaction, role and settings as they were', async () => {
      const { session, before } = await setUp()
      await session.send(`deallocate all; begin; set local timezone = 'Asia/Kolkata'; set local role pg_monitor;
        declare c cursor for select 1 as one; savepoint mine; reset role; create table app.t (); set role pg_monitor`)
      const settings = await show(session)
      const after = await reader.catalog(session, before, 'open')
      expect(changes(before, after)).toEqual(['table app.t'])
      expectSame(await reader.catalog(session, after, 'open'), after)
      expect(await show(session)).toEqual(settings)
      expect((await session.send('fetch next from c')).rows).toEqual([{ one: '1' }])
      expect((await session.send('rollback to savepoint mine')).status).toBe('open')
      expectSame(await reader.catalog(session, before, 'open'), before)
      await session.send('rollback')
      expect(changes(before, await reader.catalog(session, after, 'none'))).toEqual([])
    })

    it('is not deceived by temporary tables named like those of the catalog', async () => {
      const { session, before } = await setUp()
      await session.send(
        'begin; create temp table pg_class (oid oid); create temp table pg_namespace (oid oid)',
      )
      expectSame(await reader.catalog(session, before, 'open'), before)
      await session.send('rollback')
    })

    it('fails in a transaction that has failed, and leaves the session usable', async () => {
      const { session, before } = await setUp()
      await session.send('begin')
      await statementError(session.send('select 1/0'))
      const error = await statementError(reader.catalog(session, before, 'open'))
      expect(error.failure.sqlstate).toBe('25P02')
      await session.send('rollback')
      expectSame(await reader.catalog(session, before, 'none'), before)
    })
  })
}
