import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { connect, databaseUrl, withConnection } from '../support/connect.ts'
import { migrationsFolder } from '../support/folder.ts'
import { waitFor } from '../support/wait.ts'
import { documentOf } from './claims.ts'
import { type Lab, type LabDatabase, openLab, runTool, startTool } from './lab.ts'
import { noOwnServer, type OwnServer, startOwnServer } from './own-server.ts'
import { inTransaction, shapeOf, TWO } from './shape.ts'
import { audit } from './trial.ts'
import { look } from './world.ts'

const missing = await noOwnServer()

describe.skipIf(missing !== '')(`a primary and its standby${missing}`, () => {
  let primary: OwnServer
  let standby: OwnServer
  let lab: Lab
  let db: LabDatabase
  beforeAll(async () => {
    primary = await startOwnServer()
    lab = await openLab(primary.url)
    db = await lab.database()
    await primary.halt('fast')
    standby = await primary.copyAsStandby()
    await primary.start()
    await standby.start()
  })
  afterAll(async () => {
    await standby?.remove()
    await primary?.remove()
  })

  function onStandby(url: string): string {
    const moved = new URL(url)
    moved.port = new URL(standby.url).port
    return moved.href
  }

  it('a hot standby is refused before anything is asked of it, and does for reading', async () => {
    const cwd = await migrationsFolder(TWO.files)
    const url = onStandby(db.url)
    const run = await runTool(url, ['up'], { cwd })
    expect(run.code).not.toBe(0)
    expect(documentOf(run.stdout)?.error).toMatchObject({
      message: expect.stringMatching(/standby|recovery/i),
      hint: expect.any(String),
    })
    expect(documentOf(run.stdout)?.steps.every(({ status }) => status === 'not-run')).toBe(true)
    const locks = await withConnection(
      standby.url,
      (sql) => sql`select from pg_locks where locktype = 'advisory'`,
    )
    expect(locks).toHaveLength(0)
    expect((await runTool(url, ['status'], { cwd })).code).toBe(0)
    expect(await look(onStandby(db.adminUrl))).toMatchObject({ history: [], tables: ['ledger'] })
  })

  it('a database that is read-only by default is no obstacle', async () => {
    const cwd = await migrationsFolder(TWO.files)
    const readOnly = await lab.database()
    await withConnection(databaseUrl(primary.url, readOnly.name), (sql) =>
      sql.unsafe(`alter database ${readOnly.name} set default_transaction_read_only = on`),
    )
    // our own setting goes along with the connection, so that this one is no obstacle
    const run = await runTool(readOnly.url, ['up'], { cwd })
    expect(run.code).toBe(0)
    expect(await audit(lab, readOnly, cwd, TWO, run)).toEqual([])
    await readOnly.drop()
  })

  it('of several hosts the primary is taken, wherever it stands, and after a promotion the new one', async () => {
    const cwd = await migrationsFolder(TWO.files)
    const ports = [new URL(standby.url).port, new URL(db.url).port]
    const both = db.url.replace(/@[^/]+\//, `@127.0.0.1:${ports[0]},127.0.0.1:${ports[1]}/`)
    const run = await runTool(both, ['up'], { cwd })
    expect(run).toMatchObject({ code: 0 })
    expect(await audit(lab, db, cwd, TWO, run)).toEqual([])
    await withConnection(standby.url, (sql) => sql`select pg_promote()`)
    await waitFor(() =>
      withConnection(
        standby.url,
        async (sql) => (await sql`select pg_is_in_recovery() as r`)[0]?.['r'] === false,
      ),
    )
    const promoted = { ...db, url: onStandby(db.url), adminUrl: onStandby(db.adminUrl) }
    const after = await runTool(promoted.url, ['up'], { cwd })
    expect(after.code).toBe(0)
    expect(await audit(lab, promoted, cwd, TWO, after)).toEqual([])
  })

  it('a COMMIT that waits for a synchronous standby in vain, and is cancelled, is reported as applied', async () => {
    const server = await startOwnServer()
    onTestFinished(() => server.remove())
    const ownLab = await openLab(server.url)
    const own = await ownLab.database()
    const shape = shapeOf('held', inTransaction('001'), inTransaction('002', 'select from held;\n'))
    const cwd = await migrationsFolder(shape.files)
    const [holder, admin, prober] = [connect(own.adminUrl), connect(own.adminUrl), connect(own.adminUrl)]
    onTestFinished(async () => {
      for (const sql of [holder, admin, prober]) await sql.end({ timeout: 1 })
    })
    await admin.unsafe(`create schema control; create table control.held (); grant usage on schema control to public;
    grant select on control.held to public; alter database ${own.name} set search_path = public, control`)
    await holder.unsafe('begin; lock table control.held')
    const running = startTool(own.url, ['up', '--lock-timeout', '5min'], { cwd })
    const waits = async (event: string) =>
      (await admin`select from pg_stat_activity where datname = current_database() and wait_event = ${event}`)
        .length > 0
    await waitFor(() => waits('relation'))
    await admin.unsafe("alter system set synchronous_standby_names = 'nobody'")
    await admin`select pg_reload_conf()`
    const cancel = () =>
      admin`select pg_cancel_backend(pid) from pg_stat_activity where wait_event = 'SyncRep'`
    // It counts when the checkpointer has read it, which nothing shows but a commit that waits.
    let probing = true
    const probes = (async () => {
      for (let n = 0; probing; n++) await prober.unsafe(`comment on schema control is '${n}'`)
    })()
    await waitFor(() => waits('SyncRep'))
    probing = false
    await cancel()
    await probes
    await holder`rollback`
    await waitFor(() => waits('SyncRep'))
    await cancel()
    await admin.unsafe("alter system set synchronous_standby_names = ''")
    await admin`select pg_reload_conf()`
    const run = await running.whole
    expect(run.code).toBe(0)
    expect(await audit(ownLab, own, cwd, shape, run)).toEqual([])
  })
})
