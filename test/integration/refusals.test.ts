import { describe, expect, it } from 'vitest'
import { deleteFiles, writeFiles } from '../support/folder.ts'
import {
  createProject,
  errorCodes,
  historyOf,
  type Project,
  pair,
  snapshot,
  statesOf,
  stepsOf,
  tablePair,
} from '../support/sqlmig.ts'

/** Three applied migrations, and a fourth that waits: a refused run would show by its table. */
async function applied(): Promise<Project> {
  const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b'), ...tablePair('003_c') })
  expect(await project.sqlmig.up()).toMatchObject({ ok: true })
  await writeFiles(project.folder, tablePair('004_d'))
  return project
}

/** Every command that writes refuses, and nothing has changed. */
async function expectRefused(project: Project, codes: string[]): Promise<void> {
  const before = await snapshot(project.db)
  const report = await project.sqlmig.up()
  expect(report).toMatchObject({ ok: false, exitCode: 4, error: { code: 'RUN_REFUSED' } })
  expect(errorCodes(report)).toEqual(codes)
  for (const finding of report.findings) {
    expect(finding.hint).toBeTruthy()
    expect(finding.location?.file ?? finding.facts?.['row']).toBeTruthy()
  }
  expect(stepsOf(report).filter((step) => !step.endsWith('not-run'))).toEqual([])
  for (const command of ['status', 'verify'] as const)
    expect(await project.sqlmig[command]()).toMatchObject({ exitCode: 4 })
  expect(await snapshot(project.db)).toEqual(before)
}

describe('before the first statement a run is refused because of', () => {
  it('an edited up', async () => {
    const project = await applied()
    await writeFiles(project.folder, { '002_b.up.sql': 'create table b (id int primary key, more text);\n' })
    await expectRefused(project, ['CHECKSUM_MISMATCH'])
    const { findings, migrations } = await project.sqlmig.status()
    expect(findings[0]).toMatchObject({
      location: { file: '002_b.up.sql', line: 1 },
      facts: { direction: 'up', change: 'semantic' },
    })
    expect(String(findings[0]?.facts?.['diff'])).toContain('+create table b (id int primary key, more text);')
    expect(migrations.map(({ state }) => state)).toEqual(['applied', 'edited', 'applied', 'pending'])
    expect(await project.sqlmig.down()).toMatchObject({ exitCode: 4 })
  })

  it('an edited down', async () => {
    const project = await applied()
    await writeFiles(project.folder, { '003_c.down.sql': 'drop table if exists c;\n' })
    await expectRefused(project, ['CHECKSUM_MISMATCH'])
    expect((await project.sqlmig.verify()).findings[0]).toMatchObject({
      location: { file: '003_c.down.sql' },
      facts: { direction: 'down', change: 'semantic' },
    })
  })

  it('missing files, one of a pair or both, or a down that came later', async () => {
    const project = await applied()
    await deleteFiles(project.folder, '001_a.down.sql')
    await expectRefused(project, ['DOWN_MISSING', 'CHECKSUM_MISMATCH'])
    await deleteFiles(project.folder, '001_a.up.sql')
    await expectRefused(project, ['MIGRATION_MISSING'])
    expect((await project.sqlmig.status()).findings[0]?.hint).toContain('down --from-history')
  })

  it('a renamed migration', async () => {
    const project = await applied()
    await deleteFiles(project.folder, '003_c.up.sql', '003_c.down.sql')
    await writeFiles(
      project.folder,
      pair('003_other', 'create table c (id int primary key);\n', 'drop table c;\n'),
    )
    await expectRefused(project, ['MIGRATION_RENAMED'])
  })

  it('a late arrival', async () => {
    const project = await applied()
    await deleteFiles(project.folder, '004_d.up.sql', '004_d.down.sql')
    await writeFiles(project.folder, { ...tablePair('0_early'), ...tablePair('0025_late') })
    await writeFiles(project.folder, tablePair('005_e'))
    await expectRefused(project, ['OUT_OF_ORDER'])
    expect(statesOf(await project.sqlmig.status())).toContain('0025 pending')
  })

  it('010 beside 10', async () => {
    const project = await applied()
    await writeFiles(project.folder, { ...tablePair('010_x'), ...tablePair('10_y') })
    await expectRefused(project, ['VERSION_DUPLICATE'])
  })

  it('everything at once', async () => {
    const project = await applied()
    await deleteFiles(project.folder, '001_a.up.sql', '001_a.down.sql')
    await writeFiles(project.folder, {
      '002_b.up.sql': 'create table b ();\n',
      '003_c.down.sql': '-- nothing\n',
      ...pair('004_d', 'begin;\ncreate table d ();\ncommit;\n'),
      ...tablePair('010_x'),
      ...tablePair('10_y'),
      '011_z.up.sql': 'create table z ();\n',
      '012_meta.up.sql': '\\i other.sql\n',
      '012_meta.down.sql': 'select 1;\n',
    })
    const report = await project.sqlmig.up()
    expect(report.exitCode).toBe(4)
    expect(new Set(errorCodes(report))).toEqual(
      new Set([
        'MIGRATION_MISSING',
        'CHECKSUM_MISMATCH',
        'DOWN_MISSING',
        'VERSION_DUPLICATE',
        'META_COMMAND',
        'TRANSACTION_CONTROL',
      ]),
    )
    expect(report.findings.filter(({ code }) => code === 'TRANSACTION_CONTROL')).toHaveLength(2)
    expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002', 'applied 003'])
  })
})

