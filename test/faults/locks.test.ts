import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { connect, type Sql } from '../support/connect.ts'
import { migrationsFolder } from '../support/folder.ts'
import { waitFor } from '../support/wait.ts'
import { documentOf } from './claims.ts'
import { type Lab, type LabDatabase, openLab, startTool } from './lab.ts'
import { inTransaction, JOURNALLED, type Shape, shapeOf } from './shape.ts'
import { audit } from './trial.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

async function database(): Promise<LabDatabase> {
  const db = await lab.database()
  onTestFinished(() => db.drop())
  return db
}

function session(db: LabDatabase): Sql {
  const sql = connect(db.adminUrl)
  onTestFinished(() => sql.end({ timeout: 1 }))
  return sql
}

const altering = inTransaction('001', 'alter table app.busy add column more int;\n')
const ALTER: Shape = shapeOf('alter', altering, inTransaction('002'))

it('the reads of an application are not queued behind a waiting ALTER for longer than the lock timeout', async () => {
  const db = await database()
  const [holder, reader] = [session(db), session(db)]
  await holder.unsafe(`create schema app authorization ${lab.role.name}; create table app.busy (id int);
    alter table app.busy owner to ${lab.role.name}`)
  await holder`begin`
  await holder`select from app.busy`
  const cwd = await migrationsFolder(ALTER.files)
  const running = startTool(db.url, ['up', '--lock-timeout', '200ms'], { cwd })
  // The server itself is the judge: a read that waits for ten times the lock timeout fails with 55P03.
  await reader`set lock_timeout = '2s'`
  let [over, reads] = [false, 0]
  const reading = (async () => {
    for (; !over; reads++) {
      await reader`select from app.busy`
      await sleep(10)
    }
  })()
  const run = await running.whole
  over = true
  await reading
  expect(reads).toBeGreaterThan(0)
  expect(documentOf(run.stdout)).toMatchObject({ exitCode: 1, error: { sqlstate: '55P03' } })
  await holder`rollback`
  expect(await audit(lab, db, cwd, ALTER, run)).toEqual([])
})

it('a lock timeout does not end CREATE INDEX CONCURRENTLY, which would leave an INVALID index', async () => {
  const db = await database()
  const [old, outsider] = [session(db), session(db)]
  await old`begin isolation level repeatable read`
  await old`select count(*) from ledger`
  const cwd = await migrationsFolder(JOURNALLED.files)
  const running = startTool(db.url, ['up', '--lock-timeout', '300ms'], { cwd })
  await waitFor(async () => {
    const rows = await outsider`select from pg_stat_activity where datname = current_database()
      and wait_event = 'virtualxid' and query_start < clock_timestamp() - interval '1500 ms'`
    return rows.length > 0
  })
  await old`rollback`
  const run = await running.whole
  expect(run.code).toBe(0)
  expect(await audit(lab, db, cwd, JOURNALLED, run)).toEqual([])
})
