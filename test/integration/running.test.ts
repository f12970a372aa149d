import { describe, expect, it } from 'vitest'
import {
  createProject,
  errorCodes,
  historyOf,
  pair,
  statesOf,
  stepsOf,
  tablePair,
} from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const directive = '-- sqlmig: no-transaction\n'

describe('a migration without a transaction that another session is in the middle of', () => {
  it('is running, not stopped, for the commands that only look', async () => {
    const project = await createProject({
      ...tablePair('001_base'),
      ...pair('002_slow', `${directive}create table slow ();\nselect pg_sleep(60);\n`),
      ...tablePair('003_after'),
    })
    const abort = new AbortController()
    const running = project.with({ signal: abort.signal }).up()
    await waitFor(async () => (await historyOf(project.db)).includes('statement 002 2'))
    for (const command of ['status', 'verify', 'plan', 'history'] as const) {
      const report = await project.sqlmig[command]()
      expect(report).toMatchObject({ exitCode: 0, ok: true })
      expect(report.findings).toMatchObject([
        { code: 'INCOMPLETE', severity: 'warning', version: '002', facts: { done: 1, statements: 2 } },
      ])
      expect(report.findings[0]?.message).toMatch(/^002 slow is running \(process \d+, sqlmig/)
      expect(statesOf(report)).toEqual(['001 applied', '002 incomplete', '003 pending'])
    }
    expect(stepsOf(await project.sqlmig.plan())).toEqual(['apply 003 not-run'])
    expect(await project.sqlmig.status({ pending: 'fail' })).toMatchObject({ exitCode: 3 })
    abort.abort()
    expect(await running).toMatchObject({ exitCode: 130 })
    for (const command of ['status', 'verify', 'plan'] as const) {
      const report = await project.sqlmig[command]()
      expect(report).toMatchObject({ exitCode: 4 })
      expect(errorCodes(report)).toEqual(['INCOMPLETE'])
    }
  })
})
