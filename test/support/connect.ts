import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'

export type Sql = postgres.Sql

export function connect(url: string, max = 1): Sql {
  return postgres(url, { max, onnotice: () => {}, connect_timeout: 60 })
}

/** Runs `work` on a short-lived connection, so that nothing keeps a worker alive or blocks a DROP DATABASE. */
export async function withConnection<T>(url: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect(url)
  try {
    return await work(sql)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

export function databaseUrl(serverUrl: string, database: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}

/** A port that accepts connections is not yet a server that answers: the version is the proof. */
export async function serverVersion(url: string, patienceMs: number): Promise<string> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      const [row] = await withConnection(
        url,
        (sql) => sql<{ version: string }[]>`select current_setting('server_version') as version`,
      )
      return row?.version.split(' ')[0] ?? 'unknown version'
    } catch (error) {
      if (performance.now() > deadline || !isStartingUp(error)) throw error
      await sleep(200)
    }
  }
}

const startingUp = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'CONNECTION_CLOSED',
  'CONNECT_TIMEOUT',
  'EPIPE',
  '57P03',
])

function isStartingUp(error: unknown): boolean {
  // a host name with two addresses makes Node throw an AggregateError, which carries the code as well
  return error instanceof Error && 'code' in error && startingUp.has(String(error.code))
}
