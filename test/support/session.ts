import { afterAll, onTestFinished } from 'vitest'
import { createPgliteDatabase } from '../../src/adapters/pglite/pglite.ts'
import { createPostgresDatabase } from '../../src/adapters/postgres/connection.ts'
import { isSqlmigError } from '../../src/core/errors.ts'
import { type ConnectOptions, type Database, type Session, StatementError } from '../../src/ports.ts'

const quiet: ConnectOptions = { onNotice: () => {} }

export function postgresAt(url: string): Database {
  return createPostgresDatabase({
    url,
    source: 'test',
    environment: {},
    applicationName: 'sqlmig/test',
    lockTimeoutMs: 5000,
  })
}

export function pgliteInMemory(): Database {
  return createPgliteDatabase({
    url: 'pglite:memory',
    source: 'test',
    directory: '.',
    lockTimeoutMs: 5000,
  })
}

/**
 * An embedded database that is started once and emptied at every connection: starting one takes a second. Its session cannot be ended
 * by a test.
 */
export function sharedPglite(): () => Promise<Database> {
  let started: Promise<Session> | undefined
  afterAll(async () => (await started)?.close())
  const connect = async () => {
    started ??= pgliteInMemory().connect(quiet)
    const session = await started
    await session.send(`rollback; ${session.resetStatements}`)
    await session.send(emptyDatabase)
    return { ...session, close: async () => {} }
  }
  return async () => ({ description: 'shared', connect })
}

const emptyDatabase = `select pg_advisory_unlock_all();
  do $$ declare name text; begin
    for name in select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema' loop
      execute format('drop schema %I cascade', name);
    end loop;
    create schema public;
  end $$`

/** A session that is ended with its test. */
export async function openSession(
  database: Database,
  options: Partial<ConnectOptions> = {},
): Promise<Session> {
  const session = await database.connect({ ...quiet, ...options })
  onTestFinished(() => session.close())
  return session
}

/** The StatementError with which this must fail. */
export async function statementError(work: Promise<unknown>): Promise<StatementError> {
  const error = await rejection(work)
  if (error instanceof StatementError) return error
  throw new Error('the statement failed in another way', { cause: error })
}

/** The code of the SqlmigError with which this must fail. */
export async function errorCode(work: Promise<unknown>): Promise<string> {
  const error = await rejection(work)
  if (isSqlmigError(error)) return error.code
  throw new Error('it failed with something else than a SqlmigError', { cause: error })
}

export async function rejection(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('it did not fail')
}
