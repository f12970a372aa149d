import type { PGlite } from '@electric-sql/pglite'
import { isSqlmigError, SqlmigError } from '../../core/errors.ts'
import type { ConnectOptions, Scratch, ScratchOptions, ScratchProvider, Session } from '../../ports.ts'
import { engineWith, type PgliteOptions, startSession } from './pglite.ts'

// Each takes some 100 MB of memory, and all share one thread.
const CAPACITY = 2
const NAME = 'memory'

/** initdb gives its database `postgres` a comment that no other new database has. */
const WITHOUT_COMMENT =
  "do $$ begin execute format('comment on database %I is null', current_database()); end $$"

/** Embedded databases in memory. The package is loaded at the first create(). */
export function createPgliteScratch(options: Pick<PgliteOptions, 'lockTimeoutMs'>): ScratchProvider {
  const running = new Set<PGlite>()
  const starting = new Set<Promise<unknown>>()
  let template: Blob | undefined
  const start = async ({ extensions }: ScratchOptions): Promise<PGlite> => {
    const engine = await engineWith(extensions)
    try {
      const database = await engine('memory://', template === undefined ? {} : { loadDataDir: template })
      running.add(database)
      if (template === undefined) {
        await database.exec(WITHOUT_COMMENT)
        // Files that are there already save initdb, two thirds of the time of a start.
        template = await database.dumpDataDir('none')
      }
      return database
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      throw new SqlmigError(
        'SCRATCH_UNAVAILABLE',
        { scratch: 'embedded PostgreSQL', reason },
        { cause: error },
      )
    }
  }
  const stop = async (database: PGlite): Promise<void> => {
    if (running.delete(database)) await database.close().catch(() => {})
  }
  return {
    description: 'embedded PostgreSQL in memory',
    shared: false,
    capacity: CAPACITY,
    async create(request) {
      const work = start(request)
      starting.add(work)
      const database = await work.finally(() => starting.delete(work))
      if (request.signal.aborted) {
        await stop(database)
        throw new SqlmigError('INTERRUPTED', { during: 'while a scratch database was made' })
      }
      return scratchOf(database, options, () => stop(database))
    },
    async close() {
      await Promise.allSettled(starting)
      for (const database of running) await stop(database)
      template = undefined
    },
  }
}

/** It has one session at a time; a further one finds the database as the last one left it. */
function scratchOf(
  database: PGlite,
  options: Pick<PgliteOptions, 'lockTimeoutMs'>,
  stop: () => Promise<void>,
): Scratch {
  let session: Session | undefined
  const connect = async (request: Pick<ConnectOptions, 'onNotice'>): Promise<Session> => {
    if (session !== undefined) {
      session.destroy('another session took its place')
      await database.exec('rollback')
      await database.exec('discard all')
    }
    session = await startSession(database, options, request, NAME, async () => {})
    return session
  }
  return {
    description: 'embedded PostgreSQL in memory',
    async connect(request) {
      try {
        return await connect(request)
      } catch (error) {
        if (isSqlmigError(error)) throw error
        const reason = error instanceof Error ? error.message : String(error)
        throw new SqlmigError('CONNECTION_FAILED', { database: NAME, reason }, { cause: error })
      }
    },
    async drop() {
      session?.destroy('the scratch database was dropped')
      await stop()
    },
  }
}
