import { execFileSync } from 'node:child_process'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { withConnection } from '../support/connect.ts'
import { type FileContents, migrationsFolder, writeFiles } from '../support/folder.ts'
import { pair } from '../support/sqlmig.ts'
import { documentOf, falseClaims } from './claims.ts'
import { closeGate, GATED } from './gate.ts'
import { type Ended, type Lab, type LabDatabase, openLab, runTool, startTool } from './lab.ts'
import { inTransaction, type Shape, shapeOf, TWO } from './shape.ts'
import { audit, brief } from './trial.ts'
import { look } from './world.ts'

// What the server, the parser and the checks say of single statements is in test/integration/file-contents.test.ts.
let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

const GOOD = inTransaction('001').files

async function database(): Promise<LabDatabase> {
  const db = await lab.database()
  onTestFinished(() => db.drop())
  return db
}

/** Runs `up`, which has to be refused with nothing done, and gives what it says. */
async function refused(db: LabDatabase, cwd: string, codes: readonly number[]): Promise<string> {
  const before = await look(db.adminUrl)
  const run = await runTool(db.url, ['up'], { cwd })
  expect(codes, brief(run)).toContain(run.code)
  const after = await look(db.adminUrl)
  expect(after).toEqual(before)
  const nothing: Shape = { name: 'nothing', files: {}, migrations: [] }
  expect(falseClaims(run, after, nothing, { secrets: lab.secrets })).toEqual([])
  return run.stdout
}

const bytes = (...parts: (string | number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))))

describe('before anything runs a folder is refused because of', () => {
  it.each<[string, FileContents, RegExp]>([
    ['NUL', { '002_b.up.sql': bytes('select 1;', [0], '\n') }, /byte 10\b|offset 9\b|byte 9\b/],
    ['invalid UTF-8', { '002_b.up.sql': bytes('select ', [0xff, 0xfe], ';\n') }, /byte \d+|offset \d+/],
    ['Latin-1', { '002_b.up.sql': Buffer.from("select 'é';\n", 'latin1') }, /byte \d+|offset \d+/],
    ['UTF-16', { '002_b.up.sql': Buffer.from('select 1;\n', 'utf16le') }, /byte \d+|offset \d+/],
    ['a blank down', pair('002_b', 'create table b ();', ' \n'), /DOWN_MISSING/],
    ['1 beside 001', pair('1_twin', 'create table twin ();\n'), /VERSION_DUPLICATE/],
    ['leading ROLLBACK', pair('002_b', 'rollback;\ncreate table b ();\n'), /TRANSACTION_CONTROL/],
  ])('%s', async (_what, files, says) => {
    const db = await database()
    const down = Object.keys(files).some((name) => name.endsWith('.down.sql'))
    const cwd = await migrationsFolder({
      ...GOOD,
      ...(down ? {} : { '002_b.down.sql': 'drop table b;\n' }),
      ...files,
    })
    expect(await refused(db, cwd, [2, 4])).toMatch(says)
  })

  it('a down without an up', async () => {
    const db = await database()
    const cwd = await migrationsFolder({ ...GOOD, '002_b.down.sql': 'drop table b;\n' })
    expect(await refused(db, cwd, [2, 4])).toMatch(/002_b/)
  })

  it.each<[string, (path: string, outside: string) => Promise<void>]>([
    ['a link out of the folder', (path, outside) => symlink(join(outside, '001_t001.up.sql'), path)],
    ['a link to nothing', (path) => symlink('/nonexistent/file', path)],
    ['a directory', async (path) => void (await mkdir(path))],
    ['a pipe', async (path) => void execFileSync('mkfifo', [path])],
  ])('%s in place of a file', async (_what, make) => {
    const db = await database()
    const outside = await migrationsFolder(GOOD)
    const cwd = await migrationsFolder({ ...GOOD, '002_b.down.sql': 'drop table b;\n' })
    await make(join(cwd, '002_b.up.sql'), outside)
    expect(await refused(db, cwd, [1, 2, 4])).toMatch(/002_b\.up\.sql/)
  })
})

it.each([
  "002_o'b.up.sql",
  '002_a b.up.sql',
  '002_😀.up.sql',
  '002_b.UP.SQL',
  '002_b.up.Sql',
  '002-b.up.sql',
  '002_b.sql',
  'b.up.sql',
])('a file called %s is not passed over in silence', async (name) => {
  const db = await database()
  const cwd = await migrationsFolder({ ...GOOD, [name]: 'create table b ();\n' })
  const run = await runTool(db.url, ['up'], { cwd })
  const findings = documentOf(run.stdout)?.findings ?? []
  expect(JSON.stringify(findings)).toContain(name)
  expect((await look(db.adminUrl)).tables).not.toContain('b')
})

it.each([
  ['nothing', ''],
  ['comments', '-- nothing yet\n/* really */\n'],
])(
  'an up of %s is applied with a row of its own, and said to be empty where its down is too',
  async (_what, up) => {
    const db = await database()
    const cwd = await migrationsFolder({ ...GOOD, ...pair('002_b', up, up) })
    const run = await runTool(db.url, ['up'], { cwd })
    expect(documentOf(run.stdout)).toMatchObject({ exitCode: 0, findings: [{ code: 'UP_MISSING' }] })
    expect((await look(db.adminUrl)).history.map(({ version }) => version)).toEqual(['001', '002'])
  },
)

