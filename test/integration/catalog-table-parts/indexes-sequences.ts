import type { Facts } from '../../../src/core/catalog.ts'
import { type Change, type Subject, TABLE } from './case.ts'

const INDEX: Subject = {
  object: 'index app.i',
  base: `${TABLE} create index i on app.t (lower(b), a) where b <> ') WHERE (';`,
}
const KEY_INDEX: Subject = {
  object: 'index app.c',
  base: `${TABLE} alter table app.t add constraint c unique (a);`,
}

export const INDEXES: readonly Change[] = [
  {
    ...INDEX,
    what: 'a definition',
    change: 'drop index app.i; create index i on app.t using hash (a);',
    facts: { definition: 'CREATE INDEX i ON app.t USING hash (a)' },
    alters: 'no way',
  },
  {
    ...INDEX,
    what: 'options',
    change: 'alter index app.i set (fillfactor = 70, deduplicate_items = off);',
    facts: { options: ['deduplicate_items=off', 'fillfactor=70'] },
    alters: 'both ways',
  },
  {
    ...INDEX,
    what: 'a statistics target',
    change: 'alter index app.i alter column 1 set statistics 77;',
    facts: { statistics: ['1=77'] },
    alters: 'both ways',
  },
  {
    ...INDEX,
    what: 'an extension that it depends on',
    change: 'alter index app.i depends on extension plpgsql;',
    facts: { dependsOnExtensions: ['plpgsql'] },
    alters: 'both ways',
  },
  {
    ...INDEX,
    what: 'a comment',
    change: `comment on index app.i is 'x';`,
    facts: { comment: 'x' },
    alters: 'both ways',
  },
  {
    ...INDEX,
    what: 'INVALID',
    change: `update pg_index set indisvalid = false where indexrelid = 'app.i'::regclass;`,
    facts: { valid: 'no' },
    alters: 'back',
    rebuilds: false,
  },
  {
    ...INDEX,
    what: 'not ready',
    change: `update pg_index set indisvalid = false, indisready = false where indexrelid = 'app.i'::regclass;`,
    facts: { valid: 'no', ready: 'no' },
    alters: 'back',
    rebuilds: false,
  },
  {
    ...KEY_INDEX,
    what: 'options of a key',
    change: 'alter index app.c set (fillfactor = 70);',
    facts: { options: ['fillfactor=70'] },
    alters: 'both ways',
  },
  {
    ...KEY_INDEX,
    what: 'a comment on that of a key',
    change: `comment on index app.c is 'x';`,
    facts: { comment: 'x' },
    alters: 'both ways',
  },
  {
    what: 'ATTACH PARTITION',
    object: 'index app.i1',
    base: `create table app.p (a int) partition by list (a); create table app.p1 partition of app.p default;
      create index i on only app.p (a); create index i1 on app.p1 (a);`,
    change: 'alter index app.i attach partition app.i1;',
    facts: { inherited: 'app.i' },
    alters: 'forth',
    rebuilds: false,
  },
]

const SEQUENCE: Subject = {
  object: 'sequence app.s',
  base: `${TABLE} create sequence app.s;`,
}
const IDENTITY: Subject = {
  object: 'sequence app.t_id_seq',
  base: 'create table app.t (id bigint generated always as identity);',
}
const DOWNWARDS: Facts = { increment: '-2', min: '-9', max: '7', start: '-3', cache: '5', cycle: 'yes' }
const downwards = 'increment -2 minvalue -9 maxvalue 7 start -3 cache 5 cycle'

export const SEQUENCES: readonly Change[] = [
  {
    ...SEQUENCE,
    what: 'START',
    change: 'alter sequence app.s start 5;',
    facts: { start: '5' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'INCREMENT',
    change: 'alter sequence app.s increment 5;',
    facts: { increment: '5' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'MINVALUE',
    change: 'alter sequence app.s minvalue 0;',
    facts: { min: '0', start: '1' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'MAXVALUE',
    change: 'alter sequence app.s maxvalue 9;',
    facts: { max: '9' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'a range that shares nothing with the old one',
    change: 'alter sequence app.s minvalue -9 maxvalue -3 start -3 restart;',
    facts: { min: '-9', max: '-3', start: '-3' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'CACHE',
    change: 'alter sequence app.s cache 9;',
    facts: { cache: '9' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'CYCLE',
    change: 'alter sequence app.s cycle;',
    facts: { cycle: 'yes' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'a type',
    change: 'alter sequence app.s as smallint;',
    facts: { type: 'smallint' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'nothing but the direction',
    change: 'alter sequence app.s increment -1 no minvalue no maxvalue start -1 restart;',
    facts: { increment: '-1' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'everything at once',
    change: `alter sequence app.s ${downwards} as integer;`,
    facts: { ...DOWNWARDS, type: 'integer' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'UNLOGGED',
    since: 15,
    change: 'alter sequence app.s set unlogged;',
    facts: { persistence: 'unlogged' },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'OWNED BY',
    change: 'alter sequence app.s owned by app.t.a;',
    facts: { ownedBy: 'app.t.a', owner: undefined },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'privileges',
    change: 'grant usage on sequence app.s to public;',
    facts: { privileges: ['+PUBLIC=USAGE'] },
    alters: 'both ways',
  },
  {
    ...SEQUENCE,
    what: 'a comment',
    change: `comment on sequence app.s is 'x';`,
    facts: { comment: 'x' },
    alters: 'both ways',
  },
  {
    ...IDENTITY,
    what: 'options of an identity column',
    change: `alter sequence app.t_id_seq ${downwards};`,
    facts: DOWNWARDS,
    alters: 'both ways',
  },
  {
    ...IDENTITY,
    what: 'a log other than the table’s',
    since: 15,
    change: 'alter sequence app.t_id_seq set unlogged;',
    facts: { persistence: 'unlogged' },
    alters: 'both ways',
  },
  {
    what: 'a log other than the unlogged table’s',
    since: 15,
    object: 'sequence app.t_id_seq',
    base: 'create unlogged table app.t (id serial);',
    change: 'alter sequence app.t_id_seq set logged;',
    facts: { persistence: 'logged' },
    alters: 'both ways',
    rebuilds: false,
  },
]
