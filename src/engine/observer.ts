import type { Database, Session } from '../ports.ts'

/** A second session, opened when it is first needed: it sees who blocks the working session, and it can cancel it. */
export interface Observer {
  /** Who holds what the session waits for; undefined when nobody does or nobody can tell. */
  blockers(session: Session): Promise<string | undefined>
  /** Cancels the statement that runs; false when that was impossible. */
  cancel(session: Session): Promise<boolean>
  close(): Promise<void>
}

export function createObserver(database: Database): Observer {
  let opened: Promise<Session | undefined> | undefined
  const open = () => {
    opened ??=
      database.observe === undefined ? Promise.resolve(undefined) : database.observe().catch(() => undefined)
    return opened
  }
  const ask = async (query: string) => {
    const session = await open()
    return session?.send(query).catch(() => undefined)
  }
  return {
    async blockers(session) {
      const answer = await ask(blockersQuery(session.info.backendPid))
      const described = answer?.rows.map((row) => row['blocker'] ?? '') ?? []
      return described.length === 0 ? undefined : described.join('; ')
    },
    async cancel(session) {
      const answer = await ask(
        `select pg_catalog.pg_cancel_backend(${session.info.backendPid})::text as sent`,
      )
      return answer?.rows[0]?.['sent'] === 'true'
    },
    async close() {
      await (await opened)?.close()
    },
  }
}

/** A role without pg_read_all_stats sees only its own sessions in full; the process number is visible to all. */
function blockersQuery(pid: number): string {
  return `select pg_catalog.concat_ws(', ', 'process ' || b.pid::text, nullif(a.application_name, ''), 'role ' || a.usename::text, a.state) as blocker
    from pg_catalog.unnest(pg_catalog.pg_blocking_pids(${pid})) as b(pid)
    left join pg_catalog.pg_stat_activity a on a.pid = b.pid`
}
