import type { ObjectKey } from '../../src/core/catalog.ts'

/** How a fact gets from its default to another value and back. */
export interface Change {
  readonly fact: string
  readonly sql: string
  /** The value afterwards; undefined where the fact goes. */
  readonly value: string | readonly string[] | undefined
  /** In which directions ALTER can do it; in others the object is made again. */
  readonly alter: 'both' | 'forth' | 'back' | 'none'
  readonly since?: number
}

/** An object in its plainest form, and what can be different about it. */
export interface Case {
  readonly key: ObjectKey
  readonly base: string
  /** All facts of the base but its owner, and the definition where it depends on the server's version. */
  readonly facts: Readonly<Record<string, string | readonly string[]>>
  readonly changes: readonly Change[]
  readonly since?: number
}

type Row = readonly [
  fact: string,
  alter: Change['alter'],
  value: Change['value'],
  sql: string,
  since?: number,
]

export function changes(rows: readonly Row[]): readonly Change[] {
  return rows.map(([fact, alter, value, sql, since]) => ({
    fact,
    alter,
    value,
    sql,
    ...(since && { since }),
  }))
}

const view: Case = {
  key: 'view app.v',
  base: 'create table app.t(id int, a text); create view app.v as select id, a from app.t',
  facts: { columns: ['id integer', 'a text'] },
  changes: changes([
    ['options', 'both', ['security_barrier=true'], 'alter view app.v set (security_barrier)'],
    ['options', 'both', ['check_option=local'], 'alter view app.v set (check_option = local)'],
    [
      'options',
      'both',
      ['security_invoker=on'],
      'create or replace view app.v with (security_invoker=on) as select id, a from app.t',
      15,
    ],
    [
      'columns',
      'forth',
      ['id integer', 'a text', 'c integer'],
      'create or replace view app.v as select id, a, id + 1 as c from app.t',
    ],
    [
      'columns',
      'none',
      ['id integer', 'a text COLLATE pg_catalog."C"'],
      'drop view app.v; create view app.v as select id, a collate "C" as a from app.t',
    ],
    ['owner', 'both', 'pg_monitor', 'alter view app.v owner to pg_monitor'],
    ['comment', 'both', 'it\'s "x"', `comment on view app.v is 'it''s "x"'`],
    ['privileges', 'both', ['+PUBLIC=SELECT'], 'grant select on app.v to public'],
  ]),
}

const materializedView: Case = {
  key: 'materialized-view app.m',
  base: `create materialized view app.m as select 1 as id, 'x'::text as a;
    create unique index m_i on app.m (id)`,
  facts: {
    columns: ['id integer', 'a text'],
    definition: "SELECT 1 AS id,\n    'x'::text AS a",
  },
  changes: changes([
    ['populated', 'both', 'no', 'refresh materialized view app.m with no data'],
    ['options', 'both', ['fillfactor=50'], 'alter materialized view app.m set (fillfactor = 50)'],
    [
      'toastOptions',
      'both',
      ['autovacuum_enabled=off'],
      'alter materialized view app.m set (toast.autovacuum_enabled = off)',
    ],
    ['cluster', 'both', 'm_i', 'alter materialized view app.m cluster on m_i'],
    [
      'dependsOnExtensions',
      'both',
      ['plpgsql'],
      'alter materialized view app.m depends on extension plpgsql',
    ],
    [
      'definition',
      'none',
      "SELECT 2 AS id,\n    'x'::text AS a",
      `drop materialized view app.m; create materialized view app.m as select 2 as id, 'x'::text as a; create unique index m_i on app.m (id)`,
    ],
    ['privileges', 'both', ['+pg_monitor=SELECT*'], 'grant select on app.m to pg_monitor with grant option'],
  ]),
}

