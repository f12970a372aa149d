import { describe, expect, it } from 'vitest'
import { createHistoryTable } from '../../src/adapters/postgres/history-table.ts'
import type { Database, HistoryProblem, Session } from '../../src/ports.ts'
import { appliedRow, genesis } from '../support/history-row.ts'
import { errorCode, openSession, rejection } from '../support/session.ts'

const store = createHistoryTable({ location: { schema: 'sqlmig', table: 'history' }, toolVersion: '0.0.0' })

const copied =
  "create or replace function sqlmig.history_append_only() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as 'begin return old; end'"
const echo = "create function public.echo() returns trigger language plpgsql as 'begin return new; end'"

/** What somebody did to the table, and what the attestation calls it. */
const CHANGES: ReadonlyArray<readonly [what: string, sql: string, ...kinds: string[]]> = [
  [
    'a trigger',
    `${echo}; create trigger echo before insert on sqlmig.history for each row execute function public.echo()`,
    'trigger',
  ],
  [
    'a trigger that is switched off',
    `${echo}; create trigger echo before insert on sqlmig.history for each row execute function public.echo(); alter table sqlmig.history disable trigger echo`,
    'trigger',
  ],
  [
    'a constraint trigger',
    `${echo}; create constraint trigger echo after insert on sqlmig.history for each row execute function public.echo()`,
    'trigger',
  ],
  [
    'our trigger switched off',
    'alter table sqlmig.history disable trigger append_only_rows',
    'trigger-disabled',
  ],
  [
    'our trigger as an ordinary one',
    'alter table sqlmig.history enable trigger append_only_table',
    'trigger-disabled',
  ],
  ['our trigger dropped', 'drop trigger append_only_rows on sqlmig.history', 'trigger-missing'],
  [
    'our trigger renamed',
    'alter trigger append_only_rows on sqlmig.history rename to x',
    'trigger',
    'trigger-missing',
  ],
  [
    'our trigger for one column only',
    'drop trigger append_only_rows on sqlmig.history; create trigger append_only_rows before update of name or delete on sqlmig.history for each row execute function sqlmig.history_append_only(); alter table sqlmig.history enable always trigger append_only_rows',
    'guard',
  ],
  ['the body of our function', copied, 'guard', 'guard'],
  [
    'the settings of our function',
    'alter function sqlmig.history_append_only() reset search_path',
    'guard',
    'guard',
  ],
  [
    'the rights of our function',
    'alter function sqlmig.history_append_only() security definer',
    'guard',
    'guard',
  ],
  ['a rule', 'create rule quiet as on insert to sqlmig.history do also nothing', 'rule'],
  ['row security', 'alter table sqlmig.history enable row level security', 'row-security'],
  ['row security for the owner', 'alter table sqlmig.history force row level security', 'row-security'],
  ['a child', 'create table public.child () inherits (sqlmig.history)', 'inheritance'],
  ['an unlogged table', 'alter table sqlmig.history set unlogged', 'unlogged'],
  [
    'a column with a default',
    'alter table sqlmig.history add column extra text default pg_catalog.current_query()',
    'column',
  ],
  ['a column called in quotes', 'alter table sqlmig.history add column "a b" text', 'column'],
  ['another default', 'alter table sqlmig.history alter actor set default current_user', 'column-changed'],
  ['a NOT NULL that is gone', 'alter table sqlmig.history alter name drop not null', 'column-changed'],
  ['an identity that is gone', 'alter table sqlmig.history alter id drop identity', 'column-changed'],
  [
    'the chain free to fork',
    'alter table sqlmig.history drop constraint history_prev_hash_key',
    'index-missing',
  ],
  [
    'the chain free to fork until COMMIT',
    'alter table sqlmig.history drop constraint history_prev_hash_key, add unique (prev_hash) deferrable initially deferred',
    'index-missing',
    'constraint',
  ],
  ['a further index', 'create index on sqlmig.history (version)', 'constraint'],
  ['a CHECK that is gone', 'alter table sqlmig.history drop constraint history_event_check', 'check-missing'],
  ['a further CHECK', "alter table sqlmig.history add check (name <> 'x')", 'constraint'],
  [
    'a CHECK that calls a function',
    "create function public.f(text) returns boolean language sql as 'select true'; alter table sqlmig.history drop constraint history_event_check, add constraint history_event_check check (public.f(event))",
    'foreign-code',
  ],
  [
    'an index with a function',
    "create function public.g(text) returns text immutable language sql as 'select $1'; create index on sqlmig.history (public.g(name))",
    'foreign-code',
    'constraint',
  ],
  [
    'a default with a function',
    "create function public.d() returns timestamptz language sql as 'select now()'; alter table sqlmig.history alter finished_at set default public.d()",
    'foreign-code',
    'column-changed',
  ],
  [
    'a foreign key',
    'create table public.names (name text primary key); alter table sqlmig.history add foreign key (name) references public.names',
    'constraint',
  ],
  ['rows for everybody', 'grant insert on sqlmig.history to public', 'privilege'],
  ['a column for everybody', 'grant update (name) on sqlmig.history to public', 'privilege'],
]

