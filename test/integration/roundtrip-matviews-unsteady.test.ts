import { describe, expect, it } from 'vitest'
import { found, onlyFinding, verdicts, walk } from '../support/roundtrip.ts'
import { pair } from '../support/sqlmig.ts'

/** A table with materialized views over it; `more` is made after the table. */
const base = (more: string, drop: string) =>
  pair(
    '001_base',
    `create table a (id int primary key, n text);\ninsert into a values (1, 'one');\n${more}`,
    `${drop}\ndrop table a;`,
  )

describe('a materialized view that is different after every refresh', () => {
  const unsteady = base(
    `create materialized view t as select id, clock_timestamp() as read from a;
create materialized view s as select id, now() as read, n from a;
create materialized view r as select random() as x;`,
    'drop materialized view r, s, t;',
  )

  it('is no finding, and is listed', async () => {
    const report = await walk({
      ...unsteady,
      ...pair('002_other', 'create table b (id int);', 'drop table b;'),
      ...pair(
        '003_refresh',
        'refresh materialized view t;\nrefresh materialized view s;\nrefresh materialized view r;',
        'refresh materialized view t;\nrefresh materialized view s;\nrefresh materialized view r;',
      ),
      ...pair('004_down', 'select 1;', 'refresh materialized view s;'),
    })
    expect(found(report)).toEqual([])
    expect(report.exitCode).toBe(0)
    expect(report.roundtrip?.proofs.map(({ nondeterministic }) => nondeterministic)).toEqual([
      ['public.r', 'public.s (read)', 'public.t (read)'],
      undefined,
      ['public.r', 'public.s (read)', 'public.t (read)'],
      ['public.s (read)'],
    ])
    expect(verdicts(report).slice(-2)).toEqual(['ladder passed', 'batch passed'])
  })

  it('is compared by its other columns', async () => {
    const report = await walk({
      ...unsteady,
      ...pair(
        '002_rows',
        "insert into a values (2, 'two');\nrefresh materialized view s;",
        'delete from a where id = 2;',
      ),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_DATA 002_rows.up.sql:2 materialized view public.s'])
    expect(onlyFinding(report).difference).toMatchObject({
      rows: ["+ id=2 n='two'"],
      missingSql: ['REFRESH MATERIALIZED VIEW s;'],
      proven: true,
    })
  })

  it('can be declared by its columns', async () => {
    const report = await walk({
      '001_a.up.sql':
        '-- sqlmig: volatile public.m.read\ncreate table a (id int);\ncreate materialized view m as select now() as read, count(*) from a;',
      '001_a.down.sql': 'drop materialized view m;\ndrop table a;',
      ...pair('002_refresh', 'refresh materialized view m;', 'select 1;'),
    })
    expect(found(report)).toEqual([])
    expect(report.roundtrip?.proofs.map(({ nondeterministic }) => nondeterministic)).toEqual([
      undefined,
      undefined,
    ])
  })

  it('does not hide what was not refreshed beside rows that are different every time', async () => {
    const report = await walk({
      ...pair(
        '001_base',
        "create table a (id int primary key, n text, at timestamptz default clock_timestamp());\ninsert into a values (1, 'x');\ncreate materialized view m as select * from a;",
        'drop materialized view m;\ndrop table a;',
      ),
      ...pair(
        '002_touch',
        "update a set n = 'y', at = clock_timestamp();\ninsert into a values (2, 'z');\nrefresh materialized view m;",
        "delete from a where id = 2;\nupdate a set n = 'x', at = clock_timestamp();",
      ),
      ...pair(
        '003_refreshed',
        'update a set at = clock_timestamp();\nrefresh materialized view m;',
        'update a set at = clock_timestamp();\nrefresh materialized view m;',
      ),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_DATA 002_touch.up.sql:3 materialized view public.m'])
    expect(onlyFinding(report).difference?.missingSql).toEqual(['REFRESH MATERIALIZED VIEW m;'])
    expect(report.roundtrip?.proofs[1]?.nondeterministic).toEqual(['public.a (at)', 'public.m (at)'])
  })
})
