import { describe, expect, it } from 'vitest'
import type { Report } from '../../src/index.ts'
import { found, onlyFinding, verdicts, walk } from '../support/roundtrip.ts'
import { pair, tablePair } from '../support/sqlmig.ts'

const reasons = ({ roundtrip }: Report) =>
  [...(roundtrip?.proofs ?? []), ...(roundtrip?.walks ?? [])].map(({ reason }) => reason)

describe('a migration that fails', () => {
  it('in its down is told with the place in the down', async () => {
    const report = await walk({
      ...pair('001_a', 'create table a ();', 'drop table a;\nselect nope\nfrom pg_class;'),
      ...pair('002_b', 'create view b as select from a;', 'drop view b;'),
      '003_c.up.sql': '-- sqlmig: no-transaction\ncreate table c ();',
      '003_c.down.sql': '-- sqlmig: no-transaction\ndrop table c;\ndrop table nope;',
      ...pair('004_d', 'alter table c add x int;', 'alter table c drop x;'),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_DOWN_FAILED 001_a.down.sql:2',
      'ROUNDTRIP_DOWN_FAILED 003_c.down.sql:3',
    ])
    expect(report.findings[0]?.message).toContain('column "nope" does not exist (42703)')
    expect(verdicts(report)).toEqual([
      ...['001 failed', '002 passed', '003 failed', '004 passed', 'ladder not-walked', 'batch passed'],
    ])
  })

  it('in its up is one finding, and those that need it are not walked', async () => {
    const report = await walk({
      ...pair('001_a', 'create table a ();\ncreate table z (x nope);', 'drop table z, a;'),
      ...tablePair('002_b'),
      ...pair('003_c', 'alter table a add c int;', 'alter table a drop c;'),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_UP_FAILED 001_a.up.sql:2'])
    expect(verdicts(report).slice(0, 3)).toEqual(['001 failed', '002 passed', '003 not-walked'])
    expect(reasons(report)[2]).toContain('as 001 failed before it')
    expect(report.exitCode).toBe(6)
  })

  it('in its up for a reason of its own is a finding of its own', async () => {
    const report = await walk(
      {
        ...pair('001_a', 'create table a (x nope);'),
        ...pair('002_b', 'create table b (id int', 'drop table b;'),
      },
      { mode: 'each' },
    )
    expect(found(report)).toEqual([
      'ROUNDTRIP_UP_FAILED 001_a.up.sql:1',
      expect.stringMatching(/ 002_b\.up\.sql/),
    ])
  })

  it('when it runs again is told as that', async () => {
    const again = "do $$ begin if nextval('s') > 1 then raise exception 'second time'; end if; end $$;"
    const report = await walk(
      {
        ...pair('001_s', 'create sequence s;', 'drop sequence s;'),
        ...pair('002_again', `create table again ();\n${again}`),
        ...pair('003_other', `create table other ();`),
      },
      { mode: 'each' },
    )
    expect(found(report)).toEqual(['ROUNDTRIP_REDO_FAILED 002_again.up.sql:2'])
    expect(onlyFinding(report).message).toContain('second time (P0001)')
    expect(verdicts(report).slice(0, 3)).toEqual(['001 passed', '002 failed', '003 passed'])
  })

  it('to make the same again is told as that', async () => {
    const report = await walk(
      {
        ...pair('001_s', 'create sequence s;', 'drop sequence s;'),
        ...pair(
          '002_again',
          "do $$ begin execute format('create table again (c int default %s)', nextval('s')); end $$;",
        ),
      },
      { mode: 'each' },
    )
    expect(found(report)).toEqual(['ROUNDTRIP_REDO_FAILED 002_again.up.sql column public.again.c'])
  })

  it('by ending its transaction is told with its line, and nothing runs', async () => {
    const report = await walk(
      {
        ...pair('001_a', 'create table a ();\ncommit;'),
        ...pair('002_a', 'create table a (id int);'),
        ...pair('003_b', 'create table b ();', 'drop table b;\ncommit;'),
        ...pair('004_b', 'alter table b add id int;', 'alter table b drop id;'),
      },
      { mode: 'each' },
    )
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'RUN_REFUSED' } })
    expect(found({ findings: report.findings })).toEqual([
      'TRANSACTION_CONTROL 001_a.up.sql:2',
      'TRANSACTION_CONTROL 003_b.down.sql:2',
    ])
    expect(verdicts(report)).toEqual([])
  })
})

describe('a migration without a way back', () => {
  it('that says so is walked up only, and is the floor of the ladder', async () => {
    const report = await walk({
      ...tablePair('001_a'),
      '002_x.up.sql': '-- sqlmig: irreversible the old rows are gone\ncreate table x ();',
      ...tablePair('003_b'),
    })
    expect(report).toMatchObject({ exitCode: 0, findings: [] })
    expect(verdicts(report)).toEqual([
      '001 passed',
      '002 irreversible',
      '003 passed',
      'ladder passed',
      'batch passed',
    ])
    expect(reasons(report)[1]).toBe('the old rows are gone')
  })

  it('that says nothing is a finding: a missing down as such, a blank one by what it leaves', async () => {
    const report = await walk({
      '001_a.up.sql': 'create table a ();',
      '002_b.up.sql': 'create table b ();',
      '002_b.down.sql': '-- nothing yet\n',
      ...tablePair('003_c'),
    })
    expect(found(report)).toEqual([
      'DOWN_MISSING 001_a.up.sql',
      'ROUNDTRIP_LEFTOVER 002_b.up.sql:1 table public.b',
    ])
    expect(verdicts(report).slice(0, 3)).toEqual(['001 not-walked', '002 failed', '003 passed'])
    expect(report.exitCode).toBe(6)
  })
})

