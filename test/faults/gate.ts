import { connect, type Sql } from '../support/connect.ts'
import { waitFor } from '../support/wait.ts'
import type { LabDatabase } from './lab.ts'
import { inTransaction, type Shape, shapeOf } from './shape.ts'

/** In the second of three files a statement takes a minute, as long as the gate is closed. */
export const GATED: Shape = shapeOf(
  'a file that can be held up',
  inTransaction('001'),
  inTransaction('002', 'select pg_sleep(60) from control.closed;\n'),
  inTransaction('003'),
)

/** A superuser beside the run. */
export interface Outsider {
  readonly sql: Sql
  /** Waits until a session of sqlmig sleeps at the gate. */
  atGate(): Promise<void>
  openGate(): Promise<void>
  /** Ends the sessions of sqlmig that work on migrations; whether there was one. */
  terminate(): Promise<boolean>
  close(): Promise<void>
}

export async function closeGate(db: LabDatabase): Promise<Outsider> {
  const sql = connect(db.adminUrl)
  await sql.unsafe(`create schema control; create table control.closed as select 1 as one;
    grant usage on schema control to public; grant select on control.closed to public`)
  return {
    sql,
    atGate: () =>
      waitFor(async () => {
        const rows = await sql`select from pg_stat_activity
          where datname = current_database() and application_name like 'sqlmig/%' and wait_event = 'PgSleep'`
        return rows.length > 0
      }),
    async openGate() {
      await sql`delete from control.closed`
    },
    async terminate() {
      const rows =
        await sql`select pg_terminate_backend(a.pid) from pg_stat_activity a join pg_locks l on l.pid = a.pid
        where a.datname = current_database() and a.application_name like 'sqlmig/%' and l.locktype = 'advisory'`
      return rows.length > 0
    },
    close: () => sql.end({ timeout: 1 }),
  }
}
