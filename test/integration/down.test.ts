import { describe, expect, it } from 'vitest'
import { deleteFiles, writeFiles } from '../support/folder.ts'
import {
  catalogOf,
  createProject,
  errorCodes,
  historyOf,
  type Project,
  pair,
  snapshot,
  stepsOf,
  tablePair,
} from '../support/sqlmig.ts'

const files = { ...tablePair('001_a'), ...tablePair('002_b'), ...tablePair('003_c'), ...tablePair('004_d') }

async function applied(more = {}): Promise<Project> {
  const project = await createProject({ ...files, ...more })
  expect(await project.sqlmig.up()).toMatchObject({ ok: true })
  return project
}

describe('down', () => {
  it('reverts one, then so many, then to a version, then all', async () => {
    const { sqlmig, db } = await applied()
    expect(stepsOf(await sqlmig.down())).toEqual(['revert 004 done'])
    expect(stepsOf(await sqlmig.down({ to: { kind: 'steps', count: 1 } }))).toEqual(['revert 003 done'])
    await sqlmig.up()
    expect(stepsOf(await sqlmig.down({ to: { kind: 'version', version: '2' } }))).toEqual([
      'revert 004 done',
      'revert 003 done',
    ])
    expect(stepsOf(await sqlmig.down({ to: { kind: 'version', version: '002' } }))).toEqual([])
    expect(stepsOf(await sqlmig.down({ to: { kind: 'version', version: '0' } }))).toEqual([
      'revert 002 done',
      'revert 001 done',
    ])
    await sqlmig.up()
    expect((await sqlmig.down({ to: { kind: 'all' } })).steps).toHaveLength(4)
    expect(await sqlmig.down()).toMatchObject({ ok: true, steps: [] })
    expect(await sqlmig.verify()).toMatchObject({ exitCode: 0 })
    expect((await catalogOf(db.url)).filter((line) => line.startsWith('relation'))).toEqual([])
  })

  it('to a version that is unknown or not applied is a mistake', async () => {
    const { sqlmig } = await applied()
    const unknown = await sqlmig.down({ to: { kind: 'version', version: '9' } })
    expect(unknown).toMatchObject({ exitCode: 2, error: { code: 'VERSION_UNKNOWN' } })
    await sqlmig.down()
    const pending = await sqlmig.down({ to: { kind: 'version', version: '004' } })
    expect(pending).toMatchObject({ exitCode: 2, error: { code: 'USAGE' } })
  })

  it('that fails stops there; what was reverted before stays so', async () => {
    const project = await applied({ '002_b.down.sql': 'drop table b;\nselect 1/0;\n' })
    const report = await project.sqlmig.down({ to: { kind: 'all' } })
    expect(stepsOf(report)).toEqual([
      'revert 004 done',
      'revert 003 done',
      'revert 002 failed',
      'revert 001 not-run',
    ])
    expect(report.error?.consequence).toBe('Nothing of 002 b was reverted. 004, 003 stay reverted.')
    expect((await historyOf(project.db)).slice(4)).toEqual(['reverted 004', 'reverted 003'])
    expect((await catalogOf(project.db.url)).join()).toContain('relation public.b ')
  })

  it('names an irreversible migration and reverts nothing', async () => {
    const project = await applied({
      ...pair('003_c', '-- sqlmig: irreversible the data are gone\ncreate table c ();\n', '-- nothing\n'),
    })
    const before = await snapshot(project.db)
    const report = await project.sqlmig.down({ to: { kind: 'all' } })
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'IRREVERSIBLE' } })
    expect(report.error?.message).toBe('003 c is irreversible: the data are gone')
    expect(await snapshot(project.db)).toEqual(before)
    expect(stepsOf(await project.sqlmig.down())).toEqual(['revert 004 done'])
    expect(await project.sqlmig.redo()).toMatchObject({ exitCode: 4 })
    expect(await project.sqlmig.goto({ version: '001' })).toMatchObject({ exitCode: 4 })
  })

  it('mends a database although files that were never applied are wrong', async () => {
    const project = await applied()
    await writeFiles(project.folder, {
      '005_e.up.sql': 'create table e ();\n',
      '006_f.up.sql': 'begin;\n',
      '006_f.down.sql': 'x',
    })
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 4 })
    expect(stepsOf(await project.sqlmig.down())).toEqual(['revert 004 done'])
  })
})