describe('transactions', () => {
  it('are not opened around no-transaction files', async () => {
    const report = await walk({
      ...pair('001_a', 'create table a (id int, b int);'),
      '002_i.up.sql':
        '-- sqlmig: no-transaction\ncreate index concurrently a_id on a (id);\ncreate index concurrently a_b on a (b);',
      '002_i.down.sql': '-- sqlmig: no-transaction\ndrop index concurrently a_id;',
      '003_j.up.sql': '-- sqlmig: no-transaction\ncreate index concurrently a_both on a (id, b);',
      '003_j.down.sql': '-- sqlmig: no-transaction\ndrop index concurrently a_both;',
    })
    expect(found(report)).toEqual(['ROUNDTRIP_LEFTOVER 002_i.up.sql:3 index public.a_b'])
    expect(onlyFinding(report).difference).toMatchObject({ missingSql: ['DROP INDEX a_b;'], proven: true })
    expect(verdicts(report)).toEqual([
      '001 passed',
      '002 failed',
      '003 passed',
      'ladder passed',
      'batch passed',
    ])
  })

  const enumValue = {
    // From PostgreSQL 17 on a value may be used early where the type is of the same transaction: this one is not.
    ...pair(
      '001_t',
      "-- sqlmig: no-transaction\ncreate type m as enum ('a');\ncreate table t (m m);",
      '-- sqlmig: no-transaction\ndrop table t;\ndrop type m;',
    ),
    ...pair(
      '002_b',
      "alter type m add value 'b';",
      "alter table t alter m type text;\ndrop type m;\ncreate type m as enum ('a');\nalter table t alter m type m using m::m;",
    ),
    ...pair('003_use', "insert into t values ('b');", "delete from t where m = 'b';"),
  }

  it('of all ups together find a new enum value that is used too early', async () => {
    const both = await walk(enumValue)
    expect(found(both)).toEqual(['ROUNDTRIP_BATCH_FAILED 003_use.up.sql:1'])
    expect(both.findings[0]?.message).toContain('unsafe use of new value "b"')
    expect(verdicts(both)).toEqual([
      '001 passed',
      '002 passed',
      '003 passed',
      'ladder passed',
      'batch failed',
    ])
    const each = await walk(enumValue, { mode: 'each' })
    expect(each).toMatchObject({ exitCode: 0, findings: [] })
    expect(verdicts(each)).toEqual(['001 passed', '002 passed', '003 passed', 'ladder passed'])
    const batch = await walk(enumValue, { mode: 'batch' })
    expect(verdicts(batch)).toEqual(['batch failed'])
  })

  it('defer constraints to the end of a file, not to that of the walk', async () => {
    const report = await walk(
      {
        ...pair(
          '001_t',
          'create table t (id int primary key, other int references t deferrable initially deferred);\ninsert into t values (1, 2), (2, 1);',
        ),
        ...pair('002_bad', 'insert into t values (3, 9);', 'delete from t where id = 3;'),
      },
      { mode: 'each' },
    )
    expect(onlyFinding(report)).toMatchObject({
      code: 'ROUNDTRIP_UP_FAILED',
      version: '002',
      facts: { sqlstate: '23503' },
    })
  })

  it('end what a session was told: settings, roles, temporary tables', async () => {
    const report = await walk({
      ...pair(
        '001_a',
        'create schema app;\nset search_path = app;\ncreate temp table x (id int);\ncreate table a as table x;',
        'drop schema app cascade;',
      ),
      ...pair('002_b', 'create table b (id int);'),
      ...pair('003_c', 'alter table public.b add c int;', 'alter table public.b drop c;'),
    })
    expect(found(report)).toEqual([])
    expect(report.exitCode).toBe(0)
  })
})

describe('the ladder', () => {
  it('finds what passes alone and not together', async () => {
    const report = await walk({
      ...pair('001_t', 'create table t (n int);'),
      ...pair('002_more', 'create table if not exists extra ();', 'drop table if exists extra;'),
      ...pair('003_same', 'create table if not exists extra ();', 'select 1;'),
    })
    expect(found(report)).toEqual([])
  })
})

describe('two lanes and a batch', () => {
  const tables = Object.assign(
    {},
    ...Array.from({ length: 12 }, (_, i) => tablePair(`${String(i + 2).padStart(3, '0')}_t${i}`)),
  )
  const sequence = pair(
    '001_cat',
    'create table cat (id serial primary key, name text);\ncreate table item (cat int references cat);',
    'drop table item;\ndrop table cat;',
  )

  it.each([
    [
      'that count from the start',
      "insert into cat (name) values ('x');\ninsert into item values (1);",
      'delete from item;\ndelete from cat;\nalter sequence cat_id_seq restart;',
    ],
    [
      'whose keys are known',
      "insert into cat (name) values ('a'), ('b');",
      'delete from cat where id in (1, 2);\nalter sequence cat_id_seq restart;',
    ],
  ])('do not use up what a sequence gives to rows %s', async (_, up, down) => {
    const report = await walk({ ...sequence, ...tables, ...pair('014_seed', up, down) })
    expect(found(report)).toEqual([])
    expect(verdicts(report).slice(-2)).toEqual(['ladder passed', 'batch passed'])
  })
})
