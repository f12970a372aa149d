import { SqlmigError } from '../../core/errors.ts'
import { type Answer, type SessionInfo, StatementError } from '../../ports.ts'
import { FIRST_WITH_TRANSACTION_TIMEOUT } from './session-settings.ts'
import type { Greeting } from './start-up.ts'

const OLDEST_SERVER = 140_000
const INSUFFICIENT_PRIVILEGE = '42501'
const UNDEFINED_OBJECT = '42704'

/** What the server says of itself and of the session, before anything is set or written. */
export interface SessionFacts {
  readonly info: SessionInfo
  /** As server_version_num, such as 170002. */
  readonly version: number
  /** Whether a pooler stands between; `undefined` where none does. */
  readonly pooler: string | undefined
  readonly standby: boolean
  readonly readOnly: boolean
}

/**
 * Asks for them in one message that changes nothing, so that a pooler's other clients are not touched by it. It runs with whatever
 * search_path the user's settings give: every name is qualified, operators included, and nothing is cast.
 */
export async function readFacts(
  send: (message: string) => Promise<Answer>,
  greeting: Greeting,
): Promise<SessionFacts> {
  const asked = {
    system: true,
    unhurried: Number.parseInt(greeting.version ?? '', 10) >= FIRST_WITH_TRANSACTION_TIMEOUT,
  }
  for (;;) {
    try {
      const { rows } = await send(factsQuery(asked))
      return parseFacts(rows[0] ?? {}, greeting.pid)
    } catch (error) {
      const part = error instanceof StatementError ? MISSING[error.failure.sqlstate] : undefined
      if (part === undefined || !asked[part]) throw error
      asked[part] = false
    }
  }
}

/** The part of the query that is to blame for an error, by its SQLSTATE. */
const MISSING: Readonly<Record<string, 'system' | 'unhurried'>> = {
  // Where somebody revoked pg_control_system(), which everybody may call otherwise.
  [INSUFFICIENT_PRIVILEGE]: 'system',
  // Where a pooler greets in the name of a newer server than the one behind it.
  [UNDEFINED_OBJECT]: 'unhurried',
}

/**
 * @param asked for the system's identifier too, and without the transaction_timeout of the role or the database, which may be too short
 * for it; SET LOCAL leaves nothing behind
 */
function factsQuery(asked: { readonly system: boolean; readonly unhurried: boolean }): string {
  const system = asked.system ? '(select c.system_identifier from pg_catalog.pg_control_system() c)' : 'null'
  return `${asked.unhurried ? 'set local transaction_timeout = 0; ' : ''}select
    pg_catalog.current_database() as database, session_user as session_user,
    pg_catalog.current_setting('search_path') as search_path, pg_catalog.pg_backend_pid() as pid,
    pg_catalog.current_setting('server_version') as version, pg_catalog.current_setting('server_version_num') as version_num,
    pg_catalog.pg_is_in_recovery() as standby, pg_catalog.current_setting('transaction_read_only') as read_only,
    (select d.oid from pg_catalog.pg_database d where d.datname operator(pg_catalog.=) pg_catalog.current_database()) as database_oid,
    ${system} as system`
}

type Row = Readonly<Record<string, string | null>>

function parseFacts(row: Row, keyPid: number | undefined): SessionFacts {
  const backendPid = Number(row['pid'])
  const system = row['system'] ?? undefined
  return {
    info: {
      database: row['database'] ?? '',
      server: `PostgreSQL ${(row['version'] ?? '').replace(/ \(.*$/, '')}`,
      backendPid,
      user: row['session_user'] ?? '',
      searchPath: row['search_path'] ?? '',
      identity: system === undefined ? undefined : `${system}/${row['database_oid']}`,
    },
    version: Number(row['version_num']),
    pooler:
      keyPid === undefined || keyPid === backendPid
        ? undefined
        : `the session said that it is process ${keyPid}, and process ${backendPid} answered`,
    standby: row['standby'] === 't',
    readOnly: row['read_only'] === 'on',
  }
}

/**
 * Refuses what no migration can be run on. A standby takes the advisory lock as well as its primary, and each would give it to somebody
 * else; behind a pooler two clients hold it at once.
 * @param database as messages call it
 * @throws SqlmigError `SERVER_TOO_OLD`; and for writing `POOLER_DETECTED`, `SERVER_READ_ONLY`
 */
export function refuseUnfit(facts: SessionFacts, database: string, access: 'read' | 'write'): void {
  if (facts.version < OLDEST_SERVER)
    throw new SqlmigError('SERVER_TOO_OLD', { database, server: facts.info.server })
  if (access === 'read') return
  if (facts.pooler !== undefined) throw new SqlmigError('POOLER_DETECTED', { database, reason: facts.pooler })
  if (facts.standby)
    throw new SqlmigError('SERVER_READ_ONLY', { database, reason: 'it is a standby of another server' })
  if (facts.readOnly)
    throw new SqlmigError('SERVER_READ_ONLY', {
      database,
      reason: 'every transaction is read-only there, whatever a session asks for',
    })
}
