import { type Case, changes } from './catalog-case.ts'

const TYPES: readonly Case[] = [
  {
    key: 'type app.mood',
    base: `create type app.mood as enum ('b', 'd')`,
    facts: { variant: 'enum', values: ['b', 'd'] },
    changes: changes([
      ['values', 'forth', ['b', "it's", 'd'], `alter type app.mood add value 'it''s' before 'd'`],
      ['values', 'forth', ['a', 'b', 'd'], `alter type app.mood add value 'a' before 'b'`],
      [
        'values',
        'forth',
        ['a', 'b', 'd', 'e', 'f'],
        `alter type app.mood add value 'a' before 'b'; alter type app.mood add value 'e'; alter type app.mood add value 'f'`,
      ],
      ['values', 'both', ['b', 'c'], `alter type app.mood rename value 'd' to 'c'`],
      ['values', 'none', ['d', 'b'], `drop type app.mood; create type app.mood as enum ('d', 'b')`],
      ['privileges', 'both', ['-PUBLIC=USAGE'], 'revoke usage on type app.mood from public'],
      ['comment', 'both', 'x', `comment on type app.mood is 'x'`],
      ['owner', 'both', 'pg_monitor', 'alter type app.mood owner to pg_monitor'],
    ]),
  },
  {
    key: 'type app.c',
    base: `create type app.c as (a numeric(3, 1), "B" text collate "C")`,
    facts: { variant: 'composite' },
    changes: changes([
      ['variant', 'none', 'enum', 'drop type app.c; create type app.c as enum ()'],
      ['comment', 'both', 'x', `comment on type app.c is 'x'`],
    ]),
  },
  { key: 'type app.e', base: 'create type app.e as ()', facts: { variant: 'composite' }, changes: [] },
  {
    key: 'type app.s',
    base: 'create type app.s',
    facts: { variant: 'shell' },
    changes: changes([['owner', 'both', 'pg_monitor', 'alter type app.s owner to pg_monitor']]),
  },
  {
    key: 'type app.r',
    base: 'create type app.r as range (subtype = text)',
    facts: { variant: 'range', subtype: 'text', multirange: 'app.r_multirange' },
    changes: changes([
      [
        'collation',
        'none',
        'pg_catalog."C"',
        'drop type app.r; create type app.r as range (subtype = text, collation = "C")',
      ],
      [
        'subtypeOpclass',
        'none',
        'pg_catalog.text_pattern_ops',
        'drop type app.r; create type app.r as range (subtype = text, subtype_opclass = text_pattern_ops)',
      ],
      [
        'multirange',
        'none',
        'app.many',
        'drop type app.r; create type app.r as range (subtype = text, multirange_type_name = app.many)',
      ],
      [
        'subtypeDiff',
        'none',
        'pg_catalog.float8mi',
        'drop type app.r; create type app.r as range (subtype = float8, subtype_diff = float8mi)',
      ],
    ]),
  },
  {
    key: 'type app.k',
    base: `create type app.k; create function app.canon(app.k) returns app.k language internal immutable strict as 'int4range_canonical';
      create type app.k as range (subtype = int4, canonical = app.canon)`,
    facts: { variant: 'range', subtype: 'integer', canonical: 'app.canon', multirange: 'app.k_multirange' },
    changes: [],
  },
]

const BASE_FUNCTIONS = `create type app.b;
  create function app.b_in(cstring) returns app.b language internal immutable strict as 'textin';
  create function app.b_out(app.b) returns cstring language internal immutable strict as 'textout';
  create function app.b_send(app.b) returns bytea language internal immutable strict as 'textsend'`

const BASE_TYPES: readonly Case[] = [
  {
    key: 'type app.b',
    base: `${BASE_FUNCTIONS}; create type app.b (input = app.b_in, output = app.b_out, send = app.b_send, storage = external)`,
    facts: {
      variant: 'base',
      input: 'app.b_in',
      output: 'app.b_out',
      send: 'app.b_send',
      storage: 'external',
    },
    changes: changes([
      ['storage', 'both', 'main', 'alter type app.b set (storage = main)'],
      [
        'typmod_in',
        'both',
        'pg_catalog.varchartypmodin',
        'alter type app.b set (typmod_in = varchartypmodin)',
      ],
      ['analyze', 'both', 'pg_catalog.range_typanalyze', 'alter type app.b set (analyze = range_typanalyze)'],
      [
        'category',
        'none',
        'X',
        `drop type app.b cascade; ${BASE_FUNCTIONS}; create type app.b (input = app.b_in, output = app.b_out, send = app.b_send,
          category = 'X', preferred = true, default = 'it''s', delimiter = ';', collatable = true, alignment = double, storage = extended)`,
      ],
      ['comment', 'both', 'x', `comment on type app.b is 'x'`],
    ]),
  },
  {
    key: 'type app.n',
    base: `create type app.n;
      create function app.n_in(cstring) returns app.n language internal immutable strict as 'int4in';
      create function app.n_out(app.n) returns cstring language internal immutable strict as 'int4out';
      create type app.n (input = app.n_in, output = app.n_out, internallength = 4, passedbyvalue)`,
    facts: {
      variant: 'base',
      input: 'app.n_in',
      output: 'app.n_out',
      internallength: '4',
      passedbyvalue: 'yes',
    },
    changes: [],
  },
]