describe('down from history', () => {
  it('reverts what this checkout does not have any more', async () => {
    const project = await applied()
    await deleteFiles(project.folder, '003_c.up.sql', '003_c.down.sql', '004_d.up.sql', '004_d.down.sql')
    expect(errorCodes(await project.sqlmig.down())).toEqual(['MIGRATION_MISSING', 'MIGRATION_MISSING'])
    const report = await project.sqlmig.down({ source: 'history', to: { kind: 'version', version: '002' } })
    expect(stepsOf(report)).toEqual(['revert 004 done', 'revert 003 done'])
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
    expect(await historyOf(project.db)).toHaveLength(6)
  })

  it('uses the down that was applied, not the one that was edited since', async () => {
    const project = await applied()
    await writeFiles(project.folder, {
      '004_d.down.sql': 'select 1/0;\n',
      '001_a.up.sql': 'create table other ();\n',
    })
    expect(await project.sqlmig.down()).toMatchObject({ exitCode: 4 })
    const report = await project.sqlmig.down({ source: 'history', to: { kind: 'all' } })
    expect(report.error).toBeUndefined()
    expect(report.steps).toHaveLength(4)
    expect((await catalogOf(project.db.url)).filter((line) => line.startsWith('relation'))).toEqual([])
    expect(await project.sqlmig.status()).toMatchObject({ exitCode: 0 })
  })

  it('is refused with a broken chain, since the SQL it would run may be forged', async () => {
    const project = await applied()
    await project.db.sql.unsafe(`alter table sqlmig.history disable trigger all;
      update sqlmig.history set down_sql = 'create table forged ()' where version = '004';
      alter table sqlmig.history enable always trigger append_only_rows;
      alter table sqlmig.history enable always trigger append_only_table`)
    const before = await snapshot(project.db)
    const report = await project.sqlmig.down({ source: 'history' })
    expect(report).toMatchObject({ exitCode: 4 })
    expect(errorCodes(report)).toEqual(['CHAIN_BROKEN'])
    expect(await snapshot(project.db)).toEqual(before)
  })

  it('is impossible where a down was too large to be kept', async () => {
    const large = `drop table big;\n-- ${'x'.repeat(1_100_000)}\n`
    const project = await applied(pair('005_big', 'create table big ();\n', large))
    const report = await project.sqlmig.down({ source: 'history' })
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'RECORDED_SQL_MISSING' } })
    expect(stepsOf(await project.sqlmig.down())).toEqual(['revert 005 done'])
  })
})

describe('redo and goto', () => {
  it('redo reverts and applies, newest first and oldest first', async () => {
    const { sqlmig } = await applied()
    expect(stepsOf(await sqlmig.redo())).toEqual(['revert 004 done', 'apply 004 done'])
    expect(stepsOf(await sqlmig.redo({ steps: 2 }))).toEqual([
      'revert 004 done',
      'revert 003 done',
      'apply 003 done',
      'apply 004 done',
    ])
    expect(await sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('goto goes either way and stays where it is', async () => {
    const { sqlmig } = await applied()
    expect(stepsOf(await sqlmig.goto({ version: '2' }))).toEqual(['revert 004 done', 'revert 003 done'])
    expect(stepsOf(await sqlmig.goto({ version: '003' }))).toEqual(['apply 003 done'])
    expect(stepsOf(await sqlmig.goto({ version: '003' }))).toEqual([])
    expect(stepsOf(await sqlmig.goto({ version: '0' }))).toHaveLength(3)
    expect(stepsOf(await sqlmig.goto({ version: '004' }))).toHaveLength(4)
    expect(await sqlmig.goto({ version: '77' })).toMatchObject({ exitCode: 2 })
  })

  it('up goes to a version, or so many steps', async () => {
    const { sqlmig } = await createProject(files)
    expect(stepsOf(await sqlmig.up({ to: { kind: 'version', version: '2' } }))).toEqual([
      'apply 001 done',
      'apply 002 done',
    ])
    expect(stepsOf(await sqlmig.up({ to: { kind: 'steps', count: 1 } }))).toEqual(['apply 003 done'])
    expect(await sqlmig.up({ to: { kind: 'version', version: '9' } })).toMatchObject({ exitCode: 2 })
  })

  it('versions are numbers of any length', async () => {
    const { sqlmig } = await createProject({
      ...tablePair('9_nine'),
      ...tablePair('10_ten'),
      ...tablePair('9007199254740992_big'),
      ...tablePair('9007199254740993_bigger'),
      ...tablePair(`${'1'.repeat(40)}_biggest`),
    })
    const report = await sqlmig.up()
    expect(report.steps.map(({ name }) => name)).toEqual(['nine', 'ten', 'big', 'bigger', 'biggest'])
  })
})
