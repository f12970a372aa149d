import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connect } from '../support/connect.ts'
import { startFaultProxy, type WireMessage } from '../support/fault-proxy.ts'
import { migrationsFolder } from '../support/folder.ts'
import { waitFor } from '../support/wait.ts'
import { documentOf } from './claims.ts'
import { closeGate, GATED, type Outsider } from './gate.ts'
import { type Ended, inParallel, type Lab, type LabDatabase, openLab, runTool, startTool } from './lab.ts'
import { type Shape, TWO } from './shape.ts'
import { audit } from './trial.ts'
import { look } from './world.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

interface Scene {
  readonly db: LabDatabase
  readonly cwd: string
  readonly outsider: Outsider
  audit(run: Ended): Promise<string[]>
}

async function scene(shape: Shape): Promise<Scene> {
  const db = await lab.database()
  const outsider = await closeGate(db)
  onTestFinished(async () => {
    await outsider.close()
    await db.drop()
  })
  const cwd = await migrationsFolder(shape.files)
  return {
    db,
    cwd,
    outsider,
    async audit(run) {
      await outsider.openGate()
      return audit(lab, db, cwd, shape, run)
    },
  }
}

/** Does something when the program sends its first message after the COMMIT of the first file, before the server hears of it. */
function behindFirstFile(act: () => void): (message: WireMessage) => { delayMs: number } | undefined {
  let seen: 'nothing' | 'commit' | 'everything' = 'nothing'
  return ({ from, type, text }) => {
    if (from !== 'client' || type !== 'Q' || seen === 'everything') return undefined
    if (seen === 'nothing') {
      if (/^\s*commit/i.test(text)) seen = 'commit'
      return undefined
    }
    seen = 'everything'
    act()
    return { delayMs: 500 }
  }
}

describe('a session that the server ends', () => {
  it('in the middle of a statement: exit 1 with the reason, and nothing of the file', async () => {
    const { db, cwd, outsider, audit } = await scene(GATED)
    const running = startTool(db.url, ['up'], { cwd })
    await outsider.atGate()
    expect(await outsider.terminate()).toBe(true)
    const run = await running.whole
    expect(await audit(run)).toEqual([])
    expect(run.code).toBe(1)
    expect(documentOf(run.stdout)).toMatchObject({
      error: { code: 'SESSION_LOST', message: expect.stringContaining('57P01') },
    })
  })

  it('between two files: no further one is applied', async () => {
    const { db, cwd, outsider, audit } = await scene(TWO)
    const proxy = await startFaultProxy(
      db.url,
      behindFirstFile(() => void outsider.terminate()),
    )
    const run = await runTool(proxy.url, ['up'], { cwd })
    await proxy.close()
    expect((await look(db.adminUrl)).history.map(({ version }) => version)).toEqual(['001'])
    expect(await audit(run)).toEqual([])
    expect(documentOf(run.stdout)).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
  })

  it('while somebody else takes the key at once: nothing is applied, and he is named', async () => {
    const { db, cwd, outsider, audit } = await scene(GATED)
    const other = connect(db.adminUrl)
    onTestFinished(() => other.end({ timeout: 1 }))
    const running = startTool(db.url, ['up'], { cwd })
    await outsider.atGate()
    const [lock] =
      await outsider.sql`select (classid::bigint << 32 | objid::bigint)::text as key from pg_locks
      where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`
    await other`set application_name = 'somebody else'`
    const [me] = await other`select pg_backend_pid() as pid`
    const taken = other.unsafe(`select pg_advisory_lock(${lock?.['key']})`).execute()
    await waitFor(async () => {
      const rows = await outsider.sql`select from pg_locks where pid = ${me?.['pid']} and not granted`
      return rows.length > 0
    })
    await outsider.terminate()
    await taken
    const run = await running.whole
    expect(run.code).toBe(1)
    await outsider.openGate()
    const before = await look(db.adminUrl)
    expect(before.history.map(({ version }) => version)).toEqual(['001'])
    const waiting = await runTool(db.url, ['up', '--lock-wait', '1s'], { cwd })
    expect(waiting.code).toBe(5)
    const message = documentOf(waiting.stdout)?.error?.message
    expect(message).toContain(String(me?.['pid']))
    expect(message).toContain('somebody else')
    expect(await look(db.adminUrl)).toEqual(before)
    await other.end({ timeout: 1 })
    expect(await audit(run)).toEqual([])
  })
})

