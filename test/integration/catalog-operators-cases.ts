import { type Case, changes } from './catalog-case.ts'

const OPERATORS: readonly Case[] = [
  {
    key: 'operator app.<<<(integer, integer)',
    base: 'create operator app.<<< (leftarg = int, rightarg = int, function = int4lt)',
    facts: { function: 'pg_catalog.int4lt' },
    changes: changes([
      [
        'restrict',
        'both',
        'pg_catalog.scalarltsel',
        'alter operator app.<<< (int, int) set (restrict = scalarltsel)',
      ],
      [
        'join',
        'both',
        'pg_catalog.scalarltjoinsel',
        'alter operator app.<<< (int, int) set (join = scalarltjoinsel)',
      ],
      ['comment', 'both', 'x', `comment on operator app.<<< (int, int) is 'x'`],
      ['owner', 'both', 'pg_monitor', 'alter operator app.<<< (int, int) owner to pg_monitor'],
    ]),
  },
  {
    key: 'operator app.===(integer, integer)',
    base: `create operator app.=== (leftarg = int, rightarg = int, function = int4eq, commutator = operator(app.===),
      hashes, merges, restrict = eqsel, join = eqjoinsel)`,
    facts: {
      function: 'pg_catalog.int4eq',
      commutator: 'OPERATOR(app.===)',
      hashes: 'yes',
      merges: 'yes',
      restrict: 'pg_catalog.eqsel',
      join: 'pg_catalog.eqjoinsel',
    },
    changes: changes([
      [
        'commutator',
        'none',
        undefined,
        'drop operator app.=== (int, int); create operator app.=== (leftarg = int, rightarg = int, function = int4eq, hashes, restrict = eqsel, join = eqjoinsel)',
      ],
    ]),
  },
  {
    key: 'operator app.##(NONE, integer)',
    base: 'create operator app.## (rightarg = int, function = int4abs)',
    facts: { function: 'pg_catalog.int4abs' },
    changes: changes([
      [
        'function',
        'none',
        'pg_catalog.int4um',
        'drop operator app.## (none, int); create operator app.## (rightarg = int, function = int4um)',
      ],
      ['comment', 'both', 'x', `comment on operator app.## (none, int) is 'x'`],
    ]),
  },
  {
    key: 'operator app.>>>(integer, integer)',
    base: `create operator app.<<< (leftarg = int, rightarg = int, function = int4lt, commutator = operator(app.>>>))`,
    facts: { shell: 'yes', commutator: 'OPERATOR(app.<<<)' },
    changes: [],
  },
]

const ORDER_OPERATORS = 'operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >'

const CLASSES: readonly Case[] = [
  {
    key: 'operator-family app.fam USING btree',
    base: 'create operator family app.fam using btree',
    facts: {},
    changes: changes([
      [
        'operators',
        'both',
        ['1 pg_catalog.<(integer, bigint)', '5 pg_catalog.>(integer, bigint)'],
        'alter operator family app.fam using btree add operator 5 >(int4, int8), operator 1 <(int4, int8)',
      ],
      [
        'functions',
        'both',
        ['1 (integer, bigint) pg_catalog.btint48cmp(integer, bigint)'],
        'alter operator family app.fam using btree add function 1 (int4, int8) btint48cmp(int4, int8)',
      ],
      ['comment', 'both', 'x', `comment on operator family app.fam using btree is 'x'`],
      ['owner', 'both', 'pg_monitor', 'alter operator family app.fam using btree owner to pg_monitor'],
    ]),
  },
  {
    key: 'operator-family app."Gist" USING gist',
    base: 'create operator family app."Gist" using gist',
    facts: {},
    changes: changes([
      [
        'operators',
        'both',
        ['15 pg_catalog.<->(point, point) FOR ORDER BY pg_catalog.float_ops'],
        'alter operator family app."Gist" using gist add operator 15 <-> (point, point) for order by float_ops',
      ],
    ]),
  },
  {
    key: 'operator-class app.oc USING btree',
    base: `create operator family app.fam using btree; create operator family app.other using btree;
      create operator class app.oc for type int using btree family app.fam as ${ORDER_OPERATORS}, function 1 btint4cmp(int, int)`,
    facts: {
      type: 'integer',
      family: 'app.fam',
      operators: ['<', '<=', '=', '>=', '>'].map(
        (sign, index) => `${index + 1} pg_catalog.${sign}(integer, integer)`,
      ),
      functions: ['1 (integer, integer) pg_catalog.btint4cmp(integer, integer)'],
    },
    changes: changes([
      [
        'family',
        'none',
        'app.other',
        `drop operator class app.oc using btree;
          create operator class app.oc for type int using btree family app.other as ${ORDER_OPERATORS}, function 1 btint4cmp(int, int)`,
      ],
      [
        'functions',
        'none',
        undefined,
        `drop operator class app.oc using btree; create operator class app.oc for type int using btree family app.fam as ${ORDER_OPERATORS}`,
      ],
      ['comment', 'both', 'x', `comment on operator class app.oc using btree is 'x'`],
      ['owner', 'both', 'pg_monitor', 'alter operator class app.oc using btree owner to pg_monitor'],
    ]),
  },
  {
    key: 'operator-class app.dc USING btree',
    base: `create type app.e as enum ('a'); create operator class app.dc default for type app.e using btree as storage app.e`,
    facts: { type: 'app.e', default: 'yes', family: 'app.dc' },
    changes: [],
  },
  {
    key: 'operator-class app.gc USING gist',
    base: `create operator class app.gc for type point using gist as
      operator 15 <-> (point, point) for order by float_ops, function 1 gist_point_consistent(internal, point, smallint, oid, internal), storage box`,
    facts: {
      type: 'point',
      family: 'app.gc',
      storage: 'box',
      functions: [
        '1 (point, point) pg_catalog.gist_point_consistent(internal, point, smallint, oid, internal)',
      ],
    },
    changes: [],
  },
]

