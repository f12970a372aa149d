import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { deleteFiles, migrationsFolder, readFolder, writeFiles } from '../support/folder.ts'
import { found, verdicts, walk, walkFolder } from '../support/roundtrip.ts'
import { createProject, pair, tablePair } from '../support/sqlmig.ts'

const run = promisify(execFile)
const three = { ...tablePair('001_a'), ...tablePair('002_b'), ...tablePair('003_c') }
const broken = (stem: string) => pair(stem, `create table ${stem.slice(4)} ();`, 'select 1;')

describe('a folder', () => {
  it('that is empty has nothing to prove', async () => {
    const report = await walk({})
    expect(report).toMatchObject({ ok: true, exitCode: 0, findings: [] })
    expect(verdicts(report)).toEqual([])
  })

  it('that is not there is an error', async () => {
    const report = await walkFolder('/nonexistent/sqlmig')
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'DIRECTORY_MISSING' } })
  })

  it.each([
    ['two of one version', { ...tablePair('001_a'), ...tablePair('01_b') }, 'VERSION_DUPLICATE'],
    ['a psql command', pair('001_a', '\\i other.sql\n'), 'META_COMMAND'],
    ['a down without an up', { '001_a.down.sql': 'drop table a;' }, 'UP_MISSING'],
    [
      'bytes that are no text',
      { ...tablePair('001_a'), '001_a.down.sql': Uint8Array.of(0xff) },
      'ENCODING_INVALID',
    ],
  ])('with %s is refused', async (_, files, code) => {
    const report = await walk(files)
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'RUN_REFUSED' } })
    expect(report.findings.map((finding) => finding.code)).toContain(code)
    expect(report.roundtrip).toBeUndefined()
  })
})

describe('a selection', () => {
  it.each([
    [{ versions: ['2'] }, ['002 failed']],
    [{ versions: ['003', '1'] }, ['001 failed', '003 failed']],
    [{ from: '2' }, ['002 failed', '003 failed']],
    [{ from: '002', to: '2' }, ['002 failed']],
  ])('%j proves these and applies what they need', async (input, expected) => {
    const report = await walk({ ...broken('001_a'), ...broken('002_b'), ...broken('003_c') }, input)
    expect(verdicts(report)).toEqual([...expected, 'ladder not-walked'])
    expect(found(report)).toHaveLength(expected.length)
  })

  it('of an unknown version is refused before anything is made', async () => {
    const report = await walk(three, { versions: ['002', '7'] })
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'VERSION_UNKNOWN' } })
    expect(report.error?.hint).toContain('001, 002, 003')
  })

  it('of nothing is not taken for a proof', async () => {
    expect(await walk(three, { from: '3', to: '1' })).toMatchObject({ ok: false, exitCode: 2 })
  })

  it('is not failed by what others lack', async () => {
    const report = await walk(
      { '001_a.up.sql': 'create table a ();', ...tablePair('002_b') },
      { versions: ['2'] },
    )
    expect(report).toMatchObject({ exitCode: 0 })
  })

  it.each([{ versions: ['2'] }, { from: '2', to: '2', warnings: 'fail' as const }])(
    '%j is not refused for what it does not run',
    async (input) => {
      const report = await walk(
        {
          ...pair('001_a', 'create table a ();', 'drop table a;\ncommit;'),
          ...tablePair('002_b'),
          ...pair('003_c', 'vacuum;', ''),
        },
        input,
      )
      expect(report).toMatchObject({ exitCode: 0, findings: [] })
      expect(verdicts(report)).toEqual(['002 passed', 'ladder not-walked'])
    },
  )

  it('is refused for what it runs and up would refuse', async () => {
    const files = {
      ...pair('001_a', 'create table a ();\ncommit;'),
      ...pair('002_b', 'create table b ();', 'drop table b;\n\nvacuum;'),
    }
    const report = await walk(files, { versions: ['2'] })
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'RUN_REFUSED' } })
    expect(found({ findings: report.findings })).toEqual([
      'TRANSACTION_CONTROL 001_a.up.sql:2',
      'NO_TRANSACTION_REQUIRED 002_b.down.sql:3',
    ])
  })

  it('fails when a migration that it needs cannot be applied', async () => {
    const report = await walk(
      { ...pair('001_a', 'create table a (x nope);'), ...tablePair('002_b') },
      { versions: ['2'] },
    )
    expect(found(report)).toEqual(['ROUNDTRIP_UP_FAILED 001_a.up.sql:1'])
    expect(report.exitCode).toBe(6)
  })
})