const aFunction: Case = {
  key: 'function app.f(integer, text)',
  base: `create function app.f(a int, b text) returns setof int language sql as 'select a'`,
  facts: {
    arguments: ['a integer', 'b text'],
    returns: 'SETOF integer',
    language: 'sql',
    body: 'select a',
  },
  changes: changes([
    ['volatility', 'both', 'stable', 'alter function app.f stable'],
    ['volatility', 'both', 'immutable', 'alter function app.f immutable'],
    ['security', 'both', 'definer', 'alter function app.f security definer'],
    ['strict', 'both', 'yes', 'alter function app.f strict'],
    ['leakproof', 'both', 'yes', 'alter function app.f leakproof'],
    ['parallel', 'both', 'restricted', 'alter function app.f parallel restricted'],
    ['cost', 'both', '0.5', 'alter function app.f cost 0.5'],
    ['rows', 'both', '7', 'alter function app.f rows 7'],
    [
      'support',
      'both',
      'pg_catalog.generate_series_int4_support',
      'alter function app.f support pg_catalog.generate_series_int4_support',
    ],
    [
      'settings',
      'both',
      ['search_path=app, "$user", "Odd, name"', 'work_mem=1MB'],
      `alter function app.f set search_path = app, "$user", "Odd, name" set work_mem = '1MB'`,
    ],
    ['settings', 'both', ['search_path=""'], `alter function app.f set search_path = ''`],
    [
      'body',
      'both',
      "select 1 -- $$ $body$ '\\",
      `create or replace function app.f(a int, b text) returns setof int language sql as 'select 1 -- $$ $body$ ''\\'`,
    ],
    [
      'language',
      'both',
      'plpgsql',
      `create or replace function app.f(a int, b text) returns setof int language plpgsql as 'begin return; end'`,
    ],
    [
      'sqlBody',
      'both',
      'BEGIN ATOMIC\n SELECT 1;\nEND',
      'create or replace function app.f(a int, b text) returns setof int language sql begin atomic select 1; end',
    ],
    [
      'arguments',
      'forth',
      ['a integer', "b text DEFAULT ' DEFAULT '::text"],
      `create or replace function app.f(a int, b text default ' DEFAULT ') returns setof int language sql as 'select a'`,
    ],
    [
      'returns',
      'none',
      'TABLE("A" integer, b bigint)',
      `drop function app.f; create function app.f(a int, b text) returns table("A" int, b bigint) language sql as 'select 1, 2'`,
    ],
    ['dependsOnExtensions', 'both', ['plpgsql'], 'alter function app.f depends on extension plpgsql'],
    ['owner', 'both', 'pg_monitor', 'alter function app.f owner to pg_monitor'],
    ['privileges', 'both', ['-PUBLIC=EXECUTE'], 'revoke execute on function app.f from public'],
    ['comment', 'both', 'x', `comment on function app.f is 'x'`],
  ]),
}

const nativeFunction: Case = {
  key: 'function app."f("()',
  base: `create function app."f("() returns bigint language internal as 'window_row_number' window`,
  facts: { returns: 'bigint', language: 'internal', symbol: 'window_row_number', window: 'yes' },
  changes: changes([
    ['cost', 'both', '100', 'alter function app."f(" cost 100'],
    [
      'symbol',
      'both',
      'window_rank',
      `create or replace function app."f("() returns bigint language internal as 'window_rank' window`,
    ],
    [
      'window',
      'none',
      undefined,
      `drop function app."f("(); create function app."f("() returns bigint language internal as 'window_row_number'`,
    ],
  ]),
}

const libraryFunction: Case = {
  key: 'function app.c(oid)',
  base: `create function app.c(oid) returns void language c strict as '$libdir/plpgsql', 'plpgsql_validator'`,
  facts: {
    arguments: ['oid'],
    returns: 'void',
    language: 'c',
    strict: 'yes',
    file: '$libdir/plpgsql',
    symbol: 'plpgsql_validator',
  },
  changes: [],
}

const transformedFunction: Case = {
  key: 'function app.x(app.e)',
  base: `create type app.e as enum (); create transform for app.e language sql (from sql with function prsd_lextype(internal));
    create function app.x(app.e) returns int language sql as 'select 1'`,
  facts: { arguments: ['app.e'], returns: 'integer', language: 'sql', body: 'select 1' },
  changes: changes([
    [
      'transforms',
      'both',
      ['app.e'],
      `create or replace function app.x(app.e) returns int language sql transform for type app.e as 'select 1'`,
    ],
  ]),
}

const outFunction: Case = {
  key: 'function app.o(integer, text[])',
  base: `create function app.o(inout a int, out "B" text, variadic c text[] default '{x}') language sql as 'select 1, null::text'`,
  facts: {
    arguments: ['INOUT a integer', 'OUT "B" text', "VARIADIC c text[] DEFAULT '{x}'::text[]"],
    returns: 'record',
    language: 'sql',
    body: 'select 1, null::text',
  },
  changes: changes([['comment', 'both', 'x', `comment on function app.o is 'x'`]]),
}

const procedure: Case = {
  key: 'procedure app.p(integer)',
  base: `create procedure app.p(x int, out y int) language plpgsql as 'begin y := x; end'`,
  facts: { arguments: ['x integer', 'OUT y integer'], language: 'plpgsql', body: 'begin y := x; end' },
  changes: changes([
    ['security', 'both', 'definer', 'alter procedure app.p security definer'],
    ['settings', 'both', ['app.x=a b'], `alter procedure app.p set app.x = 'a b'`],
    [
      'body',
      'both',
      'begin end',
      `create or replace procedure app.p(x int, out y int) language plpgsql as 'begin end'`,
    ],
    ['privileges', 'both', ['-PUBLIC=EXECUTE'], 'revoke execute on procedure app.p from public'],
  ]),
}

