import { expect } from 'vitest'
import { type Case, F, P, T, was } from './case.ts'

export const OTHERS: readonly Case[] = [
  {
    title: 'foreign table',
    before: '',
    change: `create foreign table app.f (id integer options (column_name 'i''d') not null, c text) server one options (schema 's', "Password" 'hidden')`,
    expected: {
      'foreign-table app.f': {
        owner: expect.any(String),
        server: 'one',
        options: ['Password=(masked d13fd885)', 'schema=s'],
      },
      'column app.f.id': { position: '1', type: 'integer', notNull: 'yes', fdwOptions: [`column_name=i'd`] },
      'column app.f.c': { position: '2', type: 'text' },
    },
    alter: 'no',
    create: 'no',
  },
  {
    title: 'options of a foreign table',
    before: `${F} options (a '1', b '2')`,
    change: `alter foreign table app.f options (set a '3', drop b, add c 'd=e')`,
    expected: { 'foreign-table app.f': { options: was(['a=1', 'b=2'], ['a=3', 'c=d=e']) } },
  },
  {
    title: 'options and type of a foreign column',
    before: F,
    change: `alter foreign table app.f alter c options (column_name 'x'), alter c type integer, alter c set default 4`,
    expected: {
      'column app.f.c': { type: was('text', 'integer'), default: '4', fdwOptions: ['column_name=x'] },
    },
  },
  {
    title: 'server of a foreign table',
    before: F,
    change: 'drop foreign table app.f; create foreign table app.f (id integer, c text) server two',
    expected: { 'foreign-table app.f': { server: was('one', 'two') } },
  },
  {
    title: 'privileges and comment of a foreign table',
    before: F,
    change: `grant insert on app.f to pg_monitor; comment on foreign table app.f is 'x'`,
    expected: { 'foreign-table app.f': { privileges: ['+pg_monitor=INSERT'], comment: 'x' } },
  },
  {
    title: 'foreign partition',
    before: `${P}; ${F}`,
    change: 'alter table app.p attach partition app.f default',
    expected: {
      'foreign-table app.f': { partitionOf: 'app.p', partitionBound: 'DEFAULT' },
      'column app.f.id': { inherited: 'yes' },
      'column app.f.c': { inherited: 'yes' },
    },
  },
  {
    title: 'default and comment of a view’s column',
    before: `${T}; create view app.v as select id, c from app.t`,
    change: `alter view app.v alter c set default 'x'; comment on column app.v.c is 'y'; grant select (c) on app.v to pg_monitor`,
    expected: {
      'column app.v.c': { default: `'x'::text`, comment: 'y', privileges: ['+pg_monitor=SELECT'] },
    },
    create: 'no',
  },
  {
    title: 'column of a materialized view',
    before: `${T}; create materialized view app.m as select id, c from app.t`,
    change: `alter materialized view app.m alter c set statistics 5, alter c set storage main, alter c set compression pglz, alter c set (n_distinct = 1)`,
    expected: {
      'column app.m.c': { statistics: '5', storage: 'main', compression: 'pglz', options: ['n_distinct=1'] },
    },
    create: 'no',
  },
  {
    title: 'attribute of a composite type',
    before: 'create type app.ct as (a integer, b text)',
    change: `alter type app.ct add attribute c numeric(5,1); alter type app.ct alter attribute b type text collate "C"; comment on column app.ct.a is 'x'`,
    expected: {
      'column app.ct.a': { comment: 'x' },
      'column app.ct.b': { collation: 'pg_catalog."C"' },
      'column app.ct.c': { position: '3', type: 'numeric(5,1)' },
    },
  },
]
