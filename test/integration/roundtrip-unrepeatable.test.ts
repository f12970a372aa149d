import { randomBytes } from 'node:crypto'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import type { Report } from '../../src/index.ts'
import { withConnection } from '../support/connect.ts'
import { createRole, createTestDatabase } from '../support/database.ts'
import { found, onlyFinding, verdicts, walk } from '../support/roundtrip.ts'
import { pair, tablePair } from '../support/sqlmig.ts'

const reasons = ({ roundtrip }: Report) =>
  [...(roundtrip?.proofs ?? []), ...(roundtrip?.walks ?? [])].map(({ reason }) => reason)

/** A role that nobody sees in the words of the files, so that it stays on the server when a scratch database goes. */
function hiddenRole() {
  const name = `sqlmig_rt_${randomBytes(6).toString('hex')}`
  onTestFinished(() =>
    withConnection(
      inject('serverUrl'),
      async (sql) => void (await sql.unsafe(`drop role if exists ${name}`)),
    ),
  )
  const run = (verb: string) =>
    `do $$ begin execute '${verb} ' || 'role sqlmig_' || '${name.slice('sqlmig_'.length)}'; end $$;`
  return { up: run('create'), down: run('drop') }
}

const NO_TRANSACTION = '-- sqlmig: no-transaction\n'

describe('an up that does not run again in a fresh database', () => {
  it.each([
    [
      'a down that failed midway',
      {
        '003_b.up.sql': 'create table b ();',
        '003_b.down.sql': `${NO_TRANSACTION}drop table b;\ndrop table nope;`,
      },
      'ROUNDTRIP_DOWN_FAILED 003_b.down.sql:3',
    ],
    [
      'an up that failed midway',
      {
        '003_b.up.sql': `${NO_TRANSACTION}create table b ();\ndrop table nope;`,
        '003_b.down.sql': 'drop table b;',
      },
      'ROUNDTRIP_UP_FAILED 003_b.up.sql:3',
    ],
    [
      'an up that failed after its down',
      pair(
        '003_b',
        "do $$ begin if nextval('s') > 1 then raise exception 'second time'; end if; end $$;",
        '',
      ),
      'ROUNDTRIP_REDO_FAILED 003_b.up.sql:1',
    ],
    [
      'a down that leaves what no SQL takes away',
      pair('003_b', 'insert into t select g from generate_series(1, 1500) g;', 'select 1;'),
      'ROUNDTRIP_DATA 003_b.down.sql table public.t',
    ],
  ])('ends the walk behind %s, and is told', async (_, files, finding) => {
    const { up, down } = hiddenRole()
    const report = await walk(
      {
        ...pair('001_a', 'create sequence s;\ncreate table t (id int);', 'drop table t;\ndrop sequence s;'),
        ...pair('002_r', `create table r ();\n${up}`, `drop table r;\n${down}`),
        ...files,
        ...tablePair('004_c'),
        ...tablePair('005_d'),
      },
      { mode: 'each' },
    )
    expect(found(report)).toEqual([finding, 'ROUNDTRIP_REDO_FAILED 002_r.up.sql:2'])
    expect(report.findings[1]?.message).toMatch(
      /^002_r\.up\.sql ran once and not again in a fresh database: .*already exists \(42710\)$/,
    )
    expect(verdicts(report)).toEqual([
      ...['001 passed', '002 failed', '003 failed', '004 not-walked', '005 not-walked', 'ladder not-walked'],
    ])
    for (const reason of reasons(report).slice(3))
      expect(reason).toBe(
        'no state behind 002 can be made: 002_r.up.sql ran once and not again in a fresh database',
      )
    expect(report.exitCode).toBe(6)
  })

  it('is one finding, and not blamed on its down, where it fails after that too', async () => {
    const report = await walk(
      {
        ...tablePair('001_a'),
        ...pair('002_r', `create table r ();\n${hiddenRole().up}`, 'drop table r;'),
        ...tablePair('003_c'),
      },
      { mode: 'each' },
    )
    expect(found(report)).toEqual(['ROUNDTRIP_REDO_FAILED 002_r.up.sql:2'])
    expect(onlyFinding(report).message).toContain('not again in a fresh database')
    expect(onlyFinding(report).hint).toContain('outside of its database')
    expect(verdicts(report)).toEqual(['001 passed', '002 failed', '003 not-walked', 'ladder not-walked'])
  })

  it('is found by a second lane and by the batch, which say nothing of what is behind it', async () => {
    const db = await createTestDatabase()
    const role = await createRole({ attributes: 'createdb' })
    const first = `not exists (select from pg_database where datdba = current_user::regrole
      and oid < (select oid from pg_database where datname = current_database()))`
    const staying = `exists (select from pg_stat_activity where usename = current_user and query like '%stay' || 'ing%')`
    const onlyFirst = `do $$ begin
      if not ${first} then
        while not ${staying} loop perform pg_sleep(0.05), pg_stat_clear_snapshot(); end loop;
        perform pg_sleep(1);
        raise 'not the first';
      end if; end $$;`
    // The first database has to be there until it has failed in both of the others.
    const stay = `do $$ /* staying */ declare seen text[] = '{}'; begin
      while ${first} and cardinality(seen) < 2 loop
        perform pg_sleep(0.05), pg_stat_clear_snapshot();
        seen = array(select unnest(seen) union select datname::text from pg_stat_activity
          where usename = current_user and wait_event = 'PgSleep' and pid <> pg_backend_pid());
      end loop; end $$;`
    const versions = Array.from({ length: 12 }, (_, i) => String(i + 1).padStart(3, '0'))
    const files = versions.map((version) => {
      if (version === '003') return pair('003_k', `create table k ();\n${onlyFirst}`, 'drop table k;')
      if (version === '008') return pair('008_w', 'create table w ();', `drop table w;\n${stay}`)
      return tablePair(`${version}_t${version}`)
    })
    const report = await walk(Object.assign({}, ...files), {}, { database: role.urlFor(db) })
    expect(found(report)).toEqual(['ROUNDTRIP_REDO_FAILED 003_k.up.sql:2'])
    expect(verdicts(report)).toEqual([
      ...versions.slice(0, 8).map((version) => `${version} ${version === '003' ? 'failed' : 'passed'}`),
      ...versions.slice(8).map((version) => `${version} not-walked`),
      ...['ladder not-walked', 'batch not-walked'],
    ])
    for (const reason of reasons(report).slice(8)) expect(reason).toContain('no state behind 003 can be made')
  })
})
