import type { Answer, RolesLock } from '../../ports.ts'
import { holderOf, lockEntry, lockKey } from './session-lock.ts'

const KEY = lockKey('roles of the server')
const ENTRY = lockEntry(KEY, 'l')
const OTHERS = `exists (select from pg_catalog.pg_locks l where ${ENTRY} and l.pid <> pg_catalog.pg_backend_pid())`
const OWN = `exists (select from pg_catalog.pg_locks l where ${ENTRY} and l.pid = pg_catalog.pg_backend_pid())`

/** Takes the lock again in a session that stands in for one that was lost. */
export const RETAKE_ROLES_LOCK: string = `select pg_catalog.pg_try_advisory_lock(${KEY})`

/**
 * An advisory lock that counts for all databases of a server. Advisory locks of two databases have nothing to do with each other, but
 * pg_locks shows them all (manual, section 52.12): who has taken it in one database looks whether somebody has in another, and
 * gives it back then. Of two that take it at the same moment both see each other, and both try again a little later.
 * @param send to the session that will hold the lock
 */
export function createRolesLock(send: (message: string) => Promise<Answer>): RolesLock {
  return {
    async tryAcquire() {
      const taken = await send(
        `select pg_catalog.pg_try_advisory_lock(${KEY})::text as acquired where not ${OTHERS}`,
      )
      if (taken.rows[0]?.['acquired'] !== 'true') return false
      // In a statement of its own: what was seen before the lock was taken proves nothing.
      const { rows } = await send(`select (${OWN} and not ${OTHERS})::text as alone`)
      if (rows[0]?.['alone'] === 'true') return true
      await send(`select pg_catalog.pg_advisory_unlock(${KEY})`)
      return false
    },
    holder: () => holderOf(send, `${ENTRY} and l.pid <> pg_catalog.pg_backend_pid()`),
  }
}
