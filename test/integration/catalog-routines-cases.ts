import { type Case, changes, type Row } from './catalog-case.ts'

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

/** Functions, procedures and aggregates. */
export const ROUTINE_CASES: readonly Case[] = [
  aFunction,
  nativeFunction,
  libraryFunction,
  transformedFunction,
  outFunction,
  procedure,
  aggregate,
  ...otherAggregates,
]
