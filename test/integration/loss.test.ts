import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runBinary, startBinary } from '../support/binary.ts'
import { startProxy, startServer } from '../support/proxy.ts'
import {
  createProject,
  errorCodes,
  historyOf,
  isQuiet,
  type Project,
  pair,
  snapshot,
  stepsOf,
  tablePair,
} from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const stray: unknown[] = []
const note = (error: unknown) => stray.push(error)
beforeEach(() => {
  stray.length = 0
  process.on('unhandledRejection', note).on('uncaughtException', note)
})
afterEach(() => {
  process.off('unhandledRejection', note).off('uncaughtException', note)
  expect(stray).toEqual([])
})

const files = {
  ...tablePair('001_a'),
  ...pair('002_slow', 'create table slow ();\nselect pg_sleep(5);\n'),
  ...tablePair('003_c'),
}
const quick = { ...tablePair('001_a'), ...tablePair('002_b') }

async function kill({ db }: Project, where: string): Promise<boolean> {
  const rows = await db.sql.unsafe(`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name like 'sqlmig/%' and datname = current_database() and ${where}`)
  return rows.length > 0
}

describe('a session that is killed', () => {
  it('during a file leaves nothing of it, and says so', async () => {
    const project = await createProject(files)
    const running = project.sqlmig.up()
    await waitFor(() => kill(project, "wait_event = 'PgSleep'"))
    const report = await running
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
    expect(report.error?.message).toContain('57P01')
    expect(report.error?.consequence).toBe('Nothing of 002 slow was applied. 001 stays applied.')
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 failed', 'apply 003 not-run'])
    const { catalog, history } = await snapshot(project.db)
    expect(history).toEqual(['applied 001'])
    expect(catalog.join()).not.toContain('slow')
    await waitFor(() => isQuiet(project.db.sql))
  })

  it('shows no stack in the program', async () => {
    const project = await createProject(files)
    const { ended } = startBinary(['up', '--database', project.db.url, '--dir', project.folder], {
      cwd: project.folder,
    })
    await waitFor(() => kill(project, "wait_event = 'PgSleep'"))
    const run = await ended
    expect(run.code).toBe(1)
    expect(run.stdout + run.stderr).toContain('57P01')
    expect(run.stdout + run.stderr).not.toMatch(/node_modules|TypeError/)
  })

  it('by the file itself is no different', async () => {
    const project = await createProject({
      ...tablePair('001_a'),
      ...pair('002_b', 'create table b ();\nselect pg_terminate_backend(pg_backend_pid());\n'),
    })
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
    expect(await historyOf(project.db)).toEqual(['applied 001'])
  })

  it('between two files ends the run before the next', async () => {
    const project = await createProject(quick)
    const proxy = await startProxy(project.db.url)
    const report = await project
      .with({
        database: proxy.url,
        onEvent: (event) => {
          if (event.type === 'step.finished' && event.step.version === '001') proxy.resetAll()
        },
      })
      .up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
    expect(stepsOf(report)[0]).toBe('apply 001 done')
    expect(await historyOf(project.db)).toEqual(['applied 001'])
  })
})

describe('a connection that is cut at any message', () => {
  it.each(['before', 'after'] as const)(
    '%s it arrived leaves whole migrations only, and a second run finishes',
    async (when) => {
      const once = '-- sqlmig: statement-timeout 1min\n'
      for (let cut = 3; cut < 40; cut += when === 'before' ? 3 : 4) {
        const project = await createProject({
          ...tablePair('001_a'),
          ...pair('002_b', `${once}create table b ();\n`),
        })
        let messages = 0
        const proxy = await startProxy(project.db.url, {
          toServer: (_bytes, link) => {
            if (++messages !== cut) return 'pass'
            setImmediate(() => link.reset())
            return when === 'before' ? 'drop' : 'pass'
          },
        })
        const report = await project.with({ database: proxy.url }).up()
        await waitFor(() => isQuiet(project.db.sql))
        const rows = await historyOf(project.db)
        const tables = await project.db
          .sql`select tablename from pg_tables where schemaname = 'public' order by 1`
        expect(tables.map(({ tablename }) => tablename)).toEqual(['a', 'b'].slice(0, rows.length))
        if (report.ok) expect(rows).toHaveLength(2)
        else
          expect(['SESSION_LOST', 'OUTCOME_UNKNOWN', 'CONNECTION_FAILED', 'HISTORY_WRITE_FAILED']).toContain(
            report.error?.code,
          )
        const again = await project.sqlmig.up()
        expect(again.error).toBeUndefined()
        expect(errorCodes(await project.sqlmig.verify())).toEqual([])
        expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002'])
      }
    },
  )
})

describe('no connection at all', () => {
  it.each([
    ['nobody listens', async () => 1],
    ['the server closes at once', () => startServer((socket) => socket.once('data', () => socket.end()))],
    ['the server never answers', () => startServer(() => {})],
  ])('%s: exit 7, quickly, and the program ends', async (_what, port) => {
    const project = await createProject(quick)
    const url = `postgres://user:secret-word@127.0.0.1:${await port()}/db?connect_timeout=2`
    const start = performance.now()
    const run = await runBinary(['up', '--json', '--database', url, '--dir', project.folder], {
      cwd: project.folder,
    })
    expect(performance.now() - start).toBeLessThan(30_000)
    expect(run.code).toBe(7)
    expect(JSON.parse(run.stdout)).toMatchObject({
      exitCode: 7,
      error: { code: 'CONNECTION_FAILED', hint: expect.any(String) },
    })
    expect(run.stdout + run.stderr).not.toMatch(/secret-word|node_modules/)
  })

  it('a wrong password: the program does not linger', async () => {
    const project = await createProject(quick)
    const url = new URL(project.db.url)
    url.password = 'secret-word'
    url.username = 'sqlmig_no_such_role'
    const start = performance.now()
    const run = await runBinary(['status', '--database', url.href, '--dir', project.folder], {
      cwd: project.folder,
    })
    expect(performance.now() - start).toBeLessThan(30_000)
    expect(run.code).toBe(7)
    expect(run.stdout + run.stderr).not.toMatch(/secret-word|node_modules/)
  })
})
