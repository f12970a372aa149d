import { type Case, changes } from './catalog-case.ts'

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

/** Views and materialized views. */
export const VIEW_CASES: readonly Case[] = [view, materializedView]
