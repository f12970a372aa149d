import { fileURLToPath } from 'node:url'
import { describe, expect, inject, it } from 'vitest'
import { withConnection } from '../support/connect.ts'
import { readFolder } from '../support/folder.ts'
import { found, missingSql, onlyFinding, verdicts, walk } from '../support/roundtrip.ts'
import { pair } from '../support/sqlmig.ts'

const TAX_ASSISTANT = fileURLToPath(new URL('../fixtures/tax-assistant-broken', import.meta.url))

/** The fixture, without what only pgvector has where the server lacks it. */
async function taxAssistant(): Promise<Record<string, string>> {
  const files = await readFolder(TAX_ASSISTANT)
  const vector = await withConnection(
    inject('serverUrl'),
    (sql) => sql`select from pg_available_extensions where name = 'vector'`,
  )
  if (vector.length > 0) return files
  const without = (text: string) =>
    text
      .replaceAll(/^(?:CREATE|DROP) EXTENSION .*$/gm, '--')
      .replaceAll(/^CREATE INDEX .*USING hnsw.*$/gm, '--')
      .replaceAll(/vector\(1536\)/g, 'real[]')
  return Object.fromEntries(Object.entries(files).map(([name, text]) => [name, without(text)]))
}

describe('a round trip', () => {
  it('finds the one thing that the first pair of the tax assistant once forgot', async () => {
    const files = await taxAssistant()
    const report = await walk(files)
    const up = files['001_initial_schema.up.sql'] ?? ''
    const line = up.slice(0, up.indexOf('CREATE TYPE taskstatus')).split('\n').length
    const finding = onlyFinding(report)
    expect(report).toMatchObject({ ok: false, exitCode: 6 })
    expect(report.error).toBeUndefined()
    expect(found(report)).toEqual([
      `ROUNDTRIP_LEFTOVER 001_initial_schema.up.sql:${line} type public.taskstatus`,
    ])
    expect(finding.difference).toMatchObject({
      missingSql: ['DROP TYPE taskstatus;'],
      proven: true,
      before: null,
    })
    expect(finding.difference?.consequence).toMatch(/next up fails: type "taskstatus" already exists \(42710/)
    expect(verdicts(report)).toEqual(['001 failed', 'ladder passed', 'batch passed'])
  })

  it('passes what comes back, with every duration', async () => {
    const report = await walk({
      ...pair('001_a', 'create table a (id int primary key);'),
      ...pair('002_b', 'create view b as select * from a;', 'drop view b;'),
    })
    expect(report).toMatchObject({ ok: true, exitCode: 0, findings: [], steps: [], migrations: [] })
    expect(verdicts(report)).toEqual(['001 passed', '002 passed', 'ladder passed', 'batch passed'])
    for (const proof of report.roundtrip?.proofs ?? [])
      expect([proof.upMs, proof.downMs, proof.redoMs]).toEqual([0, 0, 0].map(() => expect.any(Number)))
  })

  it('goes on after a proof that failed, so that one run names every problem', async () => {
    const report = await walk({
      ...pair(
        '001_t',
        'create table t (id int primary key, n text);\ncreate index t_n on t (n);',
        'select 1;',
      ),
      ...pair('002_type', 'create table type ();\ncreate type mood as enum ();', 'drop table type;'),
      ...pair('003_fine', 'alter table t add m mood;', 'alter table t drop m;'),
      ...pair('004_lost', 'drop index t_n;', 'select 1;'),
      ...pair(
        '005_changed',
        "alter table t\n  alter n set not null,\n  alter n set default 'x';",
        'select 1;',
      ),
      ...pair('006_renamed', 'alter table t rename n to label;', 'select 1;'),
      ...pair('007_order', 'alter table t drop id;', 'alter table t add id int primary key;'),
      ...pair('008_fails', 'create table u ();', 'drop table nope;'),
      ...pair(
        '009_key',
        'create table k (a int, b int);\nalter table k add primary key (a, b);',
        'drop table k;',
      ),
    })
    expect(found(report)).toEqual([
      'ROUNDTRIP_LEFTOVER 001_t.up.sql:1 table public.t',
      'ROUNDTRIP_LEFTOVER 002_type.up.sql:2 type public.mood',
      'ROUNDTRIP_LOST 004_lost.up.sql:1 index public.t_n',
      'ROUNDTRIP_CHANGED 005_changed.up.sql:2 column public.t.n',
      'ROUNDTRIP_CHANGED 006_renamed.up.sql:1 column public.t.n',
      'COLUMN_ORDER 007_order.up.sql:1 table public.t',
      'ROUNDTRIP_DOWN_FAILED 008_fails.down.sql:1',
    ])
    expect(missingSql(report)).toEqual([
      'DROP TABLE t;',
      'DROP TYPE mood;',
      'CREATE INDEX t_n ON t USING btree (n);',
      'ALTER TABLE t ALTER COLUMN n DROP DEFAULT;',
      'ALTER TABLE t ALTER COLUMN n DROP NOT NULL;',
      'ALTER TABLE t RENAME COLUMN label TO n;',
    ])
    expect(verdicts(report)).toEqual([
      ...['001 failed', '002 failed', '003 passed', '004 failed', '005 failed', '006 failed'],
      ...['007 warned', '008 failed', '009 passed', 'ladder not-walked', 'batch passed'],
    ])
  })
})

describe('one cause', () => {
  it('is one finding, with what goes with it inside', async () => {
    const report = await walk({
      ...pair(
        '001_base',
        `create table t (id int, k int);
create view v as select id from t;
create table p (id int, k int) partition by range (id);
create table p1 partition of p for values from (0) to (10);
create table r (id serial primary key, k int check (k > 0));
create table ref (r int references r);`,
        'drop table ref, r, p;\ndrop view v;\ndrop table t;',
      ),
      ...pair('002_key', 'alter table t add primary key (id, k);', 'select 1;'),
      ...pair('003_view', 'create or replace view v as select id, k from t;', 'select 1;'),
      ...pair('004_parts', 'alter table p add c int;\ncreate index p_k on p (k);', 'select 1;'),
      ...pair('005_table', 'alter table r rename to rr;', 'select 1;'),
      ...pair(
        '006_schema',
        'create schema s;\ncreate table s.t (id int primary key);\ncreate function s.f() returns int return 1;',
        'select 1;',
      ),
    })
    const inside = report.findings.map(({ object, difference }) => [
      object?.name,
      ...(difference?.inside.map(({ kind, name }) => `${kind} ${name}`).toSorted() ?? []),
    ])
    expect(inside).toEqual([
      ['public.t.t_pkey', 'column public.t.id', 'column public.t.k', 'index public.t_pkey'],
      ['public.v', 'column public.v.k'],
      ['public.p.c', 'column public.p1.c'],
      ['public.p_k', 'index public.p1_k_idx'],
      [
        'public.r',
        ...['column public.r.id', 'column public.r.k', 'constraint public.r.r_k_check'],
        ...['constraint public.r.r_pkey', 'constraint public.ref.ref_r_fkey'],
        ...['index public.r_pkey', 'sequence public.r_id_seq'],
      ],
      ['s', 'column s.t.id', 'constraint s.t.t_pkey', 'function s.f()', 'index s.t_pkey', 'table s.t'],
    ])
    expect(report.findings.map(({ difference }) => difference?.proven)).toEqual(inside.map(() => true))
  })

  it('of a column that was renamed is not the view that shows it too', async () => {
    const report = await walk({
      ...pair(
        '001_t',
        'create table t (k int);\ncreate view v as select k from t;',
        'drop view v;\ndrop table t;',
      ),
      ...pair('002_r', 'alter table t rename k to kk;', 'select 1;'),
    })
    expect(onlyFinding(report).difference?.missingSql).toEqual(['ALTER TABLE t RENAME COLUMN kk TO k;'])
  })

  it('of a table that was moved to another schema or renamed with its indexes takes no rows along', async () => {
    const report = await walk({
      ...pair(
        '001_t',
        'create schema s;\ncreate table t (id serial primary key);\ncreate table n (id int primary key, k int);\ncreate index n_k on n (k);',
        'drop table n, t;\ndrop schema s;',
      ),
      ...pair('002_moved', 'alter table t set schema s;', 'select 1;'),
      ...pair(
        '003_named',
        'alter table n rename to m;\nalter index n_k rename to m_k;\nalter index n_pkey rename to m_pkey;',
        'select 1;',
      ),
    })
    const sql = missingSql(report)
    expect(sql).toContain('ALTER TABLE s.t SET SCHEMA public;')
    expect(sql).toContain('ALTER TABLE m RENAME TO n;')
    expect(sql.join()).not.toContain('DROP TABLE')
  })
})

describe('the SQL that is lacking', () => {
  it('is found also where views have to go before a column changes, and come back after it', async () => {
    const views = (list: string) =>
      `create view v as select ${list} from t;\ncreate view w as select k from v;`
    const report = await walk({
      ...pair('001_t', `create table t (k int);\n${views('k')}`, 'drop view w, v;\ndrop table t;'),
      ...pair(
        '002_type',
        `drop view w, v;\nalter table t alter k type bigint;\n${views('k, 1 as one')}`,
        'select 1;',
      ),
    })
    expect(report.findings.map(({ difference }) => difference?.proven)).toEqual([true, true, true])
    expect(verdicts(report).slice(-2)).toEqual(['ladder passed', 'batch passed'])
  })

  it('is none for rows whose keys are different every time', async () => {
    const report = await walk({
      ...pair('001_t', 'create table t (id serial primary key, n text);', 'drop table t;'),
      ...pair('002_seed', "insert into t (n) values ('x');", 'select 1;'),
    })
    const { difference, hint } = onlyFinding(report)
    expect(difference).toMatchObject({
      missingSql: ['-- no SQL: it would have to name rows by what is different every time'],
      proven: false,
    })
    expect(hint).toContain('their keys are different every time')
    expect(verdicts(report).at(-2)).toBe('ladder not-walked')
  })

  it('belongs to the finding that says why the next up fails, also by the old name', async () => {
    const report = await walk({
      ...pair('001_t', 'create table t (k int);\ncreate table a (k int);', 'drop table a, t;'),
      ...pair('002_both', "comment on table a is 'x';\nalter table t rename to u;", 'select 1;'),
    })
    const blamed = report.findings.filter(({ difference }) => difference?.consequence !== undefined)
    expect(blamed.map(({ object }) => object?.name)).toEqual(['public.t'])
  })
})

describe('the place of a finding', () => {
  it('is the clause that made it, in DO blocks, functions and long statements too', async () => {
    const report = await walk(
      pair(
        '001_places',
        `create table a (id int);
create function make() returns void language plpgsql as $$
begin
  create table made_by_function ();
end $$;
do $$
begin
  execute 'create table inner_one (id int)';
  create type
    mood as enum ('a');
end $$;

select make();
alter table a
  add column "B ""b""" int,
  add constraint positive check (id > 0);
comment on table a is 'x';`,
        'drop function make;\nalter table inner_one rename to was_inner;',
      ),
    )
    expect(found(report)).toEqual([
      'ROUNDTRIP_LEFTOVER 001_places.up.sql:1 table public.a',
      'ROUNDTRIP_LEFTOVER 001_places.down.sql table public.was_inner',
      'ROUNDTRIP_LEFTOVER 001_places.up.sql:9 type public.mood',
      'ROUNDTRIP_LEFTOVER 001_places.up.sql:13 table public.made_by_function',
    ])
    const parts = await walk({
      ...pair('001_a', 'create table a (id int);'),
      ...pair(
        '002_parts',
        '-- parts\nalter table a\n  add column b int,\n  add "B ""b""" int,\n  add constraint positive check (id > 0);',
        'alter table a drop b;',
      ),
    })
    expect(found(parts)).toEqual([
      'ROUNDTRIP_LEFTOVER 002_parts.up.sql:4 column public.a."B ""b"""',
      'ROUNDTRIP_LEFTOVER 002_parts.up.sql:5 constraint public.a.positive',
    ])
    expect(parts.findings[0]?.excerpt).toBeDefined()
  })

  it('counts the lines of files with CR LF and a byte order mark', async () => {
    const text = '\uFEFFcreate table "Ünï x" ();\r\n\r\ncreate table zwei ();\r\n'
    const report = await walk({
      '001_a.up.sql': text,
      '001_a.down.sql': '\uFEFFdrop table zwei;\r\n-- end\r\n',
    })
    expect(found(report)).toEqual(['ROUNDTRIP_LEFTOVER 001_a.up.sql:1 table public."Ünï x"'])
    expect(missingSql(report)).toEqual(['DROP TABLE "Ünï x";'])
    const other = await walk({ '001_a.up.sql': text, '001_a.down.sql': 'drop table "Ünï x";\r\n' })
    expect(found(other)).toEqual(['ROUNDTRIP_LEFTOVER 001_a.up.sql:3 table public.zwei'])
  })
})
