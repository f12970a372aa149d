import { describe, expect, it } from 'vitest'
import { runBinary } from '../support/binary.ts'
import {
  type Fault,
  type FaultProxy,
  type Judge,
  startFaultProxy,
  type WireMessage,
} from '../support/fault-proxy.ts'
import {
  createProject,
  errorCodes,
  historyOf,
  isQuiet,
  type Project,
  pair,
  stepsOf,
  tablePair,
} from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const files = { ...tablePair('001_a'), ...tablePair('002_b') }

interface LostCommit {
  /** Which of the commits that end with a row of the history. */
  readonly nth: number
  /** With `sent` the COMMIT never arrives, with `answered` its answer is lost. */
  readonly lost: 'sent' | 'answered'
  readonly by?: Fault
}

/** A proxy that loses one COMMIT of the first connection, or the answer to it. */
async function losing(url: string, what: LostCommit): Promise<FaultProxy> {
  return startFaultProxy(url, losingJudge(what))
}

function losingJudge({ nth, lost, by = 'reset' }: LostCommit): Judge {
  const isCommit = commitOfRow(nth)
  let awaited = false
  return (message) => {
    if (message.connection !== 1) return undefined
    if (isCommit(message)) {
      if (lost === 'sent') return by
      awaited = true
    }
    return message.from === 'server' && awaited ? by : undefined
  }
}

/** Recognises the nth COMMIT behind a row of the history. */
function commitOfRow(nth: number): (message: WireMessage) => boolean {
  let commits = 0
  let previous = ''
  return ({ from, type, text }) => {
    if (from !== 'client' || type !== 'Q') return false
    const isOne = text === 'commit' && previous.includes('insert into')
    previous = text
    return isOne && ++commits === nth
  }
}

const isCommitted = { severity: 'WARNING', message: expect.stringContaining('shows that it was committed') }

async function expectAgreement(project: Project, applied: readonly string[]): Promise<void> {
  await waitFor(() => isQuiet(project.db.sql))
  expect(await historyOf(project.db)).toEqual(applied.map((version) => `applied ${version}`))
  expect(errorCodes(await project.sqlmig.verify())).toEqual([])
  expect(await project.sqlmig.up()).toMatchObject({ ok: true })
  const tables = await project.db.sql`select tablename from pg_tables where schemaname = 'public' order by 1`
  expect(tables.map(({ tablename }) => tablename)).toEqual(['a', 'b'])
}

describe('a COMMIT whose answer is lost', () => {
  it.each<Fault>(['reset', 'close'])('by %s: the last one counts, and the run ends well', async (by) => {
    const project = await createProject(files)
    const proxy = await losing(project.db.url, { nth: 2, lost: 'answered', by })
    const report = await project.with({ database: proxy.url }).up()
    expect(report).toMatchObject({ ok: true, exitCode: 0 })
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 done'])
    expect(project.events).toContainEqual(expect.objectContaining(isCommitted))
    expect(report.target?.head).toMatch(/[0-9a-f]{64}/)
    expect(report.migrations.map(({ state }) => state)).toEqual(['applied', 'applied'])
    await expectAgreement(project, ['001', '002'])
  })

  it('before the last: it counts, and nothing else is begun without the session', async () => {
    const project = await createProject(files)
    const proxy = await losing(project.db.url, { nth: 1, lost: 'answered' })
    const report = await project.with({ database: proxy.url }).up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
    expect(report.error?.consequence).toBe('Nothing else was begun. 001 stays applied.')
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 not-run'])
    await waitFor(() => isQuiet(project.db.sql))
    await expectAgreement(project, ['001'])
  })

  it('of a single transaction: all of it counts', async () => {
    const project = await createProject(files)
    const proxy = await losing(project.db.url, { nth: 1, lost: 'answered' })
    const report = await project.with({ database: proxy.url }).up({ transactions: 'single' })
    expect(report).toMatchObject({ ok: true })
    await expectAgreement(project, ['001', '002'])
  })

  it('of a down: it is reverted', async () => {
    const project = await createProject(files)
    await project.sqlmig.up()
    const proxy = await losing(project.db.url, { nth: 1, lost: 'answered' })
    const report = await project.with({ database: proxy.url }).down()
    expect(report).toMatchObject({ ok: true })
    expect(stepsOf(report)).toEqual(['revert 002 done'])
    await waitFor(() => isQuiet(project.db.sql))
    expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002', 'reverted 002'])
  })

  it('of the last row of a migration without a transaction: it is applied', async () => {
    const project = await createProject(pair('001_a', '-- sqlmig: no-transaction\ncreate table a ();\n'))
    // Started, statement, done, applied.
    const proxy = await losing(project.db.url, { nth: 4, lost: 'answered' })
    const report = await project.with({ database: proxy.url }).up()
    expect(report).toMatchObject({ ok: true })
    expect(stepsOf(report)).toEqual(['apply 001 done'])
    expect(errorCodes(await project.sqlmig.verify())).toEqual([])
  })

  it('is told by the program, which exits with 0', async () => {
    const project = await createProject(files)
    const proxy = await losing(project.db.url, { nth: 2, lost: 'answered' })
    const run = await runBinary(['up', '--database', proxy.url, '--dir', project.folder], {
      cwd: project.folder,
    })
    expect(run.code).toBe(0)
    expect(run.stdout + run.stderr).toContain('shows that it was committed')
  })
})

