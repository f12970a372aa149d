import { describe, expect, it, onTestFinished } from 'vitest'
import type { Scratch, ScratchOptions, ScratchProvider, Session } from '../../src/ports.ts'
import { errorCode, openSession } from '../support/session.ts'

export function request(signal = new AbortController().signal): ScratchOptions {
  return { extensions: [], signal, more: true }
}

/** A provider that is closed with its test. */
export function whileTesting(provider: ScratchProvider): ScratchProvider {
  onTestFinished(() => provider.close())
  return provider
}

/** Everything that a migration can put into a database without a superuser's rights. */
const CONTENT = [
  'create schema app',
  'create table app.t (id serial primary key, at timestamptz default now())',
  "create type public.mood as enum ('sad', 'ok')",
  'create table public.u (m public.mood, t_id int references app.t)',
  'create view public.v as select * from public.u',
  'create materialized view public.mv as select count(*) from app.t',
  'create sequence public.s',
  "create function public.f(int) returns int language sql as 'select $1'",
  "create procedure public.p() language plpgsql as 'begin null; end'",
  'create aggregate public.total (int) (sfunc = int4pl, stype = int)',
  "create function public.touch() returns trigger language plpgsql as 'begin return new; end'",
  'create trigger touch before insert on public.u for each row execute function public.touch()',
  'create operator public.### (leftarg = int, rightarg = int, function = int4pl)',
  'create domain public.d as int check (value > 0)',
  'create collation public.c (locale = $$C$$)',
  'create text search configuration public.ts (copy = simple)',
  'create statistics public.st on id, at from app.t',
  'create publication pub for table public.u',
  'alter default privileges in schema public grant select on tables to public',
  'alter default privileges revoke execute on functions from public',
  // Before 15 it belongs to the superuser who made the server, in every database.
  `do $$ begin if pg_has_role((select nspowner from pg_namespace where nspname = 'public'), 'usage') then
    grant create on schema public to public; comment on schema public is 'changed'; end if; end $$`,
  "do $$ begin execute format('comment on database %I is %L', current_database(), 'changed'); end $$",
  "do $$ begin execute format('alter database %I set search_path = app', current_database()); end $$",
  'select lo_create(0)',
]

/** A row for everything that tells a database from a new one, apart from its name. */
const STATE = `select json_build_object(
    'relations', (select count(*) from pg_class where oid >= 16384 and relnamespace::regnamespace::text !~ '^pg_(toast_)?temp'),
    'schemas', (select json_agg(row(nspname, nspowner::regrole, nspacl, obj_description(oid)) order by nspname) from pg_namespace
      where nspname !~ '^pg_(toast_)?temp'),
    'types', (select count(*) from pg_type where oid >= 16384), 'functions', (select count(*) from pg_proc p
      where oid >= 16384 and not exists (select from pg_depend d where d.objid = p.oid and deptype = 'e')),
    'publications', (select count(*) from pg_publication), 'large', (select count(*) from pg_largeobject_metadata),
    'extensions', (select json_agg(extname order by extname) from pg_extension),
    'languages', (select json_agg(lanname order by lanname) from pg_language),
    'defaults', (select count(*) from pg_default_acl), 'event triggers', (select count(*) from pg_event_trigger),
    'settings', (select json_agg(setconfig) from pg_db_role_setting join pg_database d on d.oid = setdatabase
      where d.datname = current_database()),
    'database', (select json_agg(row(datdba::regrole, datacl, encoding, datcollate, datctype, datallowconn, datistemplate,
        shobj_description(oid, 'pg_database')))
      from pg_database where datname = current_database()))::text as state`

export async function stateOf(session: Session): Promise<unknown> {
  const { rows } = await session.send(STATE)
  return JSON.parse(rows[0]?.['state'] ?? '')
}

export async function fill(session: Session, statements: readonly string[] = CONTENT): Promise<void> {
  for (const statement of statements) await session.send(`set search_path = public; ${statement}`)
}

const count = async (scratch: Scratch) => {
  const session = await openSession(scratch)
  const { rows } = await session.send('select count(*)::text as n from pg_class where oid >= 16384')
  await session.close()
  return rows[0]?.['n']
}

/** What every maker of scratch databases has to do. */
export function describeScratch(adapter: string, make: () => Promise<ScratchProvider>): void {
  const provider = async () => whileTesting(await make())

  describe(`${adapter}: scratch databases`, () => {
    it('are empty, can be written to, and are as empty the next time', async () => {
      const made = await provider()
      const first = await made.create(request())
      const session = await openSession(first)
      const empty = await stateOf(session)
      await fill(session)
      expect(await stateOf(session)).not.toEqual(empty)
      await session.close()
      await first.drop()
      const second = await openSession(await made.create(request()))
      expect(await stateOf(second)).toEqual(empty)
    })

    it('keep what was written from one session to the next', async () => {
      const scratch = await (await provider()).create(request())
      const first = await openSession(scratch)
      await first.send('create table public.kept (); set datestyle = german')
      await first.send('begin; create table public.lost ()')
      await first.close()
      const second = await openSession(scratch)
      const { rows } = await second.send(
        `select relname::text as name, current_setting('datestyle') as style from pg_class where relname in ('kept', 'lost')`,
      )
      expect(rows).toEqual([{ name: 'kept', style: 'ISO, MDY' }])
    })

    it('are apart from each other', async (context) => {
      const made = await provider()
      context.skip(made.capacity < 2, 'it has one at a time')
      const [one, two] = await Promise.all([made.create(request()), made.create(request())])
      const session = await openSession(one)
      await session.send('create table public.t ()')
      expect(await count(two)).toBe('0')
      await one.drop()
      expect(await count(two)).toBe('0')
    })

    it('are dropped even while a session is in a transaction', async () => {
      const made = await provider()
      const scratch = await made.create(request())
      const session = await openSession(scratch)
      await session.send('begin; create table public.t ()')
      await scratch.drop()
      expect(await errorCode(session.send('select 1'))).toBe('SESSION_LOST')
      await scratch.drop()
      expect(await count(await made.create(request()))).toBe('0')
    })

    it('are not made for a run that was interrupted, and close() works all the same', async () => {
      const made = await provider()
      const abort = new AbortController()
      await made.create(request(abort.signal))
      abort.abort()
      await made.close()
      const other = await provider()
      expect(await errorCode(other.create(request(abort.signal)))).toBe('INTERRUPTED')
      await other.close()
      await other.close()
    })

    it('do not give a password away', async () => {
      const made = await provider()
      const scratch = await made.create(request())
      for (const text of [made.description, scratch.description]) expect(text).not.toMatch(/:[^:@\s]+@/)
    })
  })
}