describe('warnings', () => {
  const order = {
    ...pair('001_a', 'create table a (x int, y int);'),
    ...pair('002_b', 'alter table a drop x;', 'alter table a add x int;'),
  }

  it('fail a run only when they are to', async () => {
    const report = await walk(order)
    expect(report).toMatchObject({ ok: true, exitCode: 0 })
    expect(report.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([
      'warning COLUMN_ORDER',
    ])
    expect(verdicts(report)).toEqual(['001 passed', '002 warned', 'ladder passed', 'batch passed'])
    expect(await walk(order, { warnings: 'fail' })).toMatchObject({ ok: false, exitCode: 6 })
  })
})

describe('migrations that changed', () => {
  async function repository(): Promise<{ folder: string; git: (...args: string[]) => Promise<unknown> }> {
    const root = await migrationsFolder({ 'other.txt': 'x' })
    const folder = join(root, 'db', 'sql')
    await writeFiles(folder, three)
    const identity = ['-c', 'user.name=T', '-c', 'user.email=t@example.org', '-c', 'commit.gpgsign=false']
    const git = (...args: string[]) => run('git', ['-C', root, ...identity, ...args])
    await git('init', '-q', '-b', 'main')
    await git('add', '.')
    await git('commit', '-q', '-m', 'one')
    return { folder, git }
  }
  const provedSince = async (folder: string, since: string) =>
    verdicts(await walkFolder(folder, { since, mode: 'each' })).slice(0, -1)

  it('since a commit are those on the branch, in the folder and not yet added', async () => {
    const { folder, git } = await repository()
    expect(await provedSince(folder, 'HEAD')).toEqual([])
    await git('checkout', '-q', '-b', 'work')
    await writeFiles(folder, { '002_b.down.sql': 'drop table if exists b;\n' })
    expect(await provedSince(folder, 'main')).toEqual(['002 passed'])
    await git('commit', '-q', '-am', 'two')
    await writeFiles(folder, { ...tablePair('004_ünï'.replace('ünï', 'd')), 'notes.txt': 'x' })
    expect(await provedSince(folder, 'main')).toEqual(['002 passed', '004 passed'])
    expect(await provedSince(folder, 'HEAD')).toEqual(['004 passed'])
    await git('checkout', '-q', 'main')
    await writeFiles(folder, { '001_a.up.sql': 'create table a (id bigint primary key);\n' })
    await git('commit', '-q', '-m', 'others', '--', 'db/sql/001_a.up.sql')
    await git('checkout', '-q', 'work')
    expect(await provedSince(folder, 'main')).toEqual(['002 passed', '004 passed'])
  })

  it('since something that git does not know are an error', async () => {
    const { folder } = await repository()
    for (const since of ['nope', '--help', '', '--output=/tmp/x']) {
      const report = await walkFolder(folder, { since })
      expect(report).toMatchObject({ exitCode: 2, error: { code: 'USAGE' } })
    }
    const report = await walk(three, { since: 'HEAD' })
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'USAGE' } })
    expect(report.error?.message).toContain('since HEAD')
  })
})