describe('a COMMIT that never arrived', () => {
  it('was not done, and that is certain', async () => {
    const project = await createProject(files)
    const proxy = await losing(project.db.url, { nth: 2, lost: 'sent' })
    const report = await project.with({ database: proxy.url }).up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
    expect(report.error?.consequence).toBe('Nothing of 002 b was applied. 001 stays applied.')
    await expectAgreement(project, ['001'])
  })

  it('of a single transaction: nothing was applied', async () => {
    const project = await createProject(files)
    const proxy = await losing(project.db.url, { nth: 1, lost: 'sent' })
    const report = await project.with({ database: proxy.url }).up({ transactions: 'single' })
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
    expect(report.error?.consequence).toContain('nothing was applied')
    await expectAgreement(project, [])
  })

  it('or its answer, without a word of the network: the watchdog ends the wait', async () => {
    for (const lost of ['sent', 'answered'] as const) {
      const project = await createProject(files)
      const proxy = await losing(project.db.url, { nth: 2, lost, by: 'drop' })
      const report = await project
        .with({ database: proxy.url, liveness: { slowAfterMs: 100, probeEveryMs: 100 } })
        .up()
      if (lost === 'answered') expect(report).toMatchObject({ ok: true })
      else {
        expect(report).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
        expect(report.error?.message).toContain('waits for a message')
      }
      await expectAgreement(project, lost === 'sent' ? ['001'] : ['001', '002'])
    }
  })
})

describe('an outcome that cannot be found out', () => {
  it('because nobody can be reached any more', async () => {
    const project = await createProject(files)
    const isCommit = commitOfRow(2)
    let down = false
    const proxy = await startFaultProxy(
      project.db.url,
      (message) => {
        if (!isCommit(message)) return undefined
        down = true
        return 'after-reset'
      },
      { onConnection: () => (down ? 'reset' : undefined) },
    )
    const report = await project.with({ database: proxy.url, lockWait: 0 }).up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'OUTCOME_UNKNOWN' } })
    expect(report.error?.hint).toContain('sqlmig status')
    expect(report.error?.consequence).toBe('Whether 002 b was applied is unknown. 001 stays applied.')
    await expectAgreement(project, ['001', '002'])
  }, 30_000)

  it('because the old session is still there, with the lock and without the row', async () => {
    const project = await createProject(files)
    const proxy = await losing(project.db.url, { nth: 2, lost: 'sent', by: 'cut-client' })
    const report = await project.with({ database: proxy.url, lockWait: 0 }).up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'OUTCOME_UNKNOWN' } })
    expect(report.error?.message).toMatch(/lock is held by process \d+, sqlmig/)
    await proxy.close()
    await expectAgreement(project, ['001'])
  }, 30_000)

  it('because another server answers', async () => {
    const project = await createProject(files)
    const [row] = await project.db.sql`select system_identifier::text as id from pg_control_system()`
    const id = String(row?.['id'])
    const other = id.replace(/^./, (digit) => (digit === '9' ? '8' : '9'))
    const lose = losingJudge({ nth: 2, lost: 'answered' })
    const proxy = await startFaultProxy(project.db.url, (message) => {
      const { connection, type, bytes } = message
      if (connection > 1 && type === 'D' && bytes.includes(id))
        return { replace: Buffer.from(bytes.toString('latin1').replace(id, other), 'latin1') }
      return lose(message)
    })
    const report = await project.with({ database: proxy.url, lockWait: 0 }).up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'OUTCOME_UNKNOWN' } })
    expect(report.error?.message).toContain('another server')
    await expectAgreement(project, ['001', '002'])
  })
})
