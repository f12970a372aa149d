import { createHash } from 'node:crypto'
import type { Answer, LockHolder, Session, SessionLock } from '../../ports.ts'

/**
 * A session-level advisory lock, one for each history of a database (manual, section 13.3.5). It is only ever tried, never waited for:
 * a session that blocks in pg_advisory_lock holds a snapshot, and CREATE INDEX CONCURRENTLY of the lock's owner waits for that snapshot.
 */
export function createSessionLock(historyName: string): SessionLock {
  const key = lockKey(historyName)
  const entry = (lock: string) => `${lockEntry(key, lock)}
    and ${lock}.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())`
  const held = `exists (select from pg_catalog.pg_locks l where ${entry('l')} and l.pid = pg_catalog.pg_backend_pid())`
  return {
    heldExpression: held,
    releaseOthers: `select ${held}::text as held,
      (select pg_catalog.count(${UNLOCK}) from pg_catalog.pg_locks l
        where l.locktype = 'advisory' and l.pid = pg_catalog.pg_backend_pid() and l.granted and not (${entry('l')}))::text as released`,

    async tryAcquire(session: Session) {
      const { rows } = await session.send(`select pg_catalog.pg_try_advisory_lock(${key})::text as acquired`)
      return rows[0]?.['acquired'] === 'true'
    },

    holder: (session: Session) => holderOf((message) => session.send(message), entry('l')),
  }
}

/** The condition for a row of pg_locks, in whichever database: it shows a bigint key as two halves, with objsubid 1 (manual, section 52.12). */
export function lockEntry(key: bigint, lock: string): string {
  return `${lock}.locktype = 'advisory' and ${lock}.granted and ${lock}.classid = ${BigInt.asUintN(32, key >> 32n)}
    and ${lock}.objid = ${BigInt.asUintN(32, key)} and ${lock}.objsubid = 1`
}

/** @param entry the condition for the row `l` of pg_locks */
export async function holderOf(
  send: (message: string) => Promise<Answer>,
  entry: string,
): Promise<LockHolder | undefined> {
  const { rows } = await send(`
    select l.pid::text as pid, a.usename::text as role, nullif(a.application_name, '') as application,
      pg_catalog.host(a.client_addr) as address, pg_catalog.to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as since
    from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
    where ${entry} limit 1`)
  const row = rows[0]
  if (row === undefined) return undefined
  const parts = [
    `process ${row['pid']}`,
    row['application'],
    row['role'] === null ? null : `role ${row['role']}`,
    row['address'] === null ? null : `from ${row['address']}`,
    row['since'] === null ? null : `connected since ${row['since']} UTC`,
  ]
  return { pid: Number(row['pid']), description: parts.filter((part) => part !== null).join(', ') }
}

/** Unlocks what a row of pg_locks describes; two-part keys have objsubid 2 and are signed where pg_locks shows them unsigned. */
const UNLOCK = `case when objsubid = 1
  then case mode when 'ShareLock' then pg_catalog.pg_advisory_unlock_shared((classid::bigint << 32) | objid::bigint)
    else pg_catalog.pg_advisory_unlock((classid::bigint << 32) | objid::bigint) end
  else case mode when 'ShareLock' then pg_catalog.pg_advisory_unlock_shared(classid::bigint::bit(32)::int, objid::bigint::bit(32)::int)
    else pg_catalog.pg_advisory_unlock(classid::bigint::bit(32)::int, objid::bigint::bit(32)::int) end
  end`

/** The first eight bytes of SHA-256("sqlmig:" + name), such as a history's, read as a signed number, as bigint keys are. */
export function lockKey(name: string): bigint {
  const digest = createHash('sha256').update(`sqlmig:${name}`, 'utf8').digest()
  return digest.readBigInt64BE(0)
}