function aggregateChange(fact: string, value: string, text: string): Row {
  return [
    fact,
    'both',
    value,
    `create or replace aggregate app.a(int) (sfunc = int4pl, stype = int, ${text})`,
  ]
}

const aggregate: Case = {
  key: 'aggregate app.a(integer)',
  base: 'create aggregate app.a(int) (sfunc = int4pl, stype = int)',
  facts: { arguments: 'integer', returns: 'integer', sfunc: 'pg_catalog.int4pl', stype: 'integer' },
  changes: changes([
    [
      'sfunc',
      'both',
      'pg_catalog.int4mi',
      'create or replace aggregate app.a(int) (sfunc = int4mi, stype = int)',
    ],
    [
      'returns',
      'none',
      'bigint',
      'drop aggregate app.a(int); create aggregate app.a(int) (sfunc = int4_sum, stype = int8)',
    ],
    aggregateChange('sspace', '10', 'sspace = 10'),
    aggregateChange('initcond', '3', `initcond = '3'`),
    aggregateChange('combinefunc', 'pg_catalog.int4larger', 'combinefunc = int4larger'),
    aggregateChange('finalfunc', 'pg_catalog.int4abs', 'finalfunc = int4abs'),
    aggregateChange('finalfunc_modify', 'read_write', 'finalfunc_modify = read_write'),
    aggregateChange('sortop', 'OPERATOR(pg_catalog.<)', 'sortop = operator(pg_catalog.<)'),
    aggregateChange('parallel', 'safe', 'parallel = safe'),
    aggregateChange(
      'msfunc',
      'pg_catalog.int4pl',
      'msfunc = int4pl, minvfunc = int4mi, mstype = int, msspace = 4',
    ),
    aggregateChange(
      'minitcond',
      '1',
      `msfunc = int4pl, minvfunc = int4mi, mstype = int, minitcond = '1', mfinalfunc = int4abs, mfinalfunc_modify = shareable`,
    ),
    ['privileges', 'both', ['-PUBLIC=EXECUTE'], 'revoke execute on function app.a(int) from public'],
    ['owner', 'both', 'pg_monitor', 'alter aggregate app.a(int) owner to pg_monitor'],
    ['comment', 'both', 'x', `comment on aggregate app.a(int) is 'x'`],
  ]),
}

const otherAggregates: readonly Case[] = [
  {
    key: 'aggregate app.c(*)',
    base: `create aggregate app.c(*) (sfunc = int8inc, stype = int8, initcond = '0')`,
    facts: { returns: 'bigint', sfunc: 'pg_catalog.int8inc', stype: 'bigint', initcond: '0' },
    changes: changes([
      [
        'initcond',
        'both',
        '1',
        `create or replace aggregate app.c(*) (sfunc = int8inc, stype = int8, initcond = '1')`,
      ],
      ['privileges', 'both', ['-PUBLIC=EXECUTE'], 'revoke execute on function app.c() from public'],
      ['comment', 'both', 'x', `comment on aggregate app.c(*) is 'x'`],
    ]),
  },
  {
    key: 'aggregate app.o(double precision, integer)',
    base: `create aggregate app.o(float8 order by int) (sfunc = ordered_set_transition, stype = internal,
      finalfunc = percentile_disc_final, finalfunc_extra)`,
    facts: {
      variant: 'ordered-set',
      arguments: 'double precision ORDER BY integer',
      returns: 'integer',
      sfunc: 'pg_catalog.ordered_set_transition',
      stype: 'internal',
      finalfunc: 'pg_catalog.percentile_disc_final',
      finalfunc_extra: 'yes',
    },
    changes: changes([['comment', 'both', 'x', `comment on aggregate app.o(float8 order by int) is 'x'`]]),
  },
  {
    key: 'aggregate app.h("any")',
    base: `create aggregate app.h(variadic "any" order by variadic "any") (sfunc = ordered_set_transition_multi, stype = internal,
      finalfunc = rank_final, finalfunc_extra, hypothetical)`,
    facts: {
      variant: 'hypothetical',
      arguments: 'VARIADIC "any" ORDER BY VARIADIC "any"',
      returns: 'bigint',
      sfunc: 'pg_catalog.ordered_set_transition_multi',
      stype: 'internal',
      finalfunc: 'pg_catalog.rank_final',
      finalfunc_extra: 'yes',
    },
    changes: changes([['owner', 'both', 'pg_monitor', 'alter routine app.h owner to pg_monitor']]),
  },
]

/** Views, functions, procedures and aggregates. */
export const ROUTINE_CASES: readonly Case[] = [
  view,
  materializedView,
  aFunction,
  nativeFunction,
  libraryFunction,
  transformedFunction,
  outFunction,
  procedure,
  aggregate,
  ...otherAggregates,
]
