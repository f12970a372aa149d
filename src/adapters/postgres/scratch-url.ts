import { SqlmigError } from '../../core/errors.ts'
import {
  type Database,
  type Scratch,
  type ScratchOptions,
  type ScratchProvider,
  type Session,
  StatementError,
} from '../../ports.ts'
import { createPostgresDatabase, type PostgresDatabaseOptions } from './connection.ts'
import { type DatabaseAttributes, readAttributes, restoreStatements } from './scratch-attributes.ts'
import { contentsOf, emptyDatabase } from './scratch-empty.ts'
import { createRolesLock } from './server-lock.ts'
import { createSessionLock } from './session-lock.ts'

const quiet = { onNotice: () => {} }
const lock = createSessionLock('scratch database')

/** Layout comments of our history, and only ours, begin so. */
const HISTORIES = `select c.oid::regclass::text as name from pg_class c join pg_description d on d.objoid = c.oid
  and d.classoid = 'pg_class'::regclass and d.objsubid = 0 where d.description ~ '^sqlmig history, layout [0-9]+$'`

/**
 * The database of a URL, which has to be empty. It is emptied again when it is dropped; everything that is in it by then came through
 * this provider.
 * @throws SqlmigError `CONFIG_INVALID`
 */
export function createUrlScratch(options: PostgresDatabaseOptions): ScratchProvider {
  const database = createPostgresDatabase({ ...options, commits: 'forgettable' })
  let current: Promise<Lease> | undefined
  let guard: Promise<Session> | undefined
  const drop = async (lease: Promise<Lease>): Promise<void> => {
    if (current !== lease) return
    const taken = await lease.catch(() => undefined)
    if (taken !== undefined) {
      taken.dropping ??= giveBack(database.connect, taken, await guard?.catch(() => undefined))
      await taken.dropping
    }
    if (current === lease) current = undefined
  }
  return {
    description: database.description,
    shared: true,
    capacity: 1,
    // In a session of its own: that of the lease ends whenever the database is emptied.
    rolesLock: createRolesLock(async (message) => {
      guard ??= openGuard(database)
      return (await guard).send(message)
    }),
    async create({ signal }: ScratchOptions): Promise<Scratch> {
      if (current !== undefined) throw unavailable(database.description, 'it is in use by this run')
      const lease = take(database, signal)
      current = lease
      try {
        await lease
      } catch (error) {
        if (current === lease) current = undefined
        throw error
      }
      return { ...database, drop: () => drop(lease) }
    },
    async close() {
      if (current !== undefined) await drop(current)
      const session = await guard?.catch(() => undefined)
      guard = undefined
      await session?.close()
    },
  }
}

/** A database that was found empty, how it was then, and the session that keeps other runs away from it. */
interface Lease {
  readonly holder: Session
  readonly before: DatabaseAttributes
  /** The server's clock when it was taken. */
  readonly since: string
  dropping?: Promise<void>
}

function unavailable(scratch: string, reason: string, hint?: string): SqlmigError {
  return new SqlmigError('SCRATCH_UNAVAILABLE', { scratch, reason, ...(hint === undefined ? {} : { hint }) })
}

async function take(database: Database, signal: AbortSignal): Promise<Lease> {
  const session = await database.connect({ ...quiet, signal })
  try {
    const lease = await examine(session, database.description)
    if (!signal.aborted) return lease
    throw new SqlmigError('INTERRUPTED', { during: 'while the scratch database was looked at' })
  } catch (error) {
    await session.close()
    throw error
  }
}

async function openGuard(database: Database): Promise<Session> {
  const session = await database.connect(quiet)
  await session.send('set idle_session_timeout = 0')
  return session
}

async function examine(session: Session, description: string): Promise<Lease> {
  if (!(await lock.tryAcquire(session))) throw unavailable(description, 'another run of sqlmig is using it')
  await session.send('set idle_session_timeout = 0')
  const standby = await session.send('select pg_is_in_recovery()::text as standby')
  if (standby.rows[0]?.['standby'] === 'true')
    throw unavailable(description, 'the server is a standby, which is read-only')
  const hint = 'name a database that was made for this: createdb --template=template0 scratch'
  const histories = await session.send(HISTORIES)
  const history = histories.rows[0]?.['name']
  if (history !== undefined)
    throw unavailable(description, `migrations were applied to it (history ${history})`, hint)
  const contents = await contentsOf(session)
  if (contents.length > 0)
    throw unavailable(
      description,
      `it is not empty: ${contents.slice(0, 3).join(', ')}${contents.length > 3 ? ' …' : ''}`,
      hint,
    )
  const clock = await session.send('select clock_timestamp()::text as now')
  return { holder: session, before: await readAttributes(session), since: clock.rows[0]?.['now'] ?? '' }
}

/** What cannot be removed stays; the next create() finds and names it. */
async function giveBack(
  connect: Database['connect'],
  { holder, before, since }: Lease,
  guard: Session | undefined,
): Promise<void> {
  let session = holder
  try {
    // The holder is there already: a new session can be kept out by what was done to the database.
    session = await holder.send(holder.resetStatements).then(
      () => holder,
      () => connect(quiet),
    )
    // Sessions that were there before, such as a psql of the user's, have nothing to do with the run.
    await session
      .send(`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
        and pid not in (pg_backend_pid(), ${guard?.info.backendPid ?? 0}) and backend_start >= '${since}'::timestamptz and backend_type = 'client backend'`)
      .catch(ignoreRefusal)
    await emptyDatabase(session)
    for (const statement of restoreStatements(await readAttributes(session), before))
      await session.send(statement).catch(ignoreRefusal)
  } catch {
    // The server is gone, or ended the session.
  } finally {
    await session.close()
    await holder.close()
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof StatementError)) throw error
}