/** What every database's history has to notice about its table. */
export function describeAttestation(adapter: string, database: () => Promise<Database>): void {
  const prepared = async (): Promise<{ session: Session; state: string }> => {
    const session = await openSession(await database())
    return { session, state: await store.prepare(session) }
  }
  const kinds = (problems: readonly HistoryProblem[] | undefined) => problems?.map(({ kind }) => kind)

  describe(`${adapter}: the attestation of the history`, () => {
    it('finds nothing about a table that is as it was made, and none where there is none', async () => {
      const session = await openSession(await database())
      expect(await store.attest(session)).toBeUndefined()
      const state = await store.prepare(session)
      expect(await store.attest(session)).toEqual({ problems: [], state })
      expect(await store.prepare(session)).toBe(state)
    })

    it('comes back with every row, and is the same for all', async () => {
      const { session, state } = await prepared()
      const first = appliedRow(genesis, { up: 'a', down: 'b' })
      const second = appliedRow(first.hash, { up: 'a', down: 'b' })
      for (const row of [first, second]) {
        const { rows } = await session.send(store.insert(row))
        expect(rows[0]?.['table_state']).toBe(state)
      }
    })

    it.each(CHANGES)('notices %s', async (_what, sql, ...expected) => {
      const { session, state } = await prepared()
      await session.send(sql)
      const found = await store.attest(session)
      expect(kinds(found?.problems)).toEqual(expected)
      expect(found?.state).not.toBe(state)
      const refused = await rejection(store.prepare(session))
      expect(refused).toMatchObject({ code: 'HISTORY_UNTRUSTED', exitCode: 4 })
      for (const { problem, hint } of found?.problems ?? []) {
        expect((refused as Error).message).toContain(problem)
        expect(hint).not.toBe('')
      }
    })

    it('takes no notice of who may read, nor of a view', async () => {
      const { session } = await prepared()
      await session.send(
        'grant select on sqlmig.history to public; create view public.v as select * from sqlmig.history',
      )
      expect(await store.attest(session)).toMatchObject({ problems: [] })
    })

    it('does not read columns of other types, which could call functions', async () => {
      const { session } = await prepared()
      await session.send(
        'create domain public.word as text; alter table sqlmig.history alter client type public.word',
      )
      expect(await errorCode(store.read(session))).toBe('HISTORY_UNTRUSTED')
      expect(kinds((await store.attest(session))?.problems)).toEqual(['foreign-code', 'column-changed'])
    })

    it('makes the table without what default privileges give to others', async () => {
      const session = await openSession(await database())
      await session.send(`create schema sqlmig;
        alter default privileges in schema sqlmig grant all on tables to public;
        alter default privileges in schema sqlmig grant all on tables to pg_monitor`)
      await store.prepare(session)
      expect(await store.attest(session)).toMatchObject({ problems: [] })
      const { rows } = await session.send(`select string_agg(distinct g.privilege_type, ',') as left_over
        from pg_class c, aclexplode(c.relacl) g where c.oid = 'sqlmig.history'::regclass and g.grantee <> c.relowner`)
      expect(rows[0]?.['left_over']).toBe('SELECT')
    })
  })
}