describe('a signal', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('%s in the middle of a statement', async (signal) => {
    const { db, cwd, outsider, audit } = await scene(GATED)
    const running = startTool(db.url, ['up'], { cwd })
    await outsider.atGate()
    running.process.kill(signal)
    const run = await running.whole
    expect(await audit(run)).toEqual([])
    expect(run.code).toBe(130)
    expect(await sleepers(outsider)).toHaveLength(0)
  })

  // All at once: the server looks for a client that is gone every ten seconds only.
  it('SIGKILL in the middle of a statement, also behind another one', async () => {
    const rounds = [['SIGKILL'], ['SIGINT', 'SIGKILL'], ['SIGTERM', 'SIGKILL']] as const
    const found = await inParallel(rounds, rounds.length, async (signals) => {
      const { db, cwd, outsider, audit } = await scene(GATED)
      const running = startTool(db.url, ['up'], { cwd })
      await outsider.atGate()
      for (const signal of signals) running.process.kill(signal)
      const violations = await audit(await running.whole)
      expect(await sleepers(outsider)).toHaveLength(0)
      return violations.map((violation) => `${signals.join(', ')}: ${violation}`)
    })
    expect(found.flat()).toEqual([])
  })

  async function sleepers({ sql }: Outsider): Promise<readonly unknown[]> {
    return sql`select from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`
  }

  it.each([
    [1, ['001 done']],
    [2, ['001 done', '002 done']],
  ] as const)('between COMMIT of file %d and its answer: it is reported as applied', async (file, done) => {
    const { db, cwd, audit } = await scene(TWO)
    let commits = 0
    let interrupt = () => {}
    const proxy = await startFaultProxy(db.url, ({ from, type, text }) => {
      // The first COMMIT is that of the history's table.
      if (from !== 'server' || type !== 'C' || text !== 'COMMIT' || commits++ !== file) return undefined
      interrupt()
      return { delayMs: 1000 }
    })
    const running = startTool(proxy.url, ['up'], { cwd })
    interrupt = () => running.process.kill('SIGINT')
    const run = await running.whole
    await proxy.close()
    const steps = documentOf(run.stdout)?.steps.filter(({ status }) => status === 'done')
    expect(steps?.map(({ version, status }) => `${version} ${status}`)).toEqual(done)
    if (file === 1) expect(run.code).toBe(130)
    expect(await audit(run)).toEqual([])
  })
})

it.each([
  ['byte by byte', { fragment: 1 }],
  ['20 ms a message', { delayMs: 20 }],
] as const)('a network that delivers %s changes nothing', async (_how, fault) => {
  const { db, cwd, audit } = await scene(TWO)
  const proxy = await startFaultProxy(db.url, () => fault)
  const run = await runTool(proxy.url, ['up'], { cwd })
  await proxy.close()
  expect(run).toMatchObject({ code: 0 })
  expect(await audit(run)).toEqual([])
})

it('settings of the role and the database that no run could live with do not reach it', async () => {
  const { db, cwd, outsider, audit } = await scene(TWO)
  const settings = {
    idle_in_transaction_session_timeout: '1ms',
    statement_timeout: '1ms',
    lock_timeout: '1ms',
    default_transaction_read_only: 'on',
    default_transaction_isolation: 'serializable',
    standard_conforming_strings: 'off',
    ...(Number((await outsider.sql`show server_version_num`)[0]?.['server_version_num']) >= 170_000
      ? { transaction_timeout: '1ms' }
      : {}),
  }
  for (const [name, value] of Object.entries(settings))
    await outsider.sql.unsafe(`alter role "${lab.role.name}" in database ${db.name} set ${name} = '${value}'`)
  const run = await runTool(db.url, ['up'], { cwd })
  expect(run).toMatchObject({ code: 0 })
  expect(await audit(run)).toEqual([])
})