const ELEMENTS: readonly Case[] = [
  {
    key: 'type app.pair',
    base: `create type app.pair;
      create function app.pair_in(cstring) returns app.pair language internal immutable strict as 'point_in';
      create function app.pair_out(app.pair) returns cstring language internal immutable strict as 'point_out';
      create type app.pair (input = app.pair_in, output = app.pair_out, internallength = 16, alignment = double, element = float8)`,
    facts: {
      variant: 'base',
      input: 'app.pair_in',
      output: 'app.pair_out',
      internallength: '16',
      alignment: 'double',
      element: 'double precision',
      subscript: 'pg_catalog.raw_array_subscript_handler',
    },
    changes: [],
  },
]

const DOMAINS: readonly Case[] = [
  {
    key: 'domain app.d',
    base: 'create domain app.d as varchar(3)',
    facts: { type: 'character varying(3)' },
    changes: changes([
      ['default', 'both', "'x'::character varying", `alter domain app.d set default 'x'`],
      ['notNull', 'both', 'yes', 'alter domain app.d set not null'],
      ['type', 'none', 'character varying(4)', 'drop domain app.d; create domain app.d as varchar(4)'],
      [
        'collation',
        'none',
        'pg_catalog."C"',
        'drop domain app.d; create domain app.d as varchar(3) collate "C"',
      ],
      ['privileges', 'both', ['-PUBLIC=USAGE'], 'revoke usage on domain app.d from public'],
      ['comment', 'both', 'x', `comment on domain app.d is 'x'`],
      ['owner', 'both', 'pg_monitor', 'alter domain app.d owner to pg_monitor'],
    ]),
  },
]

const CASTS: readonly Case[] = [
  {
    key: 'cast app.mood AS integer',
    base: `create type app.mood as enum ('a'); create function app.i(app.mood) returns int language sql as 'select 1';
      create cast (app.mood as int) with inout`,
    facts: { method: 'inout' },
    changes: changes([
      [
        'context',
        'none',
        'assignment',
        'drop cast (app.mood as int); create cast (app.mood as int) with inout as assignment',
      ],
      [
        'function',
        'none',
        'app.i(app.mood)',
        'drop cast (app.mood as int); create cast (app.mood as int) with function app.i(app.mood) as implicit',
      ],
      ['comment', 'both', 'x', `comment on cast (app.mood as int) is 'x'`],
    ]),
  },
]

const COLLATIONS: readonly Case[] = [
  {
    key: 'collation app.c',
    base: `create collation app.c (lc_collate = 'C', lc_ctype = 'POSIX')`,
    facts: { lcCollate: 'C', lcCtype: 'POSIX' },
    changes: changes([
      ['lcCtype', 'none', 'C', `drop collation app.c; create collation app.c (locale = 'C')`],
      ['comment', 'both', 'x', `comment on collation app.c is 'x'`],
      ['owner', 'both', 'pg_monitor', 'alter collation app.c owner to pg_monitor'],
    ]),
  },
  {
    key: 'collation app.icu',
    base: `create collation app.icu (provider = icu, locale = 'und')`,
    facts: { provider: 'icu', locale: 'und' },
    changes: changes([
      [
        'deterministic',
        'none',
        'no',
        `drop collation app.icu; create collation app.icu (provider = icu, locale = 'und', deterministic = false)`,
      ],
      [
        'locale',
        'none',
        'und-u-ks-level2',
        `drop collation app.icu; create collation app.icu (provider = icu, locale = 'und-u-ks-level2')`,
      ],
      [
        'rules',
        'none',
        '&V << w',
        `drop collation app.icu; create collation app.icu (provider = icu, locale = 'und', rules = '&V << w')`,
        16,
      ],
    ]),
  },
  {
    key: 'collation app.built_in',
    base: `create collation app.built_in (provider = builtin, locale = 'C.UTF-8')`,
    facts: { provider: 'builtin', locale: 'C.UTF-8' },
    changes: [],
    since: 17,
  },
]

/** Types, domains, casts and collations. */
export const TYPE_CASES: readonly Case[] = [
  ...TYPES,
  ...BASE_TYPES,
  ...ELEMENTS,
  ...DOMAINS,
  ...CASTS,
  ...COLLATIONS,
]
