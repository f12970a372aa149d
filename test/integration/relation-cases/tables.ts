import { expect } from 'vitest'
import { type Case, ofTable, T, was } from './case.ts'

export const TABLES: readonly Case[] = [
  ofTable('unlogged', 'alter table app.t set unlogged', { persistence: 'unlogged' }),
  ofTable(
    'options',
    `alter table app.t set (fillfactor = 70, autovacuum_enabled = false, vacuum_index_cleanup = auto)`,
    { options: ['autovacuum_enabled=false', 'fillfactor=70', 'vacuum_index_cleanup=auto'] },
  ),
  ofTable(
    'another option',
    'alter table app.t set (fillfactor = 80); alter table app.t reset (parallel_workers)',
    {
      options: was(['fillfactor=70', 'parallel_workers=2'], ['fillfactor=80']),
    },
    { before: `${T} with (fillfactor = 70, parallel_workers = 2)` },
  ),
  ofTable('TOAST options', 'alter table app.t set (toast.autovacuum_enabled = false)', {
    toastOptions: ['autovacuum_enabled=false'],
  }),
  ofTable(
    'access method',
    'alter table app.t set access method other_heap',
    { accessMethod: 'other_heap' },
    { since: 15 },
  ),
  ofTable('row security', 'alter table app.t enable row level security', { rowSecurity: 'enabled' }),
  ofTable('forced row security', 'alter table app.t force row level security', { rowSecurityForced: 'yes' }),
  ofTable('replica identity full', 'alter table app.t replica identity full', { replicaIdentity: 'full' }),
  ofTable('replica identity nothing', 'alter table app.t replica identity nothing', {
    replicaIdentity: 'nothing',
  }),
  ofTable(
    'replica identity index',
    'alter table app.t replica identity using index "T_key"',
    {
      replicaIdentity: 'index "T_key"',
    },
    {
      before: `${T}; alter table app.t alter id set not null; create unique index "T_key" on app.t (id)`,
      between: 'create unique index "T_key" on app.t (id)',
    },
  ),
  ofTable(
    'a dropped replica identity index',
    'drop index app.t_key',
    {
      replicaIdentity: was('index t_key', 'an index that is gone'),
    },
    {
      before: `${T}; alter table app.t alter id set not null; create unique index t_key on app.t (id); alter table app.t replica identity using index t_key`,
      alter: 'no',
      create: 'no',
    },
  ),
  ofTable(
    'clustered index',
    'alter table app.t cluster on t_idx',
    { cluster: 't_idx' },
    {
      before: `${T}; create index t_idx on app.t (id)`,
      between: 'create index t_idx on app.t (id)',
    },
  ),
  ofTable(
    'owner',
    'alter table app.t owner to pg_monitor',
    { owner: was(expect.any(String), 'pg_monitor') },
    { alter: 'no' },
  ),
  ofTable('comment', `comment on table app.t is 'it''s'`, { comment: `it's` }),
  ofTable('privileges', 'grant select on app.t to pg_monitor', { privileges: ['+pg_monitor=SELECT'] }),
]