describe('the SQL that a down lacks', () => {
  const lacking = {
    ...pair('001_end', 'create table one ();\ncreate type t1 as enum ();', 'drop table one'),
    ...pair('002_comment', 'create table two ();\ncreate type t2 as enum ();', 'drop table two; -- the end'),
    ...pair('003_blank', 'create table three ();', '-- nothing yet'),
    ...pair('004_crlf', 'create table four ();\r\ncreate type t4 as enum ();\r\n', 'drop table four;\r\n'),
    '005_c.up.sql':
      '-- sqlmig: no-transaction\ncreate index concurrently one_i on p (id);\ncreate type t5 as enum ();',
    '005_c.down.sql': '-- sqlmig: no-transaction\ndrop index concurrently one_i;',
    ...pair('006_body', 'create table six ();\ncreate type t6 as enum ();', 'drop table six /* ; */'),
    ...pair('000_p', 'create table p (id int);'),
    ...pair('007_seed', 'insert into p values (1), (2);', 'delete from p where id = 1;\n'),
  }

  it('is appended as a draft, and then the round trip passes', async () => {
    const folder = await migrationsFolder(lacking)
    const report = await walkFolder(folder, { fixes: 'write' })
    expect(report).toMatchObject({ exitCode: 6 })
    expect(report.files?.map((path) => path.slice(folder.length + 1))).toEqual(
      ['001_end', '002_comment', '003_blank', '004_crlf', '005_c', '006_body', '007_seed'].map(
        (stem) => `${stem}.down.sql`,
      ),
    )
    const after = await readFolder(folder)
    for (const [name, text] of Object.entries(lacking)) expect(after[name]?.startsWith(text)).toBe(true)
    expect(after['001_end.down.sql']).toMatch(
      /^drop table one\n;\n\n-- Draft by sqlmig[^\n]*\nDROP TYPE t1;\n$/,
    )
    expect(after['002_comment.down.sql']).toMatch(/-- the end\n\n-- Draft by sqlmig[^\n]*\nDROP TYPE t2;\n$/)
    const again = await walkFolder(folder, { fixes: 'write' })
    expect(found(again)).toEqual([])
    expect(again).toMatchObject({ exitCode: 0 })
    expect(again.files).toBeUndefined()
    expect(await readFolder(folder)).toEqual(after)
  })

  it('is not written where the migration is applied already', async () => {
    const project = await createProject({ ...broken('001_a'), ...broken('002_b') }, { scratch: 'server' })
    await project.sqlmig.up({ to: { kind: 'version', version: '1' } })
    const before = await readFolder(project.folder)
    const report = await project.sqlmig.roundtrip({ fixes: 'write' })
    expect(found(report)).toEqual([
      'ROUNDTRIP_LEFTOVER 001_a.up.sql:1 table public.a',
      'ROUNDTRIP_LEFTOVER 002_b.up.sql:1 table public.b',
      'FIX_NOT_WRITTEN 001_a.down.sql',
    ])
    expect(report.files).toEqual([join(project.folder, '002_b.down.sql')])
    const after = await readFolder(project.folder)
    expect(after['001_a.down.sql']).toBe(before['001_a.down.sql'])
    expect(after['002_b.down.sql']).toContain('DROP TABLE b;')
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('is not written where it is not proven, nor without being asked', async () => {
    const many = 'insert into p select generate_series(1, 1500);'
    const folder = await migrationsFolder({
      ...pair('000_p', 'create table p (id int);'),
      ...pair('001_m', many, 'select 1;'),
    })
    const before = await readFolder(folder)
    expect((await walkFolder(folder, { fixes: 'write' })).files).toBeUndefined()
    expect(await readFolder(folder)).toEqual(before)
    await deleteFiles(folder, '001_m.up.sql', '001_m.down.sql')
    await writeFiles(folder, broken('002_b'))
    expect((await walkFolder(folder)).files).toBeUndefined()
    expect((await readFolder(folder))['002_b.down.sql']).toBe('select 1;')
  })

  it.each([
    ['is dropped', 'alter table t drop column a;'],
    [
      'has another name and type',
      'alter table t rename column a to b;\nalter table t alter column b type varchar;',
    ],
  ])('leaves alone what would cost rows: a column that %s', async (_, up) => {
    const files = { ...pair('001_t', 'create table t (id int, a text);'), ...pair('002_c', up, 'select 1;') }
    const report = await walkFolder(await migrationsFolder(files), { fixes: 'write' })
    expect(report.exitCode).toBe(6)
    expect(report.files).toBeUndefined()
    expect(report.findings.filter(({ difference }) => difference?.proven === true)).toEqual([])
  })
})
