import { describe, expect, it } from 'vitest'
import type { Report } from '../../src/index.ts'
import { createRole, createTestDatabase } from '../support/database.ts'
import { found, verdicts, walk } from '../support/roundtrip.ts'
import { pair } from '../support/sqlmig.ts'

const TABLES = pair(
  '001_tables',
  `create schema app;
create table app.a (id int generated always as identity primary key, n text);
create table app.b (id serial primary key, n text);
insert into app.a (n) values ('x'), ('y'), ('z');
create sequence app.unused;`,
  'drop schema app cascade;',
)
const SEED = pair(
  '002_seed',
  "insert into app.a (n) values ('s'), ('t');",
  "delete from app.a where n in ('s', 't');",
)

function sequences({ roundtrip }: Report) {
  return roundtrip?.proofs.map(({ version, sequences: moves }) => [version, moves])
}

describe('sequences that a down does not put back', () => {
  it('are told, and are no finding, also where warnings fail the run', async () => {
    const report = await walk(
      {
        ...TABLES,
        ...SEED,
        ...pair('003_first', "insert into app.b (n) values ('s');", "delete from app.b where n = 's';"),
        ...pair('004_index', 'create index on app.a (n);', 'drop index app.a_n_idx;'),
        ...pair('005_put_back', "select setval('app.b_id_seq', 50);", "select setval('app.b_id_seq', 2);"),
        ...pair(
          '006_made_again',
          'drop sequence app.unused;',
          "create sequence app.unused;\nselect nextval('app.unused');",
        ),
        ...pair('007_restart', 'select 1;', 'alter sequence app.a_id_seq restart with 1000;'),
      },
      { warnings: 'fail' },
    )
    expect(found(report)).toEqual([])
    expect(report.exitCode).toBe(0)
    expect(sequences(report)).toEqual([
      ['001', undefined],
      ['002', [{ name: 'app.a_id_seq', before: '3', after: '5' }]],
      ['003', [{ name: 'app.b_id_seq', before: null, after: '1' }]],
      ['004', undefined],
      ['005', undefined],
      ['006', [{ name: 'app.unused', before: null, after: '1' }]],
      ['007', [{ name: 'app.a_id_seq', before: '7', after: null }]],
    ])
  })

  it('are told beside what the down leaves', async () => {
    const report = await walk({
      ...TABLES,
      ...pair(
        '002_rest',
        "insert into app.a (n) values ('s');\ncreate type app.mood as enum ('x');",
        "delete from app.a where n = 's';",
      ),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_LEFTOVER 002_rest.up.sql:2 type app.mood'])
    expect(sequences(report)?.[1]).toEqual(['002', [{ name: 'app.a_id_seq', before: '3', after: '4' }]])
  })

  it('are read on PGlite, whose one session does everything', async () => {
    const report = await walk({ ...TABLES, ...SEED }, {}, { scratch: 'pglite' })
    expect(verdicts(report)).toEqual(['001 passed', '002 passed', 'ladder passed', 'batch passed'])
    expect(sequences(report)).toEqual([
      ['001', undefined],
      ['002', [{ name: 'app.a_id_seq', before: '3', after: '5' }]],
    ])
  })

  it('are left out where the role of the walk may not read them', async () => {
    const db = await createTestDatabase()
    const role = await createRole({ attributes: 'createdb' })
    const revoked = pair(
      '001_revoked',
      `create sequence s; create sequence r;
revoke all on sequence s from current_user;`,
      'drop sequence s; drop sequence r;',
    )
    const next = pair(
      '002_next',
      `grant usage on sequence s to current_user;
select nextval('s'), nextval('r');
revoke all on sequence s from current_user;`,
      'select 1;',
    )
    const report = await walk({ ...revoked, ...next }, {}, { database: role.urlFor(db) })
    expect(found(report)).toEqual([])
    expect(sequences(report)?.[1]).toEqual(['002', [{ name: 'public.r', before: null, after: '1' }]])
  })
})
