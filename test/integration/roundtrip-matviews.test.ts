import { describe, expect, it } from 'vitest'
import { found, missingSql, onlyFinding, verdicts, walk } from '../support/roundtrip.ts'
import { pair } from '../support/sqlmig.ts'

const BASE = `create table a (id int primary key, n text);
insert into a values (1, 'one');
create materialized view m as select id, n from a;`

/** A table with a materialized view over it; `more` is made after them. */
const base = (more = '', drop = '') =>
  pair(
    '001_base',
    `${BASE}\n${more}`,
    `${drop}
drop materialized view m;
drop table a;`,
  )

describe('the rows of a materialized view', () => {
  it('are a cause of their own where those of its tables are right, and come back by a REFRESH', async () => {
    const report = await walk({
      ...base(),
      ...pair(
        '002_rows',
        "insert into a values (2, 'two');\nrefresh materialized view m;",
        'delete from a where id = 2;',
      ),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_DATA 002_rows.up.sql:2 materialized view public.m'])
    const { difference, hint } = onlyFinding(report)
    expect(difference).toMatchObject({
      rows: ["+ id=2 n='two'"],
      missingSql: ['REFRESH MATERIALIZED VIEW m;'],
      proven: true,
    })
    expect(hint).toMatch(/refresh it in the down$/)
    expect(verdicts(report)).toEqual(['001 passed', '002 failed', 'ladder passed', 'batch passed'])
  })

  it('are no second cause where those of its tables differ', async () => {
    const report = await walk({
      ...base(
        `create view v as select * from m where id > 0;
create function f() returns setof text language sql stable as 'select n from public.v';
create materialized view m2 as select f() as n;`,
        'drop materialized view m2;\ndrop function f;\ndrop view v;',
      ),
      ...pair(
        '002_rows',
        "insert into a values (2, 'two');\nrefresh materialized view m;\nrefresh materialized view m2;",
        'select 1;',
      ),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_DATA 002_rows.up.sql:1 table public.a'])
    expect(onlyFinding(report).difference).toMatchObject({
      inside: [
        { kind: 'materialized view', name: 'public.m' },
        { kind: 'materialized view', name: 'public.m2' },
      ],
      missingSql: [
        `DELETE FROM a WHERE "id" = '2' AND "n" = 'two';`,
        'REFRESH MATERIALIZED VIEW m;',
        'REFRESH MATERIALIZED VIEW m2;',
      ],
      proven: true,
    })
    expect(verdicts(report).slice(1)).toEqual(['002 failed', 'ladder passed', 'batch passed'])
  })

  it('are no second cause where those of a materialized view below differ', async () => {
    const report = await walk({
      ...base('create materialized view over as select n from m;', 'drop materialized view over;'),
      ...pair(
        '002_rows',
        "insert into a values (2, 'two');\nrefresh materialized view m;\nrefresh materialized view over;",
        'delete from a where id = 2;',
      ),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_DATA 002_rows.up.sql:2 materialized view public.m'])
    expect(missingSql(report)).toEqual(['REFRESH MATERIALIZED VIEW m;', 'REFRESH MATERIALIZED VIEW over;'])
    expect(onlyFinding(report).difference?.proven).toBe(true)
  })

  it('are no second cause where those of its tables are different every time, or too many', async () => {
    const report = await walk({
      ...pair(
        '001_base',
        'create table a (id int primary key, at timestamptz default clock_timestamp());\ncreate materialized view m as select * from a;',
        'drop materialized view m;\ndrop table a;',
      ),
      ...pair('002_one', 'insert into a values (1);\nrefresh materialized view m;', 'select 1;'),
      ...pair(
        '003_many',
        'insert into a select generate_series(2, 1500);\nrefresh materialized view m;',
        'select 1;',
      ),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_DATA 002_one.up.sql:1 table public.a',
      'ROUNDTRIP_DATA 003_many.up.sql:1 table public.a',
    ])
    expect(report.findings.map(({ difference }) => [difference?.missingSql, difference?.proven])).toEqual([
      [[`DELETE FROM a WHERE "id" = '1';`, 'REFRESH MATERIALIZED VIEW m;'], true],
      [[], false],
    ])
    expect(report.roundtrip?.proofs[1]?.nondeterministic).toEqual(['public.a (at)', 'public.m (at)'])
  })

  it('are no second cause where a view or function between gives others', async () => {
    const report = await walk({
      ...pair(
        '001_base',
        "create view v as select 1 as id;\ncreate function f() returns int language sql stable as 'select 1';\ncreate materialized view m as select id from v;\ncreate materialized view n as select f() as id;",
        'drop materialized view m, n;\ndrop view v;\ndrop function f;',
      ),
      ...pair(
        '002_view',
        'create or replace view v as select 2 as id;\nrefresh materialized view m;',
        'refresh materialized view m;',
      ),
      ...pair(
        '003_function',
        "create or replace function f() returns int language sql stable as 'select 2';\nrefresh materialized view n;",
        'select 1;',
      ),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_CHANGED 002_view.up.sql:1 view public.v',
      'ROUNDTRIP_CHANGED 003_function.up.sql:1 function public.f()',
    ])
    expect(missingSql(report).filter((sql) => sql.startsWith('REFRESH'))).toEqual([
      'REFRESH MATERIALIZED VIEW m;',
      'REFRESH MATERIALIZED VIEW n;',
    ])
    expect(report.findings.every(({ difference }) => difference?.proven === true)).toBe(true)
    expect(verdicts(report).slice(-2)).toEqual(['ladder passed', 'batch passed'])
  })

  it('are no second cause where the view itself is lost, and it is filled after its tables', async () => {
    const report = await walk({
      ...base(),
      ...pair('002_drop', "drop materialized view m;\ninsert into a values (2, 'two');", 'select 1;'),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_DATA 002_drop.up.sql:2 table public.a',
      'ROUNDTRIP_LOST 002_drop.up.sql:1 materialized view public.m',
    ])
    expect(missingSql(report).at(-1)).toBe('REFRESH MATERIALIZED VIEW m;')
    expect(report.findings.map(({ difference }) => difference?.proven)).toEqual([true, true])
    expect(verdicts(report).slice(-2)).toEqual(['ladder passed', 'batch passed'])
  })

  it('are no finding where they were out of date before, as no down makes them so again', async () => {
    const report = await walk({
      ...base("insert into a values (3, 'three');"),
      ...pair('002_refresh', 'refresh materialized view m;', 'select 1;'),
      ...pair('003_seed', "insert into a values (5, 'five');", 'delete from a where id = 5;'),
      ...pair('004_late', "insert into a values (6, 'six');", 'delete from a where id = 6;'),
      ...pair(
        '005_type',
        'drop materialized view m;\nalter table a alter id type bigint;\ncreate materialized view m as select id, n from a;',
        'drop materialized view m;\nalter table a alter id type int;\ncreate materialized view m as select id, n from a;',
      ),
      ...pair(
        '006_both',
        "insert into a values (4, 'four');\nrefresh materialized view m;",
        'delete from a where id = 4;',
      ),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_DATA 006_both.up.sql:2 materialized view public.m'])
    expect(onlyFinding(report).difference).toMatchObject({
      missingSql: ['REFRESH MATERIALIZED VIEW m;'],
      proven: true,
    })
  })

  it('are a cause of their own too where they do not come back with those of its tables', async () => {
    const report = await walk({
      ...base("insert into a values (3, 'three');"),
      ...pair('002_both', "insert into a values (4, 'four');\nrefresh materialized view m;", 'select 1;'),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_DATA 002_both.up.sql:1 table public.a',
      'ROUNDTRIP_DATA 002_both.up.sql:2 materialized view public.m',
    ])
    expect(report.findings.map(({ difference }) => [difference?.missingSql, difference?.proven])).toEqual([
      [[`DELETE FROM a WHERE "id" = '4' AND "n" = 'four';`], true],
      [[], false],
    ])
  })

  it('are not those of a view that is rebuilt from the same, nor of one that has none', async () => {
    const report = await walk({
      ...base(
        'create materialized view empty as select id from a with no data;',
        'drop materialized view empty;',
      ),
      ...pair(
        '002_rebuild',
        'drop materialized view m;\ncreate materialized view m as select n from a;',
        'drop materialized view m;\ncreate materialized view m as select id, n from a;',
      ),
      ...pair(
        '003_rows',
        "insert into a values (2, 'two');\nrefresh materialized view m;",
        'delete from a where id = 2;\nrefresh materialized view m;',
      ),
      ...pair(
        '004_fill',
        'refresh materialized view empty;',
        'refresh materialized view empty with no data;',
      ),
    })
    expect(found(report)).toEqual([])
    expect(verdicts(report).slice(-2)).toEqual(['ladder passed', 'batch passed'])
  })

  it('that are not populated any more are one finding', async () => {
    const report = await walk({
      ...base(),
      ...pair(
        '002_none',
        "insert into a values (2, 'two');\nrefresh materialized view m;",
        'delete from a where id = 2;\nrefresh materialized view m with no data;',
      ),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_CHANGED 002_none.down.sql materialized view public.m'])
    expect(missingSql(report)).toEqual(['REFRESH MATERIALIZED VIEW m;'])
    expect(onlyFinding(report).difference?.proven).toBe(true)
  })

  it('that are not populated any more, over others, are filled when these are right', async () => {
    const report = await walk({
      ...base(),
      ...pair('002_none', "insert into a values (2, 'two');", 'refresh materialized view m with no data;'),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_DATA 002_none.up.sql:1 table public.a',
      'ROUNDTRIP_CHANGED 002_none.down.sql materialized view public.m',
    ])
    expect(missingSql(report)).toEqual([
      `DELETE FROM a WHERE "id" = '2' AND "n" = 'two';`,
      'REFRESH MATERIALIZED VIEW m;',
    ])
    expect(report.findings.map(({ difference }) => difference?.proven)).toEqual([true, true])
  })

  it('are compared on PGlite too, whose one session does everything', async () => {
    const report = await walk(
      {
        ...base('create materialized view t as select now() as read;', 'drop materialized view t;'),
        ...pair(
          '002_rows',
          "insert into a values (2, 'two');\nrefresh materialized view m;\nrefresh materialized view t;",
          'delete from a where id = 2;',
        ),
      },
      {},
      { scratch: 'pglite' },
    )
    expect(found(report)).toEqual(['ROUNDTRIP_DATA 002_rows.up.sql:2 materialized view public.m'])
    expect(onlyFinding(report).difference?.proven).toBe(true)
    expect(verdicts(report).slice(-2)).toEqual(['ladder passed', 'batch passed'])
  })

  it('are refreshed by counts where there are more than a thousand', async () => {
    const report = await walk({
      ...base(
        'create materialized view many as select g as id from a, generate_series(1, 1500) g;',
        'drop materialized view many;',
      ),
      ...pair(
        '002_rows',
        "insert into a values (2, 'two');\nrefresh materialized view many;",
        'delete from a where id = 2;',
      ),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_DATA 002_rows.up.sql:2 materialized view public.many'])
    expect(onlyFinding(report).difference).toMatchObject({
      before: '1500 rows',
      after: '3000 rows',
      missingSql: ['REFRESH MATERIALIZED VIEW many;'],
      proven: true,
    })
  })
})
