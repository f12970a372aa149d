import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { pair, THREE, type Workspace, workspace } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { writeFiles } from '../support/folder.ts'

async function project(
  files: Parameters<typeof workspace>[0] = THREE,
): Promise<Workspace & { db: TestDatabase }> {
  const db = await createTestDatabase()
  return Object.assign(await workspace(files, { env: { DATABASE_URL: db.url } }), { db })
}

/** Waits until a session of the database runs this. */
async function untilRunning({ sql }: TestDatabase, text: string): Promise<void> {
  for (;;) {
    const found = await sql`select from pg_stat_activity
      where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and query like ${`%${text}%`}`
    if (found.length > 0) return
    await sleep(50)
  }
}

describe('exit codes, each with its document', () => {
  it('0: applied, and then nothing to do', async () => {
    const ws = await project()
    const { code, stderr, report } = await ws.run('up --json')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(Object.keys(report)).toEqual([
      'command',
      'ok',
      'exitCode',
      'dryRun',
      'target',
      'migrations',
      'steps',
      'findings',
    ])
    expect(report).toMatchObject({ command: 'up', ok: true, exitCode: 0, dryRun: false, findings: [] })
    expect(report.target).toEqual({
      database: ws.db.name,
      server: expect.stringMatching(/^PostgreSQL \d+/),
      history: 'sqlmig.history',
      head: expect.stringMatching(/^v1:[0-9a-f]{64}$/),
    })
    expect(report.migrations[0]).toEqual({
      version: '001',
      name: 'create_a',
      state: 'applied',
      appliedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*Z$/),
      durationMs: expect.any(Number),
      upChecksum: expect.stringMatching(/^v1:[0-9a-f]{64}$/),
      downChecksum: expect.stringMatching(/^v1:[0-9a-f]{64}$/),
    })
    expect(report.steps).toEqual(
      ['001', '002', '003'].map((version, i) => ({
        action: 'apply',
        version,
        name: `create_${'abc'[i]}`,
        status: 'done',
        transactional: true,
        durationMs: expect.any(Number),
      })),
    )
    const again = await ws.run('up --json')
    expect(again.report).toMatchObject({ ok: true, exitCode: 0, steps: [], target: report.target })
  })

  it('1: a statement failed', async () => {
    const ws = await project({
      ...THREE,
      ...pair('002', 'create_b', 'create table b (id int);\nselect 1/0;\n', 'drop table b;'),
    })
    const { code, report } = await ws.run('up --json')
    expect(code).toBe(1)
    expect(report).toMatchObject({ ok: false, exitCode: 1 })
    expect(report.steps.map(({ version, status }) => [version, status])).toEqual([
      ['001', 'done'],
      ['002', 'failed'],
      ['003', 'not-run'],
    ])
    expect(report.error).toMatchObject({
      code: 'STATEMENT_FAILED',
      message: 'division by zero',
      sqlstate: '22012',
      location: { file: '002_create_b.up.sql', line: 2 },
      consequence: 'Nothing of 002 create_b was applied. 001 stays applied.',
    })
    expect(report.migrations.map(({ state }) => state)).toEqual(['applied', 'pending', 'pending'])
  })

  it('2: a folder, a version or a confirmation is missing', async () => {
    const ws = await project()
    const folder = await ws.run('up --dir nowhere --json')
    expect(folder.report).toMatchObject({ exitCode: 2, error: { code: 'DIRECTORY_MISSING' } })
    const version = await ws.run('up --to 9 --json')
    expect(version.report).toMatchObject({ exitCode: 2, error: { code: 'VERSION_UNKNOWN' } })
    const all = await ws.run('down --all --json')
    expect(all.report).toMatchObject({ exitCode: 2, error: { code: 'CONFIRMATION_REQUIRED' }, target: null })
  })

  it('3: pending, only with --check', async () => {
    const ws = await project()
    expect((await ws.run('status')).code).toBe(0)
    const { code, report } = await ws.run('status --check --json')
    expect(code).toBe(3)
    expect(report).toMatchObject({ ok: false, exitCode: 3 })
    expect(report).not.toHaveProperty('error')
    await ws.run('up')
    expect((await ws.run('status --check')).code).toBe(0)
  })

  it('4: files and history disagree', async () => {
    const ws = await project()
    await ws.run('up')
    await writeFiles(ws.cwd, { 'sql/001_create_a.up.sql': 'create table a (id bigint);\n' })
    for (const command of ['up', 'status', 'verify', 'plan']) {
      const { code, report } = await ws.run(`${command} --json`)
      expect([command, code]).toEqual([command, 4])
      expect(report.findings).toMatchObject([
        {
          code: 'CHECKSUM_MISMATCH',
          severity: 'error',
          version: '001',
          location: { file: '001_create_a.up.sql', line: 1 },
          facts: { direction: 'up', change: 'semantic' },
        },
      ])
    }
  })

  it('5: another run holds the lock', async () => {
    const ws = await project({ ...pair('001', 'slow', 'select pg_sleep(30);', 'select 1;') })
    const slow = ws.run('up')
    await untilRunning(ws.db, 'pg_sleep')
    const second = await ws.run('up --lock-wait 200ms --json')
    expect(second.code).toBe(5)
    expect(second.report.error?.code).toBe('LOCK_NOT_OBTAINED')
    expect(second.report.error?.message).toContain('held by')
    ws.interrupt()
    expect((await slow).code).toBe(130)
  })

  it('7: no server, no such host, no such database, no such role', async () => {
    const ws = await project()
    const url = new URL(ws.db.url)
    const wrong = (change: Partial<Pick<URL, 'port' | 'hostname' | 'pathname' | 'username'>>) =>
      Object.assign(new URL(url), change).href
    for (const [database, says] of [
      [wrong({ port: '1' }), 'is a server running'],
      [wrong({ hostname: 'no-such-host.invalid' }), 'check the host name "no-such-host.invalid"'],
      [wrong({ pathname: '/no_such_database' }), 'create the database first'],
      [wrong({ username: 'no_such_role' }), 'check user and password'],
    ] as const) {
      const { code, report } = await ws.run(['up', '--json', '-d', database])
      expect(code).toBe(7)
      expect(report.error).toMatchObject({ code: 'CONNECTION_FAILED' })
      expect(report.error?.hint).toContain(says)
    }
  })

  it('130: interrupted, with what was applied', async () => {
    const ws = await project({
      ...pair('001', 'quick', 'create table a ();', 'drop table a;'),
      ...pair('002', 'slow', 'create table b (); select pg_sleep(30);', 'drop table b;'),
    })
    const running = ws.run('up --json')
    await untilRunning(ws.db, 'pg_sleep')
    ws.interrupt()
    const { code, report } = await running
    expect(code).toBe(130)
    expect(report).toMatchObject({ ok: false, exitCode: 130, error: { code: 'INTERRUPTED' } })
    expect(report.error?.consequence).toContain('Nothing of 002 slow was applied. 001 stays applied.')
    expect(ws.exited).toBeUndefined()
    expect(await ws.db.sql`select to_regclass('a')::text as a, to_regclass('b')::text as b`).toMatchObject([
      { a: 'a', b: null },
    ])
  })
})
