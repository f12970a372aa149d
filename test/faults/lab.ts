import { setTimeout as sleep } from 'node:timers/promises'
import { createSqlmig, type Report, type Sqlmig, type SqlmigConfig } from '../../src/index.ts'
import { type BinaryOptions, type BinaryRun, type StartedBinary, startBinary } from '../support/binary.ts'
import { withConnection } from '../support/connect.ts'
import { createRole, createTestDatabase, type TestRole } from '../support/database.ts'
import { LEDGER } from './shape.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** How many places of a run are tried: a few, a third, or every message. */
    faultDepth: 'quick' | 'sample' | 'every'
  }
}

/** Far more than any run takes, also on a machine with too much to do: what is not at its end by then is taken for hung. */
export const LIMIT_MS = 180_000

const GRACE_MS = 2000

/** A database that a role without special rights owns, with an empty ledger. */
export interface LabDatabase {
  readonly name: string
  /** As the role that runs migrations. */
  readonly url: string
  /** As a superuser. */
  readonly adminUrl: string
  drop(): Promise<void>
}

/** Where trials get their databases; passwords that no output may hold. */
export interface Lab {
  readonly role: TestRole
  readonly secrets: readonly string[]
  database(): Promise<LabDatabase>
  close(): Promise<void>
}

/** @param server a superuser's URL, when it is not the server of the tests */
export async function openLab(server?: string): Promise<Lab> {
  const where = server === undefined ? {} : { server }
  const role = await createRole({ ...where, cleanup: 'manual' })
  return {
    role,
    secrets: [role.password],
    async database() {
      const db = await createTestDatabase({ ...where, owner: role.name, cleanup: 'manual' })
      await db.sql.unsafe(`${LEDGER}; alter table ledger owner to "${role.name}"`)
      return { name: db.name, url: role.urlFor(db), adminUrl: db.url, drop: db.drop }
    },
    close: () => role.drop(),
  }
}

/** A run of the program against a database, with `--json`; it is ended when it has not ended after the limit. */
export interface Running extends StartedBinary {
  readonly whole: Promise<Ended>
}

export interface Ended extends BinaryRun {
  /** It had to be ended, because it did not end by itself. */
  readonly hung: boolean
}

export type ToolOptions = Pick<BinaryOptions, 'cwd'> &
  Partial<Pick<BinaryOptions, 'program' | 'env'>> & { readonly limitMs?: number }

/** Starts `sqlmig <command> --json` in a folder of migrations; the URL is not among the arguments, where others could read it. */
export function startTool(url: string, command: readonly string[], options: ToolOptions): Running {
  const { cwd, limitMs = LIMIT_MS, ...more } = options
  const started = startBinary([...command, '--json', '--dir', '.'], {
    ...more,
    cwd,
    env: { SQLMIG_DATABASE: url, ...more.env },
  })
  return { ...started, whole: untilLimit(started, limitMs) }
}

export function runTool(url: string, command: readonly string[], options: ToolOptions): Promise<Ended> {
  return startTool(url, command, options).whole
}

/** The same by the programmatic API: for what comes after a mishap, where nothing is expected that a process could not survive. */
export async function runInside(
  url: string,
  cwd: string,
  work: (sqlmig: Sqlmig) => Promise<Report>,
  config: Partial<SqlmigConfig> = {},
): Promise<Ended> {
  const report = await work(createSqlmig({ database: url, dir: cwd, ...config }))
  return {
    code: report.exitCode,
    signal: null,
    stdout: JSON.stringify(report),
    stderr: report.error?.message ?? '',
    hung: false,
  }
}

async function untilLimit({ process: child, ended }: StartedBinary, limitMs: number): Promise<Ended> {
  let hung = false
  const end = () => {
    hung = true
    child.kill('SIGKILL')
  }
  // When it was this process that had no time, the end of the child is still to be heard of.
  let timer = setTimeout(() => {
    timer = setTimeout(end, GRACE_MS)
  }, limitMs)
  try {
    return { ...(await ended), hung }
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Waits until no session of sqlmig is left in the database; what is still there after the limit, in words. A server that is in the middle of
 * a statement looks for its client only as often as client_connection_check_interval says.
 */
export async function leftBehind(adminUrl: string, limitMs = 40_000): Promise<string[]> {
  return withConnection(adminUrl, async (sql) => {
    const deadline = performance.now() + limitMs
    for (;;) {
      const rows = await sql<{ what: string }[]>`
        select format('session %s: %s', pid, state) as what from pg_stat_activity
        where datname = current_database() and application_name like 'sqlmig/%'
        union all select format('advisory lock of %s', l.pid) from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and d.datname = current_database()`
      if (rows.length === 0) return []
      if (performance.now() > deadline) return rows.map(({ what }) => `left behind: ${what}`)
      await sleep(50)
    }
  })
}

/** Does the work for each item, several at a time; the results in order. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  const queue = [...items.entries()]
  const worker = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift())
      results[next[0]] = await work(next[1])
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