it('versions may have any length and are ordered as numbers', async () => {
  const versions = ['9', '10', '9007199254740992', '9007199254740993', `1${'0'.repeat(39)}`]
  const shape = shapeOf('long', ...versions.map((version) => inTransaction(version)))
  const db = await database()
  const cwd = await migrationsFolder(shape.files)
  const run = await runTool(db.url, ['up'], { cwd })
  expect(await audit(lab, db, cwd, shape, run)).toEqual([])
  expect((await look(db.adminUrl)).history.map(({ version }) => version)).toEqual(versions)
})

it('line ends and a byte order mark make no other file', async () => {
  const db = await database()
  const cwd = await migrationsFolder(TWO.files)
  await runTool(db.url, ['up'], { cwd })
  const windows = Object.entries(TWO.files).map(
    ([name, text]) => [name, bytes([0xef, 0xbb, 0xbf], String(text).replaceAll('\n', '\r\n'))] as const,
  )
  const other = await migrationsFolder(Object.fromEntries(windows))
  const run = await runTool(db.url, ['up'], { cwd: other })
  expect(run.code).toBe(0)
  expect(await audit(lab, db, other, TWO, run)).toEqual([])
})

it('a bare CR ends a comment for the server, and sqlmig says that there is one', async () => {
  const db = await database()
  const up = 'create table shown ();\n-- a comment\rcreate table hidden ();\n'
  const cwd = await migrationsFolder(pair('001_cr', up, 'drop table hidden, shown;\n'))
  const run = await runTool(db.url, ['up'], { cwd })
  expect(JSON.stringify(documentOf(run.stdout)?.findings)).toMatch(/001_cr\.up\.sql/)
  const [row] = await withConnection(
    db.adminUrl,
    (sql) => sql`select up_sql, to_regclass('public.hidden') is not null as hidden from sqlmig.history`,
  )
  expect(row).toEqual({ up_sql: up, hidden: true })
})

describe('COPY TO stdout', () => {
  it('before an error does not hide it', async () => {
    const db = await database()
    const up = 'copy (select generate_series(1, 10)) to stdout;\nselect 1 / 0;\n'
    const cwd = await migrationsFolder(pair('001_copy', up, 'select 1;\n'))
    const run = await runTool(db.url, ['up'], { cwd })
    expect(documentOf(run.stdout)).toMatchObject({ exitCode: 1, error: { sqlstate: '22012' } })
    expect((await look(db.adminUrl)).history).toEqual([])
  })

  it('of many rows comes to its end', async () => {
    const db = await database()
    const up = "copy (select repeat('x', 1000) from generate_series(1, 100000)) to stdout;\n"
    const cwd = await migrationsFolder(pair('001_copy', up, 'select 1;\n'))
    expect(await runTool(db.url, ['up'], { cwd })).toMatchObject({ code: 0, hung: false })
  })
})

describe('while a run sleeps', () => {
  it.each<[string, (cwd: string) => Promise<void>]>([
    ['a file is swapped', (cwd) => writeFile(join(cwd, '003_t003.up.sql'), 'create table swapped ();\n')],
    ['a file is deleted', (cwd) => rm(join(cwd, '003_t003.up.sql'))],
    [
      'the folder is emptied',
      async (cwd) => {
        for (const name of Object.keys(GATED.files)) await rm(join(cwd, name))
      },
    ],
  ])('%s: what was read is what runs and what is recorded', async (_what, change) => {
    const db = await database()
    const outsider = await closeGate(db)
    onTestFinished(() => outsider.close())
    const files = Object.fromEntries(
      Object.entries(GATED.files).map(([name, text]) => [
        name,
        String(text).replace('pg_sleep(60)', 'pg_sleep(3)'),
      ]),
    )
    const shape: Shape = { ...GATED, files }
    const cwd = await migrationsFolder(files)
    const running = startTool(db.url, ['up'], { cwd })
    await outsider.atGate()
    await change(cwd)
    const run = await running.whole
    expect(run.code).toBe(0)
    await writeFiles(cwd, files)
    expect(await audit(lab, db, cwd, shape, run)).toEqual([])
    const rows = await outsider.sql`select up_sql from sqlmig.history order by id`
    expect(rows.map((row) => row['up_sql'])).toEqual(
      ['001', '002', '003'].map((version) => files[`${version}_t${version}.up.sql`]),
    )
  })
})

describe.skipIf(inject('faultDepth') === 'quick')('a large file', () => {
  const MB = 1024 * 1024

  it.each([
    ['100 MB in one literal', () => `insert into big values ('${'x'.repeat(100 * MB)}');\n`],
    ['300,000 statements', () => "insert into big values ('some text of usual length');\n".repeat(300_000)],
  ])('%s takes less than 1.5 GB of memory', async (_what, make) => {
    const db = await database()
    const cwd = await migrationsFolder(pair('001_big', `create table big (t text);\n${make()}`))
    const running = startTool(db.url, ['up'], { cwd, limitMs: 600_000 })
    const memory = await highWaterMark(running.process.pid, running.whole)
    expect(await running.whole).toMatchObject({ code: 0 })
    expect((await look(db.adminUrl)).history.map(({ event }) => event)).toEqual(['applied'])
    if (memory !== undefined) expect(memory / MB).toBeLessThan(1500)
  })
})

/** The most memory that a process had, in bytes, where the system tells. */
async function highWaterMark(pid: number | undefined, whole: Promise<Ended>): Promise<number | undefined> {
  let most: number | undefined
  const read = async () => {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    const kilobytes = /VmHWM:\s+(\d+) kB/.exec(status)?.[1]
    if (kilobytes !== undefined) most = Number(kilobytes) * 1024
  }
  const timer = setInterval(() => void read(), 100)
  await whole
  clearInterval(timer)
  return most
}
