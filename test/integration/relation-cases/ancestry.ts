import { expect } from 'vitest'
import { type Case, P, T, was } from './case.ts'

export const ANCESTRY: readonly Case[] = [
  {
    title: 'partitioned table',
    before: '',
    change: 'create table app.p (id integer) partition by list (((id + 1)))',
    expected: {
      'table app.p': { owner: expect.any(String), partitionKey: 'LIST (((id + 1)))' },
      'column app.p.id': { position: '1', type: 'integer' },
    },
  },
  {
    title: 'attached partition',
    before: `${P}; create table app.a (id integer, c text)`,
    change: 'alter table app.p attach partition app.a for values from (1) to (10)',
    expected: {
      'table app.a': { partitionOf: 'app.p', partitionBound: 'FOR VALUES FROM (1) TO (10)' },
      'column app.a.id': { inherited: 'yes' },
      'column app.a.c': { inherited: 'yes' },
    },
  },
  {
    title: 'partition bound',
    before: `${P}; create table app.a partition of app.p for values from (1) to (10)`,
    change: 'alter table app.p detach partition app.a; alter table app.p attach partition app.a default',
    expected: { 'table app.a': { partitionBound: was('FOR VALUES FROM (1) TO (10)', 'DEFAULT') } },
  },
  {
    title: 'partition with columns in another order and facts of its own',
    before: P,
    change: `create table app.a (c text default 'x', id integer not null); alter table app.a alter c set statistics 7;
      alter table app.p attach partition app.a default`,
    expected: {
      'table app.a': { owner: expect.any(String), partitionOf: 'app.p', partitionBound: 'DEFAULT' },
      'column app.a.c': {
        position: '1',
        type: 'text',
        default: `'x'::text`,
        statistics: '7',
        inherited: 'yes',
      },
      'column app.a.id': { position: '2', type: 'integer', notNull: 'yes', inherited: 'yes' },
    },
  },
  {
    title: 'partition with a default of its own and without the parent’s',
    before: `create table app.p (id integer default 1, c text default 'x', s text) partition by range (id); alter table app.p alter s set storage external`,
    change: `create table app.a partition of app.p default partition by list (c); alter table app.a alter id set default 2;
      alter table app.a alter c drop default; alter table app.a alter s set storage main`,
    expected: {
      'table app.a': {
        owner: expect.any(String),
        partitionOf: 'app.p',
        partitionBound: 'DEFAULT',
        partitionKey: 'LIST (c)',
      },
      'column app.a.id': { position: '1', type: 'integer', default: '2', inherited: 'yes' },
      'column app.a.c': { position: '2', type: 'text', inherited: 'yes' },
      'column app.a.s': { position: '3', type: 'text', storage: 'main', inherited: 'yes' },
    },
  },
  {
    title: 'column of a partitioned table',
    since18: { 'column app.a.d': { notNullInherited: 'yes' } },
    before: `${P}; create table app.a partition of app.p default`,
    change: `alter table app.p add column d integer default 1 not null`,
    expected: {
      'column app.p.d': { position: '3', type: 'integer', default: '1', notNull: 'yes' },
      'column app.a.d': { position: '3', type: 'integer', default: '1', notNull: 'yes', inherited: 'yes' },
    },
  },
  {
    title: 'type, default and NOT NULL of a partitioned table',
    since18: { 'column app.a.c': { notNullInherited: 'yes' } },
    before: `${P}; create table app.a partition of app.p default`,
    change: `alter table app.p alter c type varchar(9), alter c set default 'x', alter c set not null`,
    expected: Object.fromEntries(
      ['app.p.c', 'app.a.c'].map((name) => [
        `column ${name}`,
        { type: was('text', 'character varying(9)'), default: `'x'::character varying`, notNull: 'yes' },
      ]),
    ),
  },
  {
    title: 'INHERITS',
    before: `create table app.one (a integer, b text default 'x'); create table app."Two" (c integer)`,
    change: 'create table app.t (d text, b text) inherits (app."Two", app.one)',
    expected: {
      'table app.t': { owner: expect.any(String), inherits: ['app."Two"', 'app.one'] },
      'column app.t.c': { position: '1', type: 'integer', inherited: 'yes' },
      'column app.t.a': { position: '2', type: 'integer', inherited: 'yes' },
      'column app.t.b': { position: '3', type: 'text', default: `'x'::text`, inherited: 'and local' },
      'column app.t.d': { position: '4', type: 'text' },
    },
  },
  {
    title: 'order of parents',
    before: `create table app.one (a integer); create table app.two (a integer); create table app.t (b text, a integer);
      alter table app.t inherit app.one; alter table app.t inherit app.two`,
    change: 'alter table app.t no inherit app.one; alter table app.t inherit app.one',
    expected: { 'table app.t': { inherits: was(['app.one', 'app.two'], ['app.two', 'app.one']) } },
  },
  {
    title: 'INHERIT',
    before: `create table app.one (c text); ${T}`,
    change: 'alter table app.t inherit app.one',
    expected: { 'table app.t': { inherits: ['app.one'] }, 'column app.t.c': { inherited: 'and local' } },
  },
  {
    title: 'typed table',
    before: 'create type app.ct as (id integer, c text collate "C")',
    change: 'create table app.t of app.ct (c with options default 1 not null)',
    expected: {
      'table app.t': { owner: expect.any(String), ofType: 'app.ct' },
      'column app.t.id': { position: '1', type: 'integer', inherited: 'from its type' },
      'column app.t.c': {
        position: '2',
        type: 'text',
        collation: 'pg_catalog."C"',
        default: '1',
        notNull: 'yes',
        inherited: 'from its type',
      },
    },
  },
  {
    title: 'OF',
    before: 'create type app.ct as (id integer); create table app.t (id integer)',
    change: 'alter table app.t of app.ct',
    expected: { 'table app.t': { ofType: 'app.ct' }, 'column app.t.id': { inherited: 'from its type' } },
  },
  {
    title: 'access method of partitions to come',
    since: 17,
    before: P,
    change: 'alter table app.p set access method other_heap',
    expected: { 'table app.p': { accessMethod: 'other_heap' } },
  },
  {
    title: 'identity of a partitioned table',
    since: 17,
    before: `create table app.p (id integer not null) partition by range (id); create table app.a partition of app.p default`,
    change: 'alter table app.p alter id add generated always as identity',
    expected: { 'column app.p.id': { identity: 'always' }, 'column app.a.id': { identity: 'always' } },
  },
]
