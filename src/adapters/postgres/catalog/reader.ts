import type { CatalogSnapshot } from '../../../core/catalog.ts'
import { type Answer, type Session, type SnapshotReader, StatementError } from '../../../ports.ts'
import { literal } from '../literal.ts'
import { CATALOG_KINDS } from './index.ts'
import type { CatalogScope } from './kind.ts'
import { applyDelta, executeDelta, partialDelta, prepareDelta } from './snapshot-delta.ts'
import { BRACKETS, snapshotSettings } from './snapshot-settings.ts'
import { readContents, readRows, readUnseen } from './table-data.ts'

interface SnapshotReaderOptions {
  /** The schema of the history, unquoted; nothing in it is compared. */
  readonly historySchema: string
}

// 26000 is invalid_sql_statement_name: the session was reset, or it is a new one.
const NOT_PREPARED = '26000'

/** Reads the catalog and the data of a PostgreSQL database, PGlite included. */
export function createSnapshotReader({ historySchema }: SnapshotReaderOptions): SnapshotReader {
  const settings = snapshotSettings(historySchema)
  const dedicated = new WeakSet<Session>()
  const scopes = new WeakMap<Session, CatalogScope>()

  async function scopeOf(session: Session): Promise<CatalogScope> {
    const scope = scopes.get(session) ?? (await readScope(session))
    scopes.set(session, scope)
    return scope
  }

  async function prepare(session: Session, transaction: 'none' | 'open'): Promise<void> {
    const { open, abandon } = BRACKETS[transaction]
    const statement = prepareDelta(CATALOG_KINDS, await scopeOf(session))
    // The settings come in a message of their own: one message is read as a whole before any of it runs, and what a backslash in it
    // means is one of them.
    await guarded(session, abandon, async () => {
      await session.send(`${open}; ${settings}`)
      await session.send(`${statement}; ${abandon}`)
    })
  }

  async function read(
    session: Session,
    query: string,
    transaction: 'none' | 'open',
  ): Promise<Answer['rows']> {
    if (dedicated.has(session)) return (await session.send(query)).rows
    const { open, close, abandon } = BRACKETS[transaction]
    const message = [open, settings, query, close].join('; ')
    return (await guarded(session, abandon, () => session.send(message))).rows
  }

  return {
    async dedicate(session) {
      await session.send(
        `${snapshotSettings(historySchema, 'session')}; set default_transaction_read_only = on`,
      )
      dedicated.add(session)
    },

    async catalog(session, expected, transaction): Promise<CatalogSnapshot> {
      const query = executeDelta(expected)
      try {
        return applyDelta(expected, await read(session, query, transaction))
      } catch (error) {
        if (!(error instanceof StatementError && error.failure.sqlstate === NOT_PREPARED)) throw error
      }
      await prepare(session, transaction)
      return applyDelta(expected, await read(session, query, transaction))
    },

    async part(session, expected, transaction, kinds): Promise<CatalogSnapshot> {
      const families = CATALOG_KINDS.filter((family) => family.kinds.some((kind) => kinds.has(kind)))
      const query = partialDelta(families, await scopeOf(session), expected)
      return applyDelta(expected, await read(session, query, transaction))
    },

    data: (session, volatile, transaction) =>
      readContents((query) => read(session, query, transaction), volatile),

    async unseen(session) {
      const { superuser } = await scopeOf(session)
      return superuser ? [] : readUnseen((query) => read(session, query, 'none'))
    },

    rows: (session, table, volatile, limit) =>
      readRows((query) => read(session, query, 'none'), { table, volatile, limit }),
  }
}

async function readScope(session: Session): Promise<CatalogScope> {
  const { rows } = await session.send(
    `select rolsuper::text as superuser from pg_catalog.pg_roles where rolname = ${literal(session.info.user)}`,
  )
  return {
    major: Number(/\d+/.exec(session.info.server)?.[0]),
    superuser: rows[0]?.['superuser'] === 'true',
  }
}

/** Does the work and, where a statement fails, leaves the transaction or savepoint that it opened. */
async function guarded<T>(session: Session, abandon: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof StatementError) await session.send(abandon).catch(() => {})
    throw error
  }
}
