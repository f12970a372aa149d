import { describe, expect, it } from 'vitest'
import { deleteFiles, writeFiles } from '../support/folder.ts'
import { DIRECTIVE, DUPLICATES, expectSound, isValid, outside } from '../support/no-transaction.ts'
import { createProject, errorCodes, historyOf, statesOf, stepsOf } from '../support/sqlmig.ts'

describe('a file that was edited after it had stopped', () => {
  const stopped = { ...DUPLICATES, ...outside('002_steps', 'create table one ();\nselect 1/0;\nselect 3;\n') }

  it('does not go on when a statement that is done was edited', async () => {
    const project = await createProject(stopped)
    await project.sqlmig.up()
    const before = await historyOf(project.db)
    for (const text of [
      'create table other ();\nselect 1;\nselect 3;\n',
      'select 0;\ncreate table one ();\nselect 1;\n',
      '',
    ]) {
      await writeFiles(project.folder, { '002_steps.up.sql': DIRECTIVE + text })
      for (const resume of ['probe', 'retry', 'skip'] as const) {
        const report = await project.sqlmig.up({ resume })
        expect(report.exitCode).toBe(4)
        expect(report.error?.code).toBe('RESUME_REFUSED')
        expect(report.error?.message).toContain('statement 1 of 002_steps.up.sql, which is done, was edited')
      }
      const [finding] = (await project.sqlmig.verify()).findings
      expect(finding?.hint).toContain('refuses: statement 1 of 002_steps.up.sql')
      expect(finding?.hint).toContain('restore it as it ran: create table one ()')
    }
    expect(await historyOf(project.db)).toEqual(before)
  })

  it('goes on when only others were, and its new checksum is recorded', async () => {
    const project = await createProject(stopped)
    await project.sqlmig.up()
    const text = `${DIRECTIVE}-- mended\ncreate table one () ;\nselect 2;\ncreate table three ();\n`
    await writeFiles(project.folder, { '002_steps.up.sql': text })
    expect((await project.sqlmig.up({ resume: 'probe' })).error).toBeUndefined()
    expect(await project.db.sql`select to_regclass('three') as t`).toMatchObject([{ t: 'three' }])
    await expectSound(project)
    await writeFiles(project.folder, { '002_steps.up.sql': text.replace('mended', 'changed') })
    expect(errorCodes(await project.sqlmig.up())).toEqual(['CHECKSUM_MISMATCH'])
  })

  it('does not go on in a transaction, nor without its file', async () => {
    const project = await createProject(stopped)
    await project.sqlmig.up()
    await writeFiles(project.folder, { '002_steps.up.sql': 'create table one ();\nselect 2;\nselect 3;\n' })
    const wrapped = await project.sqlmig.up({ resume: 'retry' })
    expect(wrapped).toMatchObject({ exitCode: 4, error: { code: 'RESUME_REFUSED' } })
    expect(wrapped.error?.message).toContain('no longer says no-transaction')
    await deleteFiles(project.folder, '002_steps.up.sql', '002_steps.down.sql')
    const gone = await project.sqlmig.up({ resume: 'retry' })
    expect(gone).toMatchObject({ exitCode: 4, error: { code: 'RESUME_REFUSED' } })
    expect((await project.sqlmig.status()).findings[0]?.message).toContain(': select 1/0')
  })
})

describe('a down that stopped midway', () => {
  const down = 'drop table if exists gone;\nselect 1/0;\ndrop index concurrently base_id;\n'
  const files = {
    ...DUPLICATES,
    ...outside('002_index', 'create index concurrently base_id on base (id);\n', down),
  }

  it('goes on by down --resume and by nothing else', async () => {
    const project = await createProject(files)
    await project.sqlmig.up()
    expect(await project.sqlmig.down()).toMatchObject({ exitCode: 1, error: { sqlstate: '22012' } })
    const up = await project.sqlmig.up({ resume: 'retry' })
    expect(up.exitCode).toBe(4)
    expect(errorCodes(up)).toEqual(['INCOMPLETE'])
    expect(up.findings[0]?.hint).toContain('sqlmig down --resume')
    await writeFiles(project.folder, {
      '002_index.down.sql': DIRECTIVE + down.replace('select 1/0', 'select 1/1'),
    })
    const report = await project.sqlmig.down({ resume: 'probe' })
    expect(report.error).toBeUndefined()
    expect(stepsOf(report)).toEqual(['revert 002 done'])
    expect(await isValid(project, 'base_id')).toBeUndefined()
    expect(statesOf(await project.sqlmig.status())).toEqual(['001 applied', '002 pending'])
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
    expect(stepsOf(await project.sqlmig.down({ resume: 'probe' }))).toEqual([])
  })

  it('goes on with the SQL that the history kept, too', async () => {
    const project = await createProject(files)
    await project.sqlmig.up()
    await project.sqlmig.down({ source: 'history' })
    await deleteFiles(project.folder, '002_index.up.sql', '002_index.down.sql')
    const report = await project.sqlmig.down({ source: 'history', resume: 'skip' })
    expect(report.error).toBeUndefined()
    expect(stepsOf(report)).toEqual(['revert 002 done'])
    expect((await historyOf(project.db)).at(-1)).toBe('reverted 002')
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })
})