describe('what counts as an edit', () => {
  it('is neither CRLF nor a byte order mark', async () => {
    const project = await createProject(pair('001_a', 'create table a (\n  t text default $$x\ny$$\n);\n'))
    await project.sqlmig.up()
    const { '001_a.up.sql': up = '', '001_a.down.sql': down = '' } = pair(
      '001_a',
      'create table a (\n  t text default $$x\ny$$\n);\n',
    )
    await writeFiles(project.folder, {
      '001_a.up.sql': `\ufeff${up.replaceAll('\n', '\r\n')}`,
      '001_a.down.sql': down.replaceAll('\n', '\r\n'),
    })
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0, findings: [] })
    expect(await project.sqlmig.up()).toMatchObject({ ok: true, steps: [] })
  })

  it('is cosmetic when only comments, blanks and letter case changed', async () => {
    const project = await createProject(pair('001_a', "-- old\ncreate table a (t text default 'a b');\n"))
    await project.sqlmig.up()
    await writeFiles(project.folder, {
      '001_a.up.sql': "-- new\nCREATE TABLE a (\n  t text default 'a b'\n);\n",
    })
    const { findings, exitCode } = await project.sqlmig.verify()
    expect(exitCode).toBe(4)
    expect(findings[0]).toMatchObject({ code: 'CHECKSUM_MISMATCH', facts: { change: 'cosmetic' } })
    expect(String(findings[0]?.facts?.['diff'])).toContain('\n--- old\n')
    await writeFiles(project.folder, {
      '001_a.up.sql': "-- old\ncreate table a (t text default 'a  b');\n",
    })
    expect((await project.sqlmig.verify()).findings[0]).toMatchObject({ facts: { change: 'semantic' } })
  })
})

describe('--allow-out-of-order', () => {
  it('applies the late one, says so for ever, and down takes it back first', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...tablePair('003_c') })
    await project.sqlmig.up()
    await writeFiles(project.folder, { ...tablePair('002_b'), ...tablePair('004_d') })
    const report = await project.sqlmig.up({ outOfOrder: 'allow' })
    expect(report).toMatchObject({ ok: true })
    expect(stepsOf(report)).toEqual(['apply 002 done', 'apply 004 done'])
    const { events = [] } = await project.sqlmig.history()
    expect(events.map(({ version, reason }) => [version, reason])).toEqual([
      ['001', null],
      ['003', null],
      ['002', 'out-of-order'],
      ['004', null],
    ])
    expect(await project.sqlmig.status()).toMatchObject({ exitCode: 0 })
    const down = await project.sqlmig.down({ to: { kind: 'all' } })
    expect(stepsOf(down)).toEqual([
      'revert 004 done',
      'revert 002 done',
      'revert 003 done',
      'revert 001 done',
    ])
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
  })
})
