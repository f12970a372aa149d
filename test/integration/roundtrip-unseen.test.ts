import { describe, expect, it } from 'vitest'
import { createRole, createTestDatabase } from '../support/database.ts'
import { found, walk } from '../support/roundtrip.ts'
import { pair } from '../support/sqlmig.ts'

const tables = (sql: string, ...names: string[]) => pair('001_tables', sql, `drop table ${names.join(', ')};`)

describe('rows that the role of the walk cannot see', () => {
  it('are not those of a superuser, whatever privileges and policies a down leaves', async () => {
    const report = await walk({
      ...tables('create table a (id int);', 'a'),
      ...pair(
        '002_seed',
        'alter table a enable row level security;\nalter table a force row level security;\nrevoke all on a from current_user;\ninsert into a values (1);',
        'select 1;',
      ),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_CHANGED 002_seed.up.sql:3 table public.a',
      'ROUNDTRIP_DATA 002_seed.up.sql:4 table public.a',
    ])
    expect(report.roundtrip?.proofs.map(({ unseen }) => unseen)).toEqual([undefined, undefined])
  })

  it('are compared all the same, or said not to be', async () => {
    const db = await createTestDatabase()
    const role = await createRole({ attributes: 'createdb' })
    const report = await walk(
      {
        ...tables(
          'create table a (id int);\nalter table a enable row level security;\nalter table a force row level security;',
          'a',
        ),
        ...pair(
          '002_seed',
          'alter table a no force row level security;\ninsert into a values (1);\nalter table a force row level security;',
          'select 1;',
        ),
      },
      { mode: 'each' },
      { database: role.urlFor(db) },
    )
    expect(JSON.stringify([report.findings, report.roundtrip?.proofs[1]])).toContain('public.a')
  })

  it.each([
    ['a privilege is revoked', 'create table a (id int);\nrevoke all on a from current_user;'],
    [
      'a policy asks for a setting that nobody made',
      "create table a (id int);\nalter table a enable row level security;\nalter table a force row level security;\ncreate policy p on a using (current_setting('app.tenant') = '1');",
    ],
  ])('are said not to be compared where %s', async (_, guarded) => {
    const db = await createTestDatabase()
    const role = await createRole({ attributes: 'createdb' })
    const report = await walk(
      {
        ...pair('001_a', guarded.replace(';', ';\ninsert into a values (1);'), 'drop table a;'),
        ...pair('002_b', 'create table b (id int);\ninsert into b values (1);', 'drop table b;'),
      },
      { mode: 'each' },
      { database: role.urlFor(db) },
    )
    expect(found(report)).toEqual([])
    expect(report.roundtrip?.proofs.map(({ unseen }) => unseen)).toEqual([['public.a'], ['public.a']])
  })

  it('are said not to be compared where a materialized view may not be read any more', async () => {
    const db = await createTestDatabase()
    const role = await createRole({ attributes: 'createdb' })
    const report = await walk(
      {
        ...pair('001_m', 'create materialized view m as select 1 as id;', 'drop materialized view m;'),
        ...pair('002_hide', 'revoke select on m from current_user;', 'select 1;'),
      },
      { mode: 'each' },
      { database: role.urlFor(db) },
    )
    expect(found(report)).toEqual(['ROUNDTRIP_CHANGED 002_hide.up.sql:1 materialized view public.m'])
    expect(report.roundtrip?.proofs.map(({ unseen }) => unseen)).toEqual([undefined, ['public.m']])
  })
})
