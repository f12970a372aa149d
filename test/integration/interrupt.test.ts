import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createSessionLock } from '../../src/adapters/postgres/session-lock.ts'
import { startBinary } from '../support/binary.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { openSession, postgresAt } from '../support/session.ts'
import {
  createProject,
  historyOf,
  isQuiet,
  isSleeping,
  type Project,
  pair,
  snapshot,
  stepsOf,
  tablePair,
} from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

/** Far less than what a statement here sleeps, and enough for a machine that has much else to do. */
const LONG_BEFORE_MS = 30_000

const slow = {
  ...tablePair('001_a'),
  ...pair('002_slow', 'create table slow ();\nselect pg_sleep(100);\n'),
  ...tablePair('003_c'),
}

async function expectStopped(project: Project): Promise<void> {
  const { catalog, history } = await snapshot(project.db)
  expect(history).toEqual(['applied 001'])
  expect(catalog.join()).not.toContain('slow')
  await waitFor(() => isQuiet(project.db.sql))
}

describe('an interrupt', () => {
  it('cancels the statement, rolls back and frees the lock', async () => {
    const project = await createProject(slow)
    const abort = new AbortController()
    const running = project.with({ signal: abort.signal }).up()
    await waitFor(() => isSleeping(project))
    const start = performance.now()
    abort.abort()
    const report = await running
    expect(performance.now() - start).toBeLessThan(LONG_BEFORE_MS)
    expect(report).toMatchObject({ ok: false, exitCode: 130, error: { code: 'INTERRUPTED' } })
    expect(report.error?.consequence).toBe('Nothing of 002 slow was applied. 001 stays applied.')
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 failed', 'apply 003 not-run'])
    await expectStopped(project)
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('by %s does the same to the program', async (signal) => {
    const project = await createProject(slow)
    const started = startBinary(['up', '--json', '--database', project.db.url, '--dir', project.folder], {
      cwd: project.folder,
    })
    await waitFor(() => isSleeping(project))
    const start = performance.now()
    started.process.kill(signal)
    const run = await started.ended
    expect(performance.now() - start).toBeLessThan(LONG_BEFORE_MS)
    expect(run).toMatchObject({ code: 130, signal: null })
    expect(JSON.parse(run.stdout)).toMatchObject({ exitCode: 130, error: { code: 'INTERRUPTED' } })
    expect(run.stderr).not.toMatch(/node_modules/)
    await expectStopped(project)
  })

  it('of a single transaction takes everything back', async () => {
    const project = await createProject(slow)
    const abort = new AbortController()
    const running = project.with({ signal: abort.signal }).up({ transactions: 'single' })
    await waitFor(() => isSleeping(project))
    abort.abort()
    expect(await running).toMatchObject({ exitCode: 130 })
    expect(await historyOf(project.db)).toEqual([])
    await waitFor(() => isQuiet(project.db.sql))
  })

  it('ends a long check of deferred constraints too', async () => {
    const project = await createProject(
      pair(
        '001_slow',
        `create table slow (id int);
create function wait() returns trigger language plpgsql as $$ begin perform pg_sleep(100); return null; end $$;
create constraint trigger late after insert on slow deferrable initially deferred for each row execute function wait();
insert into slow values (1);
`,
        'drop table slow;\ndrop function wait();\n',
      ),
    )
    const abort = new AbortController()
    const running = project.with({ signal: abort.signal }).up()
    await waitFor(() => isSleeping(project))
    const start = performance.now()
    abort.abort()
    expect(await running).toMatchObject({ exitCode: 130 })
    expect(performance.now() - start).toBeLessThan(LONG_BEFORE_MS)
  })

  it('while it waits for the lock', async () => {
    const project = await createProject(slow)
    const holder = await openSession(postgresAt(project.db.url))
    await createSessionLock('sqlmig.history').tryAcquire(holder)
    const abort = new AbortController()
    const running = project.with({ signal: abort.signal }).up()
    await sleep(300)
    const start = performance.now()
    abort.abort()
    expect(await running).toMatchObject({
      exitCode: 130,
      error: { message: expect.stringContaining('waiting') },
    })
    expect(performance.now() - start).toBeLessThan(LONG_BEFORE_MS)
    expect(await historyOf(project.db)).toEqual([])
  })

  it('between two files lets the first stay', async () => {
    const project = await createProject(slow)
    const abort = new AbortController()
    const report = await project
      .with({
        signal: abort.signal,
        onEvent: (event) => {
          if (event.type === 'step.finished') abort.abort()
        },
      })
      .up()
    expect(report).toMatchObject({ exitCode: 130 })
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 not-run', 'apply 003 not-run'])
    await expectStopped(project)
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('at the very moment a statement begins is not lost', async () => {
    for (const delay of [0, 0, 1, 2, 3, 5, 8]) {
      const project = await createProject(pair('001_slow', 'select pg_sleep(100);\n', 'select 1;\n'))
      const abort = new AbortController()
      const start = performance.now()
      const report = await project
        .with({
          signal: abort.signal,
          onEvent: (event) => {
            if (event.type === 'step.started') setTimeout(() => abort.abort(), delay)
          },
        })
        .up()
      expect(report).toMatchObject({ exitCode: 130 })
      expect(performance.now() - start).toBeLessThan(LONG_BEFORE_MS)
      expect(await historyOf(project.db)).toEqual([])
    }
  })

  it('before anything began does nothing', async () => {
    const project = await createProject(slow)
    for (const command of ['up', 'down', 'status', 'verify'] as const)
      expect(await project.with({ signal: AbortSignal.abort() })[command]()).toMatchObject({ exitCode: 130 })
    expect(await historyOf(project.db)).toEqual([])
  })

  it('between a COMMIT and its answer does not make it undone, nor untold', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b') })
    const abort = new AbortController()
    let commits = 0
    const proxy = await startFaultProxy(project.db.url, ({ from, type, text }) => {
      if (from === 'client' && text === 'commit') commits++
      if (from !== 'server' || type !== 'C' || text !== 'COMMIT' || commits === 0) return undefined
      abort.abort()
      return { delayMs: 300 }
    })
    const report = await project.with({ database: proxy.url, signal: abort.signal }).up()
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 not-run'])
    expect(report).toMatchObject({
      exitCode: 130,
      error: { code: 'INTERRUPTED', message: 'interrupted before 002 b was begun' },
    })
    expect(report.error?.consequence).toBe('Nothing else was begun. 001 stays applied.')
    await waitFor(() => isQuiet(project.db.sql))
    expect(await historyOf(project.db)).toEqual(['applied 001'])
  })

  it('of the last COMMIT, whose answer never comes, is not waited for for ever', async () => {
    const project = await createProject(tablePair('001_a'))
    const abort = new AbortController()
    let awaited = false
    const proxy = await startFaultProxy(project.db.url, ({ connection, from, text }) => {
      if (connection === 1 && from === 'client' && text === 'commit') awaited = true
      if (connection !== 1 || from !== 'server' || !awaited) return undefined
      abort.abort()
      return 'blackhole'
    })
    const report = await project.with({ database: proxy.url, signal: abort.signal }).up()
    expect(report).toMatchObject({ ok: true, exitCode: 0 })
    expect(stepsOf(report)).toEqual(['apply 001 done'])
    await proxy.close()
    await waitFor(() => isQuiet(project.db.sql))
  }, 40_000)
})
