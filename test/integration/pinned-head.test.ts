import { describe, expect, it } from 'vitest'
import {
  createProject,
  errorCodes,
  type Project,
  pair,
  snapshot,
  statesOf,
  tablePair,
} from '../support/sqlmig.ts'

async function three(): Promise<Project & { head: string; older: string }> {
  const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b'), ...tablePair('003_c') })
  const first = await project.sqlmig.up({ to: { kind: 'version', version: '001' } })
  const last = await project.sqlmig.up()
  return Object.assign(project, { head: last.target?.head ?? '', older: first.target?.head ?? '' })
}

async function tamper({ db }: Project, sql: string): Promise<void> {
  await db.sql.unsafe(`alter table sqlmig.history disable trigger all; ${sql};
    alter table sqlmig.history enable always trigger append_only_rows;
    alter table sqlmig.history enable always trigger append_only_table`)
}

describe('a head that was kept elsewhere', () => {
  it('is that of the whole history, or one that it went on behind', async () => {
    const { sqlmig, head, older } = await three()
    expect(head).toMatch(/^v1:[0-9a-f]{64}$/)
    const whole = await sqlmig.verify({ head })
    expect(whole).toMatchObject({
      exitCode: 0,
      findings: [],
      pinnedHeads: [{ hash: head, source: '--head', newer: 0 }],
    })
    const behind = await sqlmig.verify({ head: older })
    expect(behind).toMatchObject({ exitCode: 0, pinnedHeads: [{ hash: older, newer: 2 }] })
    expect(behind.findings).toMatchObject([
      { code: 'HEAD_BEHIND', severity: 'warning', facts: { newer: 2, head } },
    ])
    const other = await sqlmig.verify({ head: `v1:${'0'.repeat(64)}` })
    expect(other.exitCode).toBe(4)
    expect(errorCodes(other)).toEqual(['HEAD_MISMATCH'])
  })

  it.each([
    ['its last row was deleted', 'delete from sqlmig.history where version = $$003$$', 'its end was cut off'],
    ['it was truncated', 'truncate sqlmig.history', 'it is empty'],
  ])('shows that %s', async (_what, sql, words) => {
    const project = await three()
    await tamper(project, sql)
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
    const report = await project.sqlmig.verify({ head: project.head })
    expect(report.exitCode).toBe(4)
    expect(report.findings).toMatchObject([{ code: 'HEAD_MISMATCH', severity: 'error' }])
    expect(report.findings[0]?.message).toContain(words)
  })

  it('shows that the table was dropped, and that a chain was written anew', async () => {
    const project = await three()
    await project.db.sql.unsafe('drop schema sqlmig cascade; drop table a, b, c')
    expect(errorCodes(await project.sqlmig.verify({ head: project.head }))).toEqual(['HEAD_MISMATCH'])
    await project.sqlmig.up()
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
    expect(errorCodes(await project.sqlmig.verify({ head: project.head }))).toEqual(['HEAD_MISMATCH'])
  })

  it('shows that an older backup was restored under a newer folder', async () => {
    const project = await three()
    // As a restore would leave it: the first row, and what it made.
    await tamper(project, "delete from sqlmig.history where version <> '001'; drop table b, c")
    const status = await project.sqlmig.status()
    expect(status.exitCode).toBe(0)
    expect(statesOf(status)).toEqual(['001 applied', '002 pending', '003 pending'])
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
    expect(errorCodes(await project.sqlmig.verify({ head: project.head }))).toEqual(['HEAD_MISMATCH'])
    expect(await project.sqlmig.verify({ head: project.older })).toMatchObject({ exitCode: 0, findings: [] })
  })
})

describe('a history that lost its rows while the objects are there', () => {
  it.each(['truncated', 'dropped'])('is suspected at the first error, without any pin: %s', async (what) => {
    const project = await createProject({
      ...pair('001_a', 'create table if not exists a (id int);\n'),
      ...pair('002_b', 'create table b (id int);\n'),
    })
    await project.sqlmig.up()
    if (what === 'truncated') await tamper(project, 'truncate sqlmig.history')
    else await project.db.sql.unsafe('drop schema sqlmig cascade')
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'STATEMENT_FAILED', sqlstate: '42P07' } })
    expect(report.error?.hint).toContain('the history may have been truncated')
    expect(report.error?.hint).toContain('sqlmig.history held no row')
    expect(report.error?.location).toMatchObject({ file: '002_b.up.sql', line: 1 })
  })

  it('is not suspected when it held rows', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...pair('002_b', 'create table a ();\n') })
    const report = await project.sqlmig
      .up({ to: { kind: 'version', version: '001' } })
      .then(() => project.sqlmig.up())
    expect(report.error).toMatchObject({ sqlstate: '42P07' })
    expect(report.error?.hint ?? '').not.toContain('truncated')
  })

  it('refuses to go up when the lock file pins its head', async () => {
    const project = await three()
    expect(await project.sqlmig.lock({ head: 'pin' })).toMatchObject({ exitCode: 0 })
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 0, findings: [] })
    await tamper(project, 'truncate sqlmig.history')
    const before = await snapshot(project.db)
    for (const command of ['up', 'status', 'verify', 'plan', 'history'] as const) {
      const report = await project.sqlmig[command]()
      expect([command, report.exitCode, errorCodes(report)]).toEqual([command, 4, ['HEAD_MISMATCH']])
    }
    expect(await snapshot(project.db)).toEqual(before)
  })
})
