import { execFile } from 'node:child_process'
import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { whyNoPgDump } from '../support/battery-pg-dump.ts'
import { runBinary } from '../support/binary.ts'
import { createTestDatabase } from '../support/database.ts'
import { found, verdicts, walk } from '../support/roundtrip.ts'
import {
  createProject,
  errorCodes,
  historyOf,
  isQuiet,
  isSleeping,
  pair,
  snapshot,
  stepsOf,
  tablePair,
} from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const TRICKY = [
  '1\t; commit; --',
  '2\tit\'s $$ /* "',
  '3\t\\\\.',
  '4\t\\N',
  '5\ta\\tb\\nc\\',
  'd',
  '6\tdrop table sqlmig.history;',
  '7\té😀\\x41',
  '8\t-- sqlmig: no-transaction',
  '9\t\\\\i file',
].join('\n')

const loaded = pair(
  '002_t',
  `create table t (a int primary key, b text);\n\nCOPY public.t (a, b) FROM STDIN; -- the rows\n${TRICKY}\n\\.\n\ncreate index on t (b);\n`,
)

const TRICKY_ROWS = [
  '1 ; commit; --',
  '2 it\'s $$ /* "',
  '3 \\.',
  '4 null',
  '5 a\tb\nc\nd',
  '6 drop table sqlmig.history;',
  '7 é😀A',
  '8 -- sqlmig: no-transaction',
  '9 \\i file',
]

async function rowsOf({ db }: Awaited<ReturnType<typeof createProject>>): Promise<string[]> {
  const rows = await db.sql<
    { row: string }[]
  >`select concat(a, ' ', coalesce(b, 'null')) as row from t order by a`
  return rows.map(({ row }) => row)
}

describe('COPY FROM stdin with its data in the file', () => {
  it('loads them, and data that look like SQL are data', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...loaded })
    expect(await project.sqlmig.plan()).toMatchObject({ ok: true, findings: [] })
    expect(await project.sqlmig.up({ dryRun: true })).toMatchObject({ ok: true, findings: [] })
    expect(await historyOf(project.db)).toEqual([])
    expect(await project.sqlmig.up()).toMatchObject({ ok: true, exitCode: 0 })
    expect(await rowsOf(project)).toEqual(TRICKY_ROWS)
    expect(await project.sqlmig.verify()).toMatchObject({ ok: true })
    expect(await project.sqlmig.redo()).toMatchObject({ ok: true })
    expect(await rowsOf(project)).toEqual(TRICKY_ROWS)
    expect(await isQuiet(project.db.sql)).toBe(true)
  })

  it('loads them from a file with CRLF as well', async () => {
    const files = Object.entries(loaded).map(([name, text]) => [name, text.replaceAll('\n', '\r\n')])
    const project = await createProject(Object.fromEntries(files))
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
    expect(await rowsOf(project)).toEqual(TRICKY_ROWS)
  })

  it('loads CSV with a header, quoted line ends and a list of columns', async () => {
    const csv = 'b,a\n"x\n; commit; --",1\n,2\n"""",3\n'
    const up = `create table t (a int, b text);\ncopy t(b, a) from stdin with (format csv, header);\n${csv}\\.\n`
    const project = await createProject(pair('001_t', up))
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
    expect(await rowsOf(project)).toEqual(['1 x\n; commit; --', '2 null', '3 "'])
  })

  it('takes no rows at all, and several statements one behind the other', async () => {
    const up = `create table t (a int, b text);\ncopy t from stdin;\n\\.\ncopy t (a) from stdin;\n1\n\\.\ncopy t (a) from stdin;\n2\n\\.`
    const project = await createProject(pair('001_t', up))
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
    expect(await rowsOf(project)).toEqual(['1 null', '2 null'])
  })

  it('is one of the statements of a file without a transaction', async () => {
    const up =
      '-- sqlmig: no-transaction\ncreate table t (a int, b text);\ncopy t from stdin;\n1\tx\n\\.\nvacuum t;\n'
    const project = await createProject(pair('001_t', up))
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
    expect(await rowsOf(project)).toEqual(['1 x'])
    expect((await historyOf(project.db)).filter((row) => row.startsWith('done'))).toHaveLength(3)
  })

  it('runs in a single transaction with others', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...loaded })
    expect(await project.sqlmig.up({ transactions: 'single' })).toMatchObject({ ok: true })
    expect(await rowsOf(project)).toEqual(TRICKY_ROWS)
  })
})

