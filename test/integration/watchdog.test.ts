import { describe, expect, it } from 'vitest'
import { createRole } from '../support/database.ts'
import { startFaultProxy } from '../support/fault-proxy.ts'
import { createProject, historyOf, isQuiet, isSleeping, pair, stepsOf, tablePair } from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const quick = { slowAfterMs: 100, probeEveryMs: 100, deadAfterMs: 1000 }

describe('a session that does not answer', () => {
  it('because it works is left alone, and the network is asked only about it', async () => {
    const project = await createProject(pair('001_a', 'create table a ();\nselect pg_sleep(2);\n'))
    const proxy = await startFaultProxy(project.db.url)
    const report = await project.with({ database: proxy.url, liveness: quick }).up()
    expect(report).toMatchObject({ ok: true })
    expect(proxy.connections()).toBe(2)
    expect(proxy.log.some(({ connection, text }) => connection === 2 && text.includes('state_change'))).toBe(
      true,
    )
  })

  it('costs no second connection while answers come soon', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b') })
    const proxy = await startFaultProxy(project.db.url)
    expect(await project.with({ database: proxy.url }).up()).toMatchObject({ ok: true })
    expect(proxy.connections()).toBe(1)
  })

  it('because its process is gone, and nobody said so, is lost', async () => {
    const project = await createProject(pair('001_a', 'create table a ();\nselect pg_sleep(60);\n'))
    // The server's last words, and the end of the connection, never arrive.
    let silent = false
    const proxy = await startFaultProxy(project.db.url, ({ connection, from }) =>
      connection === 1 && from === 'server' && silent ? 'blackhole' : undefined,
    )
    const running = project.with({ database: proxy.url, liveness: quick }).up()
    await waitFor(() => isSleeping(project))
    silent = true
    await project.db
      .sql`select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`
    const report = await running
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
    expect(report.error?.message).toContain('process is gone')
    expect(report.error?.consequence).toBe('Nothing of 001 a was applied.')
    expect(await historyOf(project.db)).toEqual([])
  })

  it.each(['blackhole', 'reset', 'close'] as const)(
    'because nothing gets through is lost, and the command ends; new connections: %s',
    async (greeting) => {
      const project = await createProject(pair('001_a', 'create table a ();\nselect pg_sleep(3);\n'))
      const proxy = await startFaultProxy(project.db.url, undefined, {
        onConnection: (connection) => (connection === 1 ? undefined : greeting),
      })
      const url = new URL(proxy.url)
      url.searchParams.set('connect_timeout', '2')
      const running = project.with({ database: url.href, liveness: quick, lockWait: 0 }).up()
      await waitFor(() => isSleeping(project))
      proxy.blackhole()
      const report = await running
      expect(report).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
      expect(report.error?.message).toContain('the network is silent')
      expect(stepsOf(report)).toEqual(['apply 001 failed'])
      await proxy.close()
      await waitFor(() => isQuiet(project.db.sql))
      expect(await project.sqlmig.up()).toMatchObject({ ok: true })
    },
    40_000,
  )

  it('is left alone where the server allows no second session', async () => {
    const project = await createProject(pair('001_a', 'create table a ();\nselect pg_sleep(3);\n'))
    const role = await createRole({ attributes: 'connection limit 1' })
    await project.db
      .sql`grant create on database ${project.db.sql(project.db.name)} to ${project.db.sql(role.name)}`
    await project.db.sql`grant create on schema public to ${project.db.sql(role.name)}`
    const proxy = await startFaultProxy(role.urlFor(project.db))
    expect(await project.with({ database: proxy.url, liveness: quick }).up()).toMatchObject({ ok: true })
    expect(proxy.log.some(({ type, text }) => type === 'E' && text === '53300')).toBe(true)
  })

  it.each([7, 8, 11, 14])(
    'at message %i of the client: the run ends, and a second one finishes',
    async (k) => {
      const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b') })
      const proxy = await startFaultProxy(project.db.url, ({ connection, from, number }) =>
        connection === 1 && from === 'client' && number === k ? 'blackhole' : undefined,
      )
      const report = await project.with({ database: proxy.url, liveness: quick }).up()
      expect(report).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
      await proxy.close()
      await waitFor(() => isQuiet(project.db.sql))
      const again = await project.sqlmig.up()
      expect(again.error).toBeUndefined()
      expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002'])
    },
  )
})