const CONVERSIONS: readonly Case[] = [
  {
    key: 'conversion app.c',
    base: `create conversion app.c for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8`,
    facts: { from: 'LATIN1', to: 'UTF8', function: 'pg_catalog.iso8859_1_to_utf8' },
    changes: changes([
      [
        'default',
        'none',
        'yes',
        `drop conversion app.c; create default conversion app.c for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8`,
      ],
      ['comment', 'both', 'x', `comment on conversion app.c is 'x'`],
      ['owner', 'both', 'pg_monitor', 'alter conversion app.c owner to pg_monitor'],
    ]),
  },
]

const TEXT_SEARCH: readonly Case[] = [
  {
    key: 'text-search-configuration app.c',
    base: `create text search configuration app.c (parser = "default"); create text search dictionary app."D" (template = simple);
      alter text search configuration app.c add mapping for word, float with app."D", simple`,
    facts: {
      parser: 'pg_catalog."default"',
      mappings: ['"float" WITH app."D", pg_catalog.simple', 'word WITH app."D", pg_catalog.simple'],
    },
    changes: changes([
      [
        'mappings',
        'both',
        ['"float" WITH pg_catalog.simple', 'email WITH app."D"'],
        `alter text search configuration app.c alter mapping for float with simple;
          alter text search configuration app.c drop mapping for word; alter text search configuration app.c add mapping for email with app."D"`,
      ],
      ['comment', 'both', 'x', `comment on text search configuration app.c is 'x'`],
      ['owner', 'both', 'pg_monitor', 'alter text search configuration app.c owner to pg_monitor'],
    ]),
  },
  {
    key: 'text-search-dictionary app.d',
    base: 'create text search dictionary app.d (template = snowball, language = english)',
    facts: { template: 'pg_catalog.snowball', options: "language = 'english'" },
    changes: changes([
      [
        'options',
        'both',
        "language = 'english', stopwords = 'english'",
        'alter text search dictionary app.d (stopwords = english)',
      ],
      ['options', 'both', "language = 'german'", 'alter text search dictionary app.d (language = german)'],
      ['comment', 'both', 'x', `comment on text search dictionary app.d is 'x'`],
      ['owner', 'both', 'pg_monitor', 'alter text search dictionary app.d owner to pg_monitor'],
    ]),
  },
  {
    key: 'text-search-parser app.p',
    base: 'create text search parser app.p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype)',
    facts: {
      start: 'pg_catalog.prsd_start',
      gettoken: 'pg_catalog.prsd_nexttoken',
      end: 'pg_catalog.prsd_end',
      lextypes: 'pg_catalog.prsd_lextype',
    },
    changes: changes([
      [
        'headline',
        'none',
        'pg_catalog.prsd_headline',
        `drop text search parser app.p;
          create text search parser app.p (start = prsd_start, gettoken = prsd_nexttoken, end = prsd_end, lextypes = prsd_lextype, headline = prsd_headline)`,
      ],
      ['comment', 'both', 'x', `comment on text search parser app.p is 'x'`],
    ]),
  },
  {
    key: 'text-search-template app.t',
    base: 'create text search template app.t (lexize = dsimple_lexize)',
    facts: { lexize: 'pg_catalog.dsimple_lexize' },
    changes: changes([
      [
        'init',
        'none',
        'pg_catalog.dsimple_init',
        'drop text search template app.t; create text search template app.t (lexize = dsimple_lexize, init = dsimple_init)',
      ],
      ['comment', 'both', 'x', `comment on text search template app.t is 'x'`],
    ]),
  },
]

/** Operators, their classes and families, conversions and text search. */
export const OPERATOR_CASES: readonly Case[] = [...OPERATORS, ...CLASSES, ...CONVERSIONS, ...TEXT_SEARCH]
