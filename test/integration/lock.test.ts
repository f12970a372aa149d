import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { createSessionLock } from '../../src/adapters/postgres/session-lock.ts'
import { createRole } from '../support/database.ts'
import { openSession, postgresAt } from '../support/session.ts'
import { createProject, historyOf, isQuiet, pair, tablePair } from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const lock = createSessionLock('sqlmig.history')

describe('the migration lock', () => {
  it('that somebody holds ends the wait with his name', async () => {
    const project = await createProject(tablePair('001_a'))
    const holder = await openSession(postgresAt(project.db.url))
    expect(await lock.tryAcquire(holder)).toBe(true)
    const report = await project.with({ lockWait: 3000 }).up()
    expect(report).toMatchObject({ exitCode: 5, error: { code: 'LOCK_NOT_OBTAINED' } })
    expect(report.error?.message).toContain(`process ${holder.info.backendPid}, sqlmig/test, role postgres`)
    expect(project.events.find((event) => event.type === 'lock.waiting')).toMatchObject({
      holder: expect.stringContaining(`process ${holder.info.backendPid}`),
    })
    expect(await historyOf(project.db)).toEqual([])
    expect(await project.db.sql`select 1 from pg_namespace where nspname = 'sqlmig'`).toHaveLength(0)
    expect(await project.with({ lockWait: 0 }).up()).toMatchObject({ exitCode: 5 })
    await holder.close()
    expect(await project.with({ lockWait: 0 }).up()).toMatchObject({ ok: true })
  })

  it('is waited for without a snapshot, and taken when it is free', async () => {
    const project = await createProject(tablePair('001_a'))
    const holder = await openSession(postgresAt(project.db.url))
    await lock.tryAcquire(holder)
    const running = project.sqlmig.up()
    await sleep(500)
    const waiting = await project.db.sql`select backend_xmin, state from pg_stat_activity
      where application_name like 'sqlmig/%' and application_name <> 'sqlmig/test' and datname = current_database()`
    expect(waiting).toMatchObject([{ backend_xmin: null, state: 'idle' }])
    await holder.close()
    expect(await running).toMatchObject({ ok: true })
  })

  it('is not needed when there is nothing to do', async () => {
    const project = await createProject(tablePair('001_a'))
    await project.sqlmig.up()
    const holder = await openSession(postgresAt(project.db.url))
    await lock.tryAcquire(holder)
    for (const command of ['up', 'status', 'verify', 'history', 'plan'] as const)
      expect(await project.with({ lockWait: 0 })[command]()).toMatchObject({ ok: true })
  })

  it('belongs to one history: another one is not kept waiting', async () => {
    const project = await createProject(tablePair('001_a'))
    const holder = await openSession(postgresAt(project.db.url))
    await lock.tryAcquire(holder)
    expect(await project.with({ history: 'other.history', lockWait: 0 }).up()).toMatchObject({ ok: true })
  })
})

describe('an application that uses the table', () => {
  const files = {
    ...tablePair('001_a'),
    ...pair('002_b', 'alter table a add column more text;\n', 'alter table a drop column more;\n'),
  }

  it('keeps the migration away, is named, and is not queued behind it for long', async () => {
    const project = await createProject(files)
    await project.sqlmig.up({ to: { kind: 'steps', count: 1 } })
    const application = await project.db.sql.reserve()
    await application`begin`
    await application`select * from a`
    const running = project.with({ lockTimeout: 400 }).up()
    let slowest = 0
    for (let i = 0; i < 15; i++) {
      const start = performance.now()
      await project.db.sql`select count(*) from a`
      slowest = Math.max(slowest, performance.now() - start)
      await sleep(50)
    }
    const report = await running
    await application`rollback`
    application.release()
    expect(slowest).toBeLessThan(15_000)
    expect(report).toMatchObject({ exitCode: 1, error: { sqlstate: '55P03' } })
    expect(report.error?.hint).toMatch(/the lock is held by process \d+/)
    expect(project.events.filter((event) => event.type === 'step.retrying')).toHaveLength(3)
    expect(project.events.find((event) => event.type === 'step.blocked')).toMatchObject({
      blockers: expect.stringMatching(/^process \d+.*idle in transaction$/),
    })
    expect(await historyOf(project.db)).toEqual(['applied 001'])
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('that goes away in time is waited for', async () => {
    const project = await createProject(files)
    await project.sqlmig.up({ to: { kind: 'steps', count: 1 } })
    const application = await project.db.sql.reserve()
    await application`begin`
    await application`lock table a in access exclusive mode`
    const running = project.with({ lockTimeout: 500 }).up()
    await waitFor(async () => project.events.some((event) => event.type === 'step.retrying'))
    await application`rollback`
    application.release()
    expect(await running).toMatchObject({ ok: true })
    expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002'])
  })

  it('is waited for as the file says', async () => {
    const up =
      '-- sqlmig: lock-timeout 100ms\n-- sqlmig: statement-timeout 3s\ncreate table b as select current_setting($$lock_timeout$$) as l, current_setting($$statement_timeout$$) as s;\n'
    const project = await createProject(pair('001_b', up))
    await project.sqlmig.up()
    expect(await project.db.sql`select l, s from b`).toMatchObject([{ l: '100ms', s: '3s' }])
  })

  it('may retry the very first migration, whose chain begins right all the same', async () => {
    const project = await createProject(
      pair(
        '001_first',
        'create table public.made (id int);\nlock table public.busy in access exclusive mode;\n',
        'drop table made;\n',
      ),
    )
    await project.db.sql`create table public.busy ()`
    const application = await project.db.sql.reserve()
    await application`begin`
    await application`select * from public.busy`
    const running = project.with({ lockTimeout: 200 }).up()
    await waitFor(async () => project.events.some((event) => event.type === 'step.retrying'))
    await application`rollback`
    application.release()
    expect(await running).toMatchObject({ ok: true })
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('may retry after a deferred trigger was kept waiting, and the chain is right', async () => {
    const project = await createProject(
      pair(
        '001_first',
        `create table made (id int);
create function wait() returns trigger language plpgsql as $$ begin lock table public.busy in access exclusive mode; return null; end $$;
create constraint trigger late after insert on made deferrable initially deferred for each row execute function wait();
insert into made values (1);
`,
        'drop table made;\ndrop function wait();\n',
      ),
    )
    await project.db.sql`create table public.busy ()`
    const application = await project.db.sql.reserve()
    await application`begin`
    await application`select * from public.busy`
    const running = project.with({ lockTimeout: 200 }).up()
    await waitFor(async () => project.events.some((event) => event.type === 'step.retrying'))
    await application`rollback`
    application.release()
    const report = await running
    expect(report.error).toBeUndefined()
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('is named as far as a role without rights may see', async () => {
    const role = await createRole()
    const project = await createProject(
      pair('001_b', 'lock table public.busy in access exclusive mode;\n', 'select 1;\n'),
    )
    await project.db.sql.unsafe(
      `create table public.busy (); alter table public.busy owner to "${role.name}"; grant create on database "${project.db.name}" to "${role.name}"`,
    )
    const application = await project.db.sql.reserve()
    await application`begin`
    await application`select * from public.busy`
    const report = await project.with({ database: role.urlFor(project.db), lockTimeout: 200 }).up()
    application.release()
    expect(report.error).toMatchObject({ sqlstate: '55P03', hint: expect.stringMatching(/process \d+/) })
    await waitFor(() => isQuiet(project.db.sql))
  })
})