describe('a file with COPY data that fails', () => {
  const head = 'create table t (a int primary key, b text);\n'
  const bad = '1\tx\n2\ty\\\nz\nbad\tz\n4\tz\n'

  it.each([
    ['at a bad row', `${head}select 1;\ncopy t from stdin;\n${bad}\\.\nselect 2;\n`, 7, '22P02'],
    ['at a bad row of CSV', `${head}\ncopy t from stdin csv;\n1,"x\ny"\nbad,x\n3,x\n\\.\n`, 6, '22P02'],
    [
      'at a later bad row of CSV',
      `${head}copy t from stdin csv;\n0,\n1,"x\ny"\nbad,x\n3,x\n\\.\n`,
      6,
      '22P02',
    ],
    ['at a second row of a key', `${head}copy t from stdin;\n1\tx\n2\tx\n1\ty\n\\.\n`, 5, '23505'],
    ['at a line with too few columns', `${head}copy t from stdin;\n1\tx\n2\n\\.\n`, 4, '22P04'],
    ['before the data', `${head}select 1/0;\ncopy t from stdin;\n1\tx\n\\.\n`, 2, '22012'],
    ['in the COPY statement', `${head}copy t (a,\n  none) from stdin;\n1\tx\n\\.\n`, 2, '42703'],
    ['behind the data', `${head}copy t from stdin;\n1\tx\n\\.\n\nselect 1;\nselect\n nope;\n`, 8, '42703'],
    [
      'behind data of two statements',
      `${head}copy t from stdin;\n1\tx\n\\.\ncopy t from stdin;\n\\.\nselect 1; select\n1/0;`,
      7,
      '22012',
    ],
    ['at a syntax error behind the data', `${head}copy t from stdin;\n1\tx\n\\.\nselec 1;\n`, 5, '42601'],
  ])('%s leaves nothing, and the line is right', async (_where, up, line, sqlstate) => {
    const project = await createProject({ ...tablePair('001_a'), ...pair('002_t', up) })
    await project.sqlmig.up({ to: { kind: 'version', version: '001' } })
    const before = await snapshot(project.db)
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'STATEMENT_FAILED', sqlstate } })
    expect(report.error?.location).toMatchObject({ file: '002_t.up.sql', line })
    expect(report.error?.excerpt?.line).toBe(line)
    expect(await snapshot(project.db)).toEqual(before)
    await waitFor(() => isQuiet(project.db.sql))
  })

  it('at a bad row shows that row and the context of the server', async () => {
    const project = await createProject(pair('001_t', `${head}copy t from stdin;\n${bad}\\.\n`))
    const { error } = await project.sqlmig.up()
    expect(error?.excerpt?.lines.find(({ number }) => number === 6)?.text).toBe('bad\tz')
    expect(error?.consequence).toBe('Nothing of 001 t was applied.')
    expect(error?.failure).toMatchObject({ where: 'COPY t, line 3, column a: "bad"' })
  })

  it('without a transaction keeps the statements before it', async () => {
    const up = `-- sqlmig: no-transaction\n${head}copy t from stdin;\n${bad}\\.\nselect 1;\n`
    const project = await createProject(pair('001_t', up))
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({ exitCode: 1, error: { location: { line: 7 } } })
    expect(await rowsOf(project)).toEqual([])
    expect((await historyOf(project.db)).at(-1)).toBe('failed 001 2')
  })

  it.each([30, 0.002])(
    'is cancelled in the middle of its data by an interrupt; seconds per row: %f',
    async (seconds) => {
      const up = `${head}create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(${seconds}); return new; end $$;
create trigger wait before insert on t for each row execute function wait();
copy t from stdin;\n${Array.from({ length: 200_000 }, (_, n) => `${n}\t${'x'.repeat(80)}\n`).join('')}\\.\n`
      const project = await createProject(pair('001_t', up))
      const abort = new AbortController()
      const running = project.with({ signal: abort.signal }).up()
      await waitFor(() => isSleeping(project))
      abort.abort()
      expect(await running).toMatchObject({ exitCode: 130, error: { code: 'INTERRUPTED' } })
      expect(await historyOf(project.db)).toEqual([])
      await waitFor(() => isQuiet(project.db.sql))
    },
  )
})

describe('COPY that cannot work is refused before anything runs', () => {
  it.each([
    ['data without an end', 'copy t from stdin;\n1\n', 2],
    ['no data', 'select 1;\ncopy t from stdin;', 3],
    ['no semicolon', 'copy t from stdin\n', 2],
    ['more on its line', 'copy t from stdin; drop table t;\n1\n\\.\n', 2],
    ['binary data', 'copy t from stdin (format binary);\n1\n\\.\n', 2],
    ['COMMIT behind data', 'copy t from stdin;\n1\n\\.\ncommit;\n', 5],
  ])('%s', async (_what, rest, line) => {
    const project = await createProject(pair('001_t', `create table t (a int);\n${rest}`))
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'RUN_REFUSED' } })
    expect(errorCodes(report)[0]).toMatch(/^(?:COPY_DATA|TRANSACTION_CONTROL)$/)
    expect(report.findings[0]?.location).toMatchObject({ file: '001_t.up.sql', line })
    expect(await historyOf(project.db)).toEqual([])
  })

  it('in a DO block it fails by the server, without a wait', async () => {
    const project = await createProject(
      pair('001_t', "create table t (a int);\ndo $$ begin execute 'copy t from stdin'; end $$;\n"),
    )
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 1, error: { sqlstate: '0A000' } })
    expect(await historyOf(project.db)).toEqual([])
  })
})

