import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSqlmig, type Report, SqlmigError, type SqlmigEvent, version } from '../../src/index.ts'
import { pair, THREE, workspace } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'

/** What may differ between two runs of the same. */
function stable(report: Report): unknown {
  return JSON.parse(JSON.stringify(report), (key, value: unknown) =>
    ['durationMs', 'appliedAt', 'head', 'database'].includes(key) ? typeof value : value,
  )
}

async function project(files: Parameters<typeof workspace>[0] = THREE) {
  const [ws, db] = [await workspace(files), await createTestDatabase()]
  return { ws, db, config: { database: db.url, dir: 'sql', directory: ws.cwd } }
}

describe('createSqlmig', () => {
  it('returns the reports that --json prints', async () => {
    const { ws, config } = await project()
    const other = await createTestDatabase()
    const env = { DATABASE_URL: other.url }
    const sqlmig = createSqlmig(config)
    const calls: ReadonlyArray<[line: string, call: () => Promise<Report>]> = [
      ['plan', () => sqlmig.plan()],
      ['up --steps 2', () => sqlmig.up({ to: { kind: 'steps', count: 2 } })],
      ['status --check', () => sqlmig.status({ pending: 'fail' })],
      ['redo', () => sqlmig.redo()],
      ['goto 003', () => sqlmig.goto({ version: '003' })],
      ['down --dry-run', () => sqlmig.down({ dryRun: true })],
      ['down --to 001', () => sqlmig.down({ to: { kind: 'version', version: '001' } })],
      ['up --to 9', () => sqlmig.up({ to: { kind: 'version', version: '9' } })],
      ['verify', () => sqlmig.verify()],
    ]
    for (const [line, call] of calls)
      expect([line, stable(await call())]).toEqual([
        line,
        stable((await ws.run(`${line} --json`, { env })).report),
      ])
    expect((await sqlmig.history()).events).toHaveLength(7)
  })

  it('makes files from the given folder on', async () => {
    const { ws, config } = await project()
    const { files } = await createSqlmig(config).create({ name: 'four' })
    expect(files).toEqual(['up', 'down'].map((side) => join(ws.cwd, 'sql', `004_four.${side}.sql`)))
  })

  it('reports what stops a command instead of throwing it', async () => {
    const { ws, config } = await project()
    for (const [change, code, exitCode] of [
      [{ database: 'postgres://u@127.0.0.1:1/x' }, 'CONNECTION_FAILED', 7],
      [{ database: 'postgres://u@h/x?nope=1' }, 'CONFIG_INVALID', 2],
      [{ database: 'pglite:' }, 'CONFIG_INVALID', 2],
      [{ dir: join(ws.cwd, 'nowhere') }, 'DIRECTORY_MISSING', 2],
    ] as const) {
      const events: SqlmigEvent[] = []
      const report = await createSqlmig({ ...config, ...change, onEvent: (e) => events.push(e) }).up()
      expect(report).toMatchObject({ command: 'up', ok: false, exitCode, error: { code } })
      expect(events.at(-1)).toEqual({ type: 'run.finished', report })
    }
  })

  it('throws at once what cannot be understood', () => {
    for (const wrong of [
      { database: 'hello' },
      { database: '' },
      { database: 'mysql://h/x' },
      { history: 'x' },
      { lockWait: 'soon' },
      { lockTimeout: -1 },
      { statementTimeout: Number.NaN },
    ])
      expect(() => createSqlmig({ database: 'pglite:memory', ...wrong })).toThrow(SqlmigError)
  })

  it('tells a dry run also of what was stopped before it began', async () => {
    const { config } = await project()
    const sqlmig = createSqlmig({ ...config, database: 'pglite:' })
    for (const { dryRun } of [await sqlmig.plan(), await sqlmig.up({ dryRun: true })])
      expect(dryRun).toBe(true)
    for (const { dryRun } of [await sqlmig.up(), await sqlmig.status()]) expect(dryRun).toBe(false)
  })

  it('says which version it is', () => {
    expect(version).toMatch(/^\d+\.\d+\.\d+/)
  })
})

describe('events', () => {
  it('tell what happens, in order, as plain data', async () => {
    const { config } = await project({
      ...pair('001', 'a', 'create table a ();', 'drop table a;'),
      ...pair('002', 'b', `do $$ begin raise notice 'hi'; end $$; select nope;`, 'select 1;'),
    })
    const events: SqlmigEvent[] = []
    const report = await createSqlmig({ ...config, onEvent: (event) => events.push(event) }).up()
    expect(events.map(({ type }) => type)).toEqual([
      'run.started',
      'connected',
      'lock.acquired',
      'plan.made',
      'step.started',
      'step.finished',
      'step.started',
      'notice',
      'step.finished',
      'run.finished',
    ])
    expect(JSON.parse(JSON.stringify(events))).toEqual(events)
    expect(events.at(-1)).toEqual({ type: 'run.finished', report })
    expect(events.find(({ type }) => type === 'notice')).toEqual({
      type: 'notice',
      severity: 'NOTICE',
      message: 'hi',
      version: '002',
    })
  })

  it('do not let a listener harm the run that throws, at once or later', async () => {
    const { config } = await project()
    const throwing = () => {
      throw new Error('listener')
    }
    const rejecting = async () => throwing()
    expect(await createSqlmig({ ...config, onEvent: throwing }).up()).toMatchObject({ ok: true })
    expect(await createSqlmig({ ...config, onEvent: rejecting }).down()).toMatchObject({ ok: true })
  })
})

describe('an AbortSignal', () => {
  it('stops an embedded database between two migrations, though nothing there ever waits', async () => {
    const ws = await workspace(THREE)
    const abort = new AbortController()
    const config = { database: 'pglite:./data', dir: join(ws.cwd, 'sql'), directory: ws.cwd }
    const onEvent = (event: SqlmigEvent) => {
      // As a signal does it: later, in a turn of the event loop.
      if (event.type === 'step.started' && event.step.version === '001') setImmediate(() => abort.abort())
    }
    const report = await createSqlmig({ ...config, signal: abort.signal, onEvent }).up()
    expect(report).toMatchObject({ exitCode: 130, error: { code: 'INTERRUPTED' } })
    const { migrations } = await createSqlmig(config).status()
    expect(migrations.at(-1)?.state).toBe('pending')
  })

  it('that is aborted already runs nothing', async () => {
    const { config } = await project()
    const report = await createSqlmig({ ...config, signal: AbortSignal.abort() }).up()
    expect(report).toMatchObject({ ok: false, exitCode: 130, error: { code: 'INTERRUPTED' } })
    expect((await createSqlmig(config).status()).migrations.every(({ state }) => state === 'pending')).toBe(
      true,
    )
  })

  it('cancels what runs and keeps what is applied', async () => {
    const { config } = await project({
      ...pair('001', 'a', 'create table a ();', 'drop table a;'),
      ...pair('002', 'slow', 'select pg_sleep(60);', 'select 1;'),
    })
    const abort = new AbortController()
    const onEvent = (event: SqlmigEvent) => {
      if (event.type === 'step.started' && event.step.version === '002') setTimeout(() => abort.abort(), 200)
    }
    const report = await createSqlmig({ ...config, signal: abort.signal, onEvent }).up()
    expect(report.exitCode).toBe(130)
    expect(report.migrations.map(({ state }) => state)).toEqual(['applied', 'pending'])
  })
})
