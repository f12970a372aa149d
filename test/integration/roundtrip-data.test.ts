import { describe, expect, it } from 'vitest'
import type { Finding } from '../../src/index.ts'
import { found, missingSql, onlyFinding, verdicts, walk } from '../support/roundtrip.ts'
import { pair } from '../support/sqlmig.ts'

const tables = (sql: string, ...names: string[]) => pair('001_tables', sql, `drop table ${names.join(', ')};`)
const rowsOf = ({ difference }: Finding) => difference?.rows

describe('the rows that a down does not bring back', () => {
  it('are named, with the SQL that would', async () => {
    const report = await walk({
      ...tables(
        `create table a (id int primary key, n text);
insert into a values (1, 'one'), (2, 'two');
create table "No key" (id int, n text);
insert into "No key" values (1, 'x');`,
        'a',
        '"No key"',
      ),
      ...pair('002_seed', "insert into a values (3, 'it''s'), (4, null);", 'delete from a where id = 3;'),
      ...pair('003_lost', 'delete from a where id = 2;', 'select 1;'),
      ...pair('004_changed', "update a set n = 'ONE' where id = 1;", 'select 1;'),
      ...pair('005_twice', `insert into "No key" values (1, 'x');`, 'select 1;'),
      ...pair('006_again', 'drop table a;', 'create table a (id int primary key, n text);'),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_DATA 002_seed.up.sql:1 table public.a',
      'ROUNDTRIP_DATA 003_lost.up.sql:1 table public.a',
      'ROUNDTRIP_DATA 004_changed.up.sql:1 table public.a',
      'ROUNDTRIP_DATA 005_twice.up.sql:1 table public."No key"',
      'ROUNDTRIP_DATA 006_again.up.sql:1 table public.a',
    ])
    expect(report.findings.map(rowsOf)).toEqual([
      ['+ id=4 n=NULL'],
      ["- id=2 n='two'"],
      ["~ id=1 n='one' → 'ONE'"],
      ["+ id=1 n='x'"],
      expect.arrayContaining(["- id=1 n='ONE'", "- id=3 n='it''s'", '- id=4 n=NULL']),
    ])
    expect(missingSql(report).slice(0, 3)).toEqual([
      `DELETE FROM a WHERE "id" = '4' AND "n" IS NULL;`,
      `INSERT INTO a ("id", "n") VALUES ('2', 'two');`,
      `UPDATE a SET "n" = 'one' WHERE "id" = '1' AND "n" = 'ONE';`,
    ])
    expect(report.findings.every(({ difference }) => difference?.proven === true)).toBe(true)
    expect(verdicts(report).slice(-2)).toEqual(['ladder passed', 'batch passed'])
    expect(report.findings.map(({ message }) => message.replace(/^.* rows of /, ''))).toEqual([
      'public.a: 1 left behind',
      'public.a: 1 lost',
      'public.a: 1 changed',
      'public."No key": 1 left behind',
      'public.a: 3 lost',
    ])
  })

  it('are deleted one by one also from a table that was empty, because elsewhere it is not', async () => {
    const report = await walk({
      ...tables('create table a (id int primary key);', 'a'),
      ...pair('002_seed', 'insert into a values (1);', 'select 1;'),
    })
    expect(missingSql(report)).toEqual([`DELETE FROM a WHERE "id" = '1';`])
  })

  it('are deleted together by all their values where they are many, whatever the types', async () => {
    const report = await walk({
      ...tables(
        'create table a (id int, at timestamptz, f float8, c char(3), b bytea, j json, l int[], e bool, primary key (id, at));',
        'a',
      ),
      ...pair(
        '002_seed',
        `insert into a select g, '2020-01-01 12:00+02', g / 7.0, 'x', '\\x5c', '{}', '{1}', true from generate_series(1, 30) g;`,
        'select 1;',
      ),
    })
    const [sql, ...others] = missingSql(report)
    expect(others).toEqual([])
    expect(sql).toMatch(/^DELETE FROM a WHERE \("id", "at", "b", "c", "e", "f"\) IN \(\('1', /)
    expect(onlyFinding(report).difference?.proven).toBe(true)
  })

  it('are of a column that was dropped and came back empty', async () => {
    const report = await walk({
      ...tables("create table a (id int primary key, n text);\ninsert into a values (1, 'one');", 'a'),
      ...pair('002_drop', 'alter table a drop n;', 'alter table a add n text;'),
    })
    expect(rowsOf(onlyFinding(report))).toEqual(["~ id=1 n='one' → NULL"])
  })

  it('are told with a table or column that comes back empty: its definition alone proves nothing', async () => {
    const report = await walk({
      ...tables('create table a (n int, m int);\ninsert into a values (1, 2);', 'a'),
      ...pair('002_column', 'alter table a drop m;', 'select 1;'),
      ...pair('003_table', 'drop table a;', 'select 1;'),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_LOST 002_column.up.sql:1 column public.a.m',
      'ROUNDTRIP_LOST 003_table.up.sql:1 table public.a',
    ])
    expect(report.findings.map(({ difference }) => difference?.proven)).toEqual([false, false])
    expect(verdicts(report).at(-2)).toBe('ladder not-walked')
  })

  it('are counted where there are more than a thousand', async () => {
    const report = await walk({
      ...tables(
        'create table a (id int primary key, n int);\ninsert into a select g, g from generate_series(1, 1500) g;',
        'a',
      ),
      ...pair('002_more', 'insert into a select g, g from generate_series(2001, 2100) g;', 'select 1;'),
      ...pair('003_less', 'delete from a where id <= 10;', 'select 1;'),
      ...pair('004_other', 'update a set n = 0 where id = 77;', 'select 1;'),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_DATA 002_more.up.sql:1 table public.a',
      'ROUNDTRIP_DATA 003_less.up.sql:1 table public.a',
      'ROUNDTRIP_DATA 004_other.up.sql:1 table public.a',
    ])
    expect(report.findings.map(({ message }) => message.replace(/^.* rows of /, ''))).toEqual([
      'public.a: 1500 rows before, 1600 after',
      'public.a: 1600 rows before, 1590 after',
      'public.a: their content differs (1590 rows)',
    ])
    expect(report.findings.map(({ difference }) => difference?.proven)).toEqual([false, false, false])
    const [more, less] = report.findings
    expect(more?.hint).toMatch(/^delete in the down/)
    expect(less?.hint).toMatch(/^a down can bring back only/)
  })
})

describe('rows that are different every time', () => {
  it('are no finding, and are listed with their columns', async () => {
    const report = await walk({
      ...tables(
        `create table a (id int primary key, at timestamptz default clock_timestamp(), r float8 default random());
insert into a values (1);
create table s (id bigint generated always as identity primary key, n text);
create table u (id uuid default gen_random_uuid() primary key, n text);
create table t (id int primary key, n text, updated timestamptz default clock_timestamp());
insert into t values (1, 'x');`,
        'a',
        's',
        'u',
        't',
      ),
      ...pair('002_serial', "insert into s (n) values ('x'), ('y');", "delete from s where n in ('x', 'y');"),
      ...pair('003_uuid', "insert into u (n) values ('x');", "delete from u where n = 'x';"),
      ...pair(
        '004_touch',
        "update t set n = 'y', updated = clock_timestamp();",
        "update t set n = 'x', updated = clock_timestamp();",
      ),
      ...pair('005_steady', "insert into a values (2, '2020-01-01', 0);", 'delete from a where id = 2;'),
    })
    expect(found(report)).toEqual([])
    expect(report.exitCode).toBe(0)
    expect(report.roundtrip?.proofs.map(({ nondeterministic }) => nondeterministic)).toEqual([
      ['public.a (at, r)', 'public.t (updated)'],
      ['public.s'],
      ['public.u'],
      ['public.t (updated)'],
      undefined,
    ])
  })

  it('do not hide a row that is left, nor a value that was steady before the up', async () => {
    const report = await walk({
      ...tables(
        "create table u (id uuid default gen_random_uuid() primary key, n text);\ncreate table a (id int primary key, token text);\ninsert into a values (1, 'abc');",
        'u',
        'a',
      ),
      ...pair('002_uuid', "insert into u (n) values ('x'), ('y');", "delete from u where n = 'x';"),
      ...pair('003_token', 'update a set token = gen_random_uuid()::text;', 'select 1;'),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_DATA 002_uuid.up.sql:1 table public.u',
      'ROUNDTRIP_DATA 003_token.up.sql:1 table public.a',
    ])
  })

  it.each([
    ['by the key', 'id int primary key, n text', `"id" = '1' AND "n" = 'x'`],
    [
      'by what is unique where the key is not steady',
      'id uuid default gen_random_uuid() primary key, n text unique',
      `"n" = 'x'`,
    ],
    [
      'by what else they hold where there is no key',
      'id int, n text',
      `ctid IN (SELECT ctid FROM a WHERE "id" = '1' AND "n" = 'x' LIMIT 1)`,
    ],
  ])('are named %s, in SQL that is tried on those of another up', async (_, columns, where) => {
    const report = await walk({
      ...tables(
        `create table a (${columns}, at timestamptz default clock_timestamp(), day date default current_date);`,
        'a',
      ),
      ...pair(
        '002_seed',
        columns.includes('uuid')
          ? "insert into a (n) values ('x');"
          : "insert into a (id, n) values (1, 'x');",
        'select 1;',
      ),
    })
    expect(missingSql(report)).toEqual([`DELETE FROM a WHERE ${where};`])
    expect(onlyFinding(report).difference?.proven).toBe(true)
    expect(verdicts(report)).toEqual(['001 passed', '002 failed', 'ladder passed', 'batch passed'])
  })

  it.each([
    ['nothing else is unique', 'id uuid default gen_random_uuid() primary key', 'insert into a (n) values'],
    ['others hold the same', 'id int', "insert into a (id, n) values (0, 'old');\ninsert into a (n) values"],
    ['they hold nothing else', 'id float8 default random()', 'insert into a (m) values'],
  ])('are not named where %s', async (_, id, insert) => {
    const report = await walk({
      ...tables(
        `create table a (${id}, n text, m float8 default random());\ninsert into a (id, n) values (default, 'x');`,
        'a',
      ),
      ...pair(
        '002_seed',
        `${insert} (default);`.replace('(n) values (default)', "(n) values ('x')"),
        'select 1;',
      ),
    })
    expect(onlyFinding(report).difference).toMatchObject({
      missingSql: ['-- no SQL: it would have to name rows by what is different every time'],
      proven: false,
    })
    expect(verdicts(report).slice(-2)).toEqual(['ladder not-walked', 'batch passed'])
  })

  it('are set back by what is steady beside them', async () => {
    const report = await walk({
      ...tables(
        "create table a (id int primary key, n text, at timestamptz);\ninsert into a values (1, 'x', '2020-01-01');",
        'a',
      ),
      ...pair('002_touch', "update a set n = 'y', at = clock_timestamp();", 'select 1;'),
    })
    expect(missingSql(report)).toEqual([
      expect.stringMatching(
        /^UPDATE a SET "at" = '2020-01-01 .*', "n" = 'x' WHERE "id" = '1' AND "n" = 'y';$/,
      ),
    ])
    expect(onlyFinding(report).difference?.proven).toBe(true)
  })

  it('can be declared: a volatile column is not compared, others are', async () => {
    const report = await walk({
      '001_a.up.sql':
        "-- sqlmig: volatile public.a.n\ncreate table a (id int primary key, n text, m text);\ninsert into a values (1, 'x', 'x');",
      '001_a.down.sql': 'drop table a;',
      ...pair('002_n', "update a set n = 'y';", 'select 1;'),
      ...pair('003_m', "update a set m = 'y';", 'select 1;'),
    })
    expect(found(report)).toEqual(['ROUNDTRIP_DATA 003_m.up.sql:1 table public.a'])
  })
})