describe('COPY TO stdout', () => {
  const copy = "copy (select repeat('x', 1000) from generate_series(1, 100000)) to stdout"

  it('of 100 MB ends', async () => {
    const project = await createProject(pair('001_t', `create table t ();\n${copy};\n`))
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
  })

  it('does not lose the error behind it', async () => {
    const project = await createProject(pair('001_t', `create table t ();\n${copy};\nselect\n1/0;\n`))
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({ exitCode: 1, error: { sqlstate: '22012', location: { line: 3 } } })
    expect(stepsOf(report)).toEqual(['apply 001 failed'])
    expect(await historyOf(project.db)).toEqual([])
  })
})

describe('a round trip', () => {
  it('goes through files with COPY data', async () => {
    const report = await walk({ ...tablePair('001_a'), ...loaded })
    expect(found(report)).toEqual([])
    expect(verdicts(report)).toEqual(['001 passed', '002 passed', 'ladder passed', 'batch passed'])
  })

  it('finds rows that a down leaves, at the COPY that brought them', async () => {
    const seed = pair(
      '002_seed',
      'select 1;\n\ncopy a from stdin;\n1\n2\n\\.\nselect 2;\n',
      'delete from a where id = 1;\n',
    )
    const report = await walk({ ...tablePair('001_a'), ...seed })
    expect(found(report)).toEqual(['ROUNDTRIP_DATA 002_seed.up.sql:3 table public.a'])
  })
})

describe('a dump', () => {
  it('of pg_dump is a migration', async ({ skip }) => {
    const why = await whyNoPgDump()
    if (why !== undefined) skip(why)
    const source = await createTestDatabase()
    await source.sql.unsafe(`
      create schema shop; create type shop.mood as enum ('ok', 'sad');
      create table shop."Item" (id int generated always as identity primary key, name text, mood shop.mood, at timestamptz, doc jsonb);
      create table shop.part (item int references shop."Item", "from" text, bytes bytea);
      insert into shop."Item" (name, mood, at, doc) select E'n\\t\\n\\\\; commit; --' || i, 'ok', now(), '{"a": "\\\\."}' from generate_series(1, 500) i;
      insert into shop.part select i, case when i % 2 = 0 then null else '\\.' end, '\\x00ff' from generate_series(1, 500) i`)
    const { stdout } = await promisify(execFile)('pg_dump', ['--no-owner', source.url], { maxBuffer: 1e8 })
    expect(stdout).toContain('FROM stdin;')
    const project = await createProject(pair('001_shop', stdout, 'drop schema shop cascade;\n'))
    expect(await project.sqlmig.up()).toMatchObject({ ok: true, findings: [] })
    const content = 'select md5(string_agg(t::text, chr(10) order by t::text)) as hash from '
    for (const table of ['shop."Item"', 'shop.part'])
      expect([...(await project.db.sql.unsafe(`${content}${table} t`))]).toEqual([
        ...(await source.sql.unsafe(`${content}${table} t`)),
      ])
    expect(await project.sqlmig.down()).toMatchObject({ ok: true })
  })
})

describe('50 MB of data', () => {
  it('are loaded in a bounded amount of memory', async () => {
    const project = await createProject(pair('001_t', ''))
    const file = join(project.folder, '001_t.up.sql')
    await writeFile(file, 'create table t (a int, b text);\ncopy t from stdin;\n')
    const row = 'x'.repeat(94)
    for (let from = 0; from < 500_000; from += 10_000)
      await appendFile(file, Array.from({ length: 10_000 }, (_, n) => `${from + n}\t${row}\n`).join(''))
    await appendFile(file, '\\.\nanalyze t;\n')
    await writeFile(
      join(project.folder, 'peak.mjs'),
      "import { writeSync } from 'node:fs'\nprocess.on('exit', () => writeSync(2, 'PEAK ' + process.resourceUsage().maxRSS))\n",
    )
    const run = await runBinary(['up', '--database', project.db.url, '--dir', project.folder], {
      cwd: project.folder,
      node: ['--import', pathToFileURL(join(project.folder, 'peak.mjs')).href],
    })
    expect(run).toMatchObject({ code: 0 })
    expect((await project.db.sql`select count(*)::int as n from t`)[0]?.['n']).toBe(500_000)
    // In kilobytes. The file is there twice, as bytes and as text; Node itself takes about 100 MB.
    expect(Number(/PEAK (\d+)/.exec(run.stderr)?.[1])).toBeLessThan(400_000)
  })
})
