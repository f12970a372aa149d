import { describe, expect, it } from 'vitest'
import { writeFiles } from '../support/folder.ts'
import { createProject, historyOf, pair, snapshot, stepsOf, tablePair } from '../support/sqlmig.ts'

const around = { ...tablePair('001_before'), ...tablePair('003_after') }

async function failing(up: string) {
  const project = await createProject({ ...around, ...pair('002_bad', up) })
  const report = await project.sqlmig.up()
  return { project, report }
}

describe('a migration that fails', () => {
  it('leaves nothing of itself, keeps what came before, and goes on when it is mended', async () => {
    const { project, report } = await failing(
      "create table bad (id int);\ninsert into bad values (1);\ncreate type mood as enum ('ok');\nselect 1/0;\n",
    )
    expect(report).toMatchObject({
      ok: false,
      exitCode: 1,
      error: {
        code: 'STATEMENT_FAILED',
        sqlstate: '22012',
        location: { file: '002_bad.up.sql', line: 4, column: 1 },
      },
    })
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 failed', 'apply 003 not-run'])
    expect(report.error?.consequence).toBe('Nothing of 002 bad was applied. 001 stays applied.')
    expect(report.migrations.map(({ state }) => state)).toEqual(['applied', 'pending', 'pending'])
    const { catalog, history } = await snapshot(project.db)
    expect(history).toEqual(['applied 001'])
    expect(catalog.filter((line) => line.startsWith('relation'))).toEqual([
      'relation public.before r p f',
      'relation public.before_pkey i p f',
    ])
    expect(catalog.join()).not.toContain('mood')
    await writeFiles(project.folder, pair('002_bad', 'create table bad (id int);\n'))
    expect(stepsOf(await project.sqlmig.up())).toEqual(['apply 002 done', 'apply 003 done'])
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('the very first of all leaves an empty history that can go on', async () => {
    const project = await createProject(pair('001_bad', 'select 1/0;\n'))
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 1 })
    expect(await historyOf(project.db)).toEqual([])
    await writeFiles(project.folder, pair('001_bad', 'create table bad ();\n'))
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('can fail and be mended within one process and one configuration, again and again', async () => {
    const { project } = await failing('prepare p as select 1;\nselect pg_advisory_lock(7);\nselect 1/0;\n')
    for (let i = 0; i < 3; i++)
      expect(await project.sqlmig.up()).toMatchObject({ error: { sqlstate: '22012' } })
    const rows = await project.db.sql`select pg_try_advisory_lock(7) as free`
    expect(rows[0]?.['free']).toBe(true)
  })
})

describe('the place of an error', () => {
  it.each([
    ['a syntax error', 'create table bad (\n  id int,,\n);\n', '42601', 2, 10],
    ['a syntax error after é😀', "select 'é😀', 'ü';\n/* 表 */ select '😀' frum x y;\n", '42601', 2, 25],
    ['an unknown name', 'select 1;\n\n  select *\n    from nowhere;\n', '42P01', 4, 10],
    ['an unknown name after é😀', "select 'é😀';  select nothing;\n", '42703', 1, 22],
    [
      'a run-time error in the n-th statement',
      "select 'é😀';\n-- one\n  /* two */ select 1/0;\nselect 2;\n",
      '22012',
      3,
      13,
    ],
    [
      'a constraint in a long file',
      `${'select 1;\n'.repeat(500)}create table bad (n int check (n > 0));\ninsert into bad values (0);\n`,
      '23514',
      502,
      1,
    ],
    [
      'a function that raises',
      "create function f() returns void language plpgsql as $$\nbegin\n  raise 'no';\nend $$;\nselect f();\n",
      'P0001',
      5,
      1,
    ],
    ['a DO block', 'select 1;\ndo $$\nbegin\n  perform 1/0;\nend $$;\n', '22012', 2, 1],
    [
      'a body that is wrong when it is defined',
      'create function f() returns int language sql as $$\n  select nothing\n$$;\n',
      '42703',
      2,
      10,
    ],
    ['a statement after many that give no tag', ';;;\n;\n\n;select 1/0;;\n', '22012', 4, 2],
    ['a statement after \\restrict', '\\restrict key\nselect 1;\nselect nothing;\n', '42703', 3, 8],
  ])('%s', async (_what, up, sqlstate, line, column) => {
    const { report } = await failing(up)
    expect(report.error).toMatchObject({
      sqlstate,
      location: { file: '002_bad.up.sql', line, column },
      excerpt: { line },
    })
    expect(report.error?.excerpt?.lines.find(({ number }) => number === line)?.text).toBe(
      up.split('\n')[line - 1],
    )
  })

  it('is the file, and no statement of it, for a deferred constraint at its end', async () => {
    const { report, project } = await failing(
      `create table parent (id int primary key);
create table bad (id int references parent deferrable initially deferred);
insert into bad values (1);
select 1;
`,
    )
    expect(report.error).toMatchObject({
      code: 'STATEMENT_FAILED',
      sqlstate: '23503',
      location: { file: '002_bad.up.sql' },
      failure: { table: 'bad', constraint: 'bad_id_fkey' },
    })
    expect(report.error?.location?.line).toBeUndefined()
    expect(await historyOf(project.db)).toEqual(['applied 001'])
  })

  it('inside a function is told by the stack of the server', async () => {
    const { report } = await failing(
      'create function f() returns void language plpgsql as $$\nbegin\n  perform 1/0;\nend $$;\nselect f();\n',
    )
    expect(report.error?.failure?.where).toContain('PL/pgSQL function f() line 3')
  })

  it('is in the down file when a down fails', async () => {
    const project = await createProject(pair('001_a', 'create table a ();\n', 'select 1;\ndrop table b;\n'))
    await project.sqlmig.up()
    const report = await project.sqlmig.down()
    expect(report.error).toMatchObject({ sqlstate: '42P01', location: { file: '001_a.down.sql', line: 2 } })
    expect(report.error?.consequence).toBe('Nothing of 001 a was reverted.')
    expect(await historyOf(project.db)).toEqual(['applied 001'])
  })

  it('comes with detail, hint and names, and with the server telling what it says', async () => {
    const { report } = await failing(
      'create table bad (id int primary key);\ninsert into bad values (1), (1);\n',
    )
    expect(report.error?.failure).toMatchObject({
      detail: 'Key (id)=(1) already exists.',
      schema: 'public',
      table: 'bad',
      constraint: 'bad_pkey',
    })
  })
})

describe('an enum value that is used in the transaction that adds it', () => {
  it('fails with the cure', async () => {
    const { report } = await failing(
      "create type mood as enum ('ok');\nalter type mood add value 'sad';\ncreate table bad (m mood default 'sad');\n",
    )
    // A type of the same transaction may be used at once since PostgreSQL 17.
    if (report.ok) return
    expect(report.error).toMatchObject({ sqlstate: '55P04' })
    expect(report.error?.hint).toMatch(/committed before they can be used|next migration/)
  })
})

describe('notices', () => {
  it('are events that name their migration', async () => {
    const { project } = await failing("do $$ begin raise notice 'from two'; end $$;\n")
    expect(project.events.filter(({ type }) => type === 'notice')).toEqual([
      { type: 'notice', severity: 'NOTICE', message: 'from two', version: '002' },
    ])
  })

  it('and listeners that throw change nothing', async () => {
    const project = await createProject(
      pair('001_a', "create table a ();\ndo $$ begin raise notice 'x'; end $$;\n"),
      {
        onEvent: () => {
          throw new Error('a listener that is broken')
        },
      },
    )
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
  })
})

describe('what no rollback takes back', () => {
  const counted = "create table counted (id int);\nselect setval('public.numbers', 41);\n"

  it('is not said to have left nothing', async () => {
    const project = await createProject({
      ...tablePair('001_a'),
      ...pair(
        '002_counted',
        `${counted}do $$ begin perform pg_advisory_lock(7); end $$;\n-- nextval('x')\nselect 1 / 0;\n`,
      ),
    })
    await project.db.sql`create sequence public.numbers`
    const report = await project.sqlmig.up()
    expect(report.error?.consequence).toBe(
      'Nothing of 002 counted was applied, but what was done by setval, pg_advisory_lock stays. 001 stays applied.',
    )
    expect(await project.db.sql`select last_value::int as n from public.numbers`).toEqual([{ n: 41 }])
    expect(await historyOf(project.db)).toEqual(['applied 001'])
  })

  it('nor in a single transaction, whichever file did it', async () => {
    const project = await createProject({
      ...pair('001_counted', counted),
      ...pair('002_fails', 'select 1 / 0;\n', 'select 1;\n'),
      ...pair('003_later', "select nextval('public.numbers');\n", 'select 1;\n'),
    })
    await project.db.sql`create sequence public.numbers`
    const report = await project.sqlmig.up({ transactions: 'single' })
    expect(report.error?.consequence).toBe(
      'Everything ran in one transaction, which was rolled back: nothing was applied, but what was done by setval stays.',
    )
    expect(await historyOf(project.db)).toEqual([])
  })
})
