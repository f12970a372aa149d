import { describe, expect, it } from 'vitest'
import { createRole } from '../support/database.ts'
import { deleteFiles } from '../support/folder.ts'
import { catalogOf, createProject, historyOf, snapshot, stepsOf, tablePair } from '../support/sqlmig.ts'

const files = { ...tablePair('001_a'), ...tablePair('002_b') }

describe('commands that only look', () => {
  it('create nothing in an empty database', async () => {
    const project = await createProject(files)
    const before = await catalogOf(project.db.url, 'nothing is left out')
    const { sqlmig } = project
    const reports = [
      await sqlmig.status(),
      await sqlmig.verify(),
      await sqlmig.history(),
      await sqlmig.plan(),
      await sqlmig.up({ dryRun: true }),
      await sqlmig.down({ dryRun: true }),
      await sqlmig.redo({ dryRun: true }),
      await sqlmig.goto({ version: '001', dryRun: true }),
      await sqlmig.down(),
      await sqlmig.redo(),
    ]
    expect(reports.map(({ exitCode, command }) => [command, exitCode])).toEqual(
      reports.map(({ command }) => [command, 0]),
    )
    expect(await catalogOf(project.db.url, 'nothing is left out')).toEqual(before)
    expect(await sqlmig.status({ pending: 'fail' })).toMatchObject({ exitCode: 3, ok: false })
    expect(stepsOf(await sqlmig.plan())).toEqual(['apply 001 not-run', 'apply 002 not-run'])
    expect(await sqlmig.up({ dryRun: true })).toMatchObject({ dryRun: true, command: 'up' })
  })

  it('change nothing in one that has a history', async () => {
    const project = await createProject(files)
    await project.sqlmig.up({ to: { kind: 'steps', count: 1 } })
    const before = await snapshot(project.db)
    const { sqlmig } = project
    expect(stepsOf(await sqlmig.up({ dryRun: true }))).toEqual(['apply 002 not-run'])
    expect(stepsOf(await sqlmig.down({ dryRun: true }))).toEqual(['revert 001 not-run'])
    expect(stepsOf(await sqlmig.redo({ dryRun: true }))).toEqual(['revert 001 not-run', 'apply 001 not-run'])
    expect(stepsOf(await sqlmig.goto({ version: '002', dryRun: true }))).toEqual(['apply 002 not-run'])
    await deleteFiles(project.folder, '001_a.up.sql')
    for (const command of ['plan', 'up', 'down'] as const)
      expect(await sqlmig[command]({ dryRun: true })).toMatchObject({ exitCode: 4 })
    expect(await snapshot(project.db)).toEqual(before)
  })
})

describe('a role that may only read', () => {
  it('sees state, history and findings, and is told which right it lacks for more', async () => {
    const role = await createRole()
    const project = await createProject(files)
    await project.sqlmig.up({ to: { kind: 'steps', count: 1 } })
    const reader = project.with({ database: role.urlFor(project.db) })
    const denied = await reader.status()
    expect(denied).toMatchObject({ exitCode: 1, error: { code: 'PERMISSION_DENIED' } })
    await project.db.sql.unsafe(denied.error?.hint ?? '')
    const before = await snapshot(project.db)
    expect(await reader.status()).toMatchObject({ exitCode: 0 })
    expect(await reader.verify()).toMatchObject({ exitCode: 0 })
    expect((await reader.history()).events).toHaveLength(1)
    expect(stepsOf(await reader.plan())).toEqual(['apply 002 not-run'])
    expect(stepsOf(await reader.up({ dryRun: true }))).toEqual(['apply 002 not-run'])
    const refused = await reader.up()
    expect(refused).toMatchObject({ exitCode: 1, error: { code: 'PERMISSION_DENIED' } })
    expect(refused.error?.message).toContain(`the role ${role.name} lacks`)
    expect(refused.error?.message).toContain('INSERT on sqlmig.history')
    expect(stepsOf(refused).filter((step) => !step.endsWith('not-run'))).toEqual([])
    expect(await snapshot(project.db)).toEqual(before)
  })

  it('in an empty database looks around, and cannot make the history', async () => {
    const role = await createRole()
    const project = await createProject(files)
    const reader = project.with({ database: role.urlFor(project.db) })
    expect(await reader.status()).toMatchObject({ exitCode: 0 })
    const refused = await reader.up()
    expect(refused).toMatchObject({ exitCode: 1, error: { code: 'PERMISSION_DENIED' } })
    expect(refused.error?.hint).toContain('grant create on database')
    expect(await historyOf(project.db)).toEqual([])
  })

  it('that may write rows but lacks rights for a file fails in the file', async () => {
    const role = await createRole()
    const project = await createProject(files)
    await project.sqlmig.up({ to: { kind: 'steps', count: 1 } })
    await project.db.sql.unsafe(
      `grant usage on schema sqlmig to "${role.name}"; grant select, insert on sqlmig.history to "${role.name}"; revoke create on schema public from public`,
    )
    const report = await project.with({ database: role.urlFor(project.db) }).up()
    expect(report).toMatchObject({
      exitCode: 1,
      error: { sqlstate: '42501', location: { file: '002_b.up.sql' } },
    })
    expect(await historyOf(project.db)).toEqual(['applied 001'])
  })

  it('that may do all it needs writes its name into the history', async () => {
    const role = await createRole()
    const project = await createProject(files)
    await project.db.sql.unsafe(
      `grant create on database "${project.db.name}" to "${role.name}"; grant create on schema public to "${role.name}"`,
    )
    const mine = project.with({ database: role.urlFor(project.db) })
    expect(await mine.up()).toMatchObject({ ok: true })
    expect((await mine.history()).events?.map(({ actor }) => actor)).toEqual([role.name, role.name])
    expect(await mine.down({ to: { kind: 'all' } })).toMatchObject({ ok: true })
    expect(await mine.verify()).toMatchObject({ exitCode: 0 })
  })
})

describe('a read-only default', () => {
  it('of the database does not stop a run', async () => {
    const project = await createProject(files)
    for (const setting of [
      'default_transaction_read_only = on',
      "statement_timeout = '200ms'",
      "default_transaction_isolation = 'serializable'",
      "idle_in_transaction_session_timeout = '1ms'",
      'standard_conforming_strings = off',
    ])
      await project.db.sql.unsafe(`alter database "${project.db.name}" set ${setting}`)
    expect((await project.sqlmig.up()).error).toBeUndefined()
    expect(await project.sqlmig.down()).toMatchObject({ ok: true })
  })
})
