import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSessionLock } from '../../src/adapters/postgres/session-lock.ts'
import { runBinary, startBinary } from '../support/binary.ts'
import { connect, type Sql } from '../support/connect.ts'
import { migrationsFolder } from '../support/folder.ts'
import { openSession, postgresAt } from '../support/session.ts'
import {
  createProject,
  historyOf,
  isQuiet,
  type Project,
  pair,
  snapshot,
  tablePair,
} from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const argv = ({ db, folder }: Project, ...more: string[]) => [
  'up',
  '--json',
  '-d',
  db.url,
  '--dir',
  folder,
  ...more,
]

function session({ db }: Project): Sql {
  const sql = connect(db.url)
  onTestFinished(() => sql.end({ timeout: 1 }))
  return sql
}

describe('a run that waits for the migration lock', () => {
  it('holds no snapshot and no transaction at any moment, so that CREATE INDEX CONCURRENTLY goes through beside it', async () => {
    const project = await createProject(tablePair('001_a'))
    await project.db.sql`create table other (id int)`
    const holder = await openSession(postgresAt(project.db.url))
    await createSessionLock('sqlmig.history').tryAcquire(holder)
    const running = startBinary(argv(project), { cwd: project.folder })
    const outsider = session(project)
    const waiting = () => outsider`select backend_xmin, backend_xid, state, xact_start from pg_stat_activity
      where application_name like 'sqlmig/%' and application_name <> 'sqlmig/test' and datname = current_database()
        and state = 'idle'`
    await waitFor(async () => (await waiting()).length > 0)
    let seen = 0
    for (let look = 0; look < 100; look++) {
      for (const row of await waiting()) {
        expect(row).toMatchObject({ backend_xmin: null, backend_xid: null, xact_start: null })
        seen++
      }
      await sleep(10)
    }
    expect(seen).toBeGreaterThan(20)
    // It waits for every snapshot that is older than itself.
    await outsider`set statement_timeout = '20s'`
    await outsider`create index concurrently on other (id)`
    expect(running.process.exitCode).toBeNull()
    await holder.close()
    expect(await running.ended).toMatchObject({ code: 0 })
    expect(await historyOf(project.db)).toEqual(['applied 001'])
  })
})

describe('an application that reads a table', () => {
  it('is not queued behind an ALTER of it, which is applied when the reader has ended', async () => {
    const project = await createProject(
      pair('001_busy', 'alter table busy add column more int;\n', 'alter table busy drop column more;\n'),
    )
    await project.db.sql`create table busy (id int)`
    const [holder, reader, outsider] = [session(project), session(project), session(project)]
    await holder`begin`
    await holder`select from busy`
    const running = startBinary(argv(project, '--lock-timeout', '300ms'), { cwd: project.folder })
    // The server is the judge: a read that had to wait for the reader in front, and not only for the lock timeout, ends with 55P03.
    await reader`set lock_timeout = '3s'`
    await waitFor(async () => {
      const rows = await outsider`select from pg_stat_activity where wait_event_type = 'Lock'
        and query like 'alter table busy%' and datname = current_database()`
      return rows.length > 0
    })
    for (let read = 0; read < 3; read++) await reader`select from busy`
    await holder`rollback`
    const { code, stdout } = await running.ended
    expect(code).toBe(0)
    expect(JSON.parse(stdout).steps).toMatchObject([{ status: 'done' }])
    expect(await historyOf(project.db)).toEqual(['applied 001'])
  })
})

describe('a short lock timeout', () => {
  it('does not end CREATE INDEX CONCURRENTLY that waits for an old snapshot', async () => {
    const concurrently = '-- sqlmig: no-transaction\n'
    const project = await createProject(
      pair(
        '001_index',
        `${concurrently}create index concurrently waited on old (id);\n`,
        `${concurrently}drop index concurrently waited;\n`,
      ),
    )
    await project.db.sql`create table old (id int)`
    const [holder, outsider] = [session(project), session(project)]
    await holder`begin isolation level repeatable read`
    await holder`select from pg_class limit 1`
    const running = startBinary(argv(project, '--lock-timeout', '100ms'), { cwd: project.folder })
    await waitFor(async () => {
      const rows = await outsider`select from pg_stat_activity where datname = current_database()
        and wait_event = 'virtualxid' and query_start < clock_timestamp() - interval '1 second'`
      return rows.length > 0
    })
    await holder`rollback`
    expect(await running.ended).toMatchObject({ code: 0 })
    const [index] = await outsider`select indisvalid from pg_index where indexrelid = 'waited'::regclass`
    expect(index?.['indisvalid']).toBe(true)
  })
})

describe('a file that begins with the end of a transaction, behind one that fails', () => {
  it.each(['rollback', 'ROLLBACK AND CHAIN', 'commit', 'end', 'abort', '/* a /* b */ */ rollback'])(
    'is refused before anything runs, and nothing changes: %s',
    async (end) => {
      const project = await createProject({
        ...tablePair('001_a'),
        ...pair('002_fails', 'create table fails ();\nselect 1 / 0;\n'),
        ...pair('003_hides', `${end};\ncreate table hides ();\n`),
        ...tablePair('004_d'),
      })
      const before = await snapshot(project.db)
      for (const mode of [[], ['--single-transaction']]) {
        const { code, stdout } = await runBinary(argv(project, ...mode), { cwd: project.folder })
        expect(code).toBe(4)
        const report = JSON.parse(stdout)
        expect(report.findings).toMatchObject([
          { code: 'TRANSACTION_CONTROL', location: { file: '003_hides.up.sql', line: 1 } },
        ])
        expect(await snapshot(project.db)).toEqual(before)
      }
    },
  )

  it('is never sent when the one before it fails', async () => {
    const project = await createProject({
      ...tablePair('001_a'),
      ...pair('002_fails', 'create table fails ();\nselect 1 / 0;\n'),
      ...tablePair('003_c'),
    })
    const folder = await migrationsFolder()
    const { code, stdout } = await runBinary(argv(project), { cwd: folder })
    expect(code).toBe(1)
    expect(JSON.parse(stdout).steps).toMatchObject([
      { status: 'done' },
      { status: 'failed' },
      { status: 'not-run' },
    ])
    const { catalog, history } = await snapshot(project.db)
    expect(history).toEqual(['applied 001'])
    expect(catalog.filter((line) => /^relation public\.(?:fails|c) /.test(line))).toEqual([])
    await waitFor(() => isQuiet(project.db.sql))
  })
})
