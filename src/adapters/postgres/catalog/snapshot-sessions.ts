import { type Answer, type Session, StatementError } from '../../../ports.ts'
import { literal } from '../literal.ts'
import type { CatalogScope } from './kind.ts'
import { BRACKETS, snapshotSettings } from './snapshot-settings.ts'

/** A statement that is prepared when it is first needed. */
export interface PreparedStatement {
  readonly name: string
  /** With the types of its parameters in parentheses, if it has any, as PREPARE takes them. */
  readonly parameters: string
  readonly sql: (scope: CatalogScope) => string
}

export type Transaction = 'none' | 'open'

// 26000 is invalid_sql_statement_name: the session was reset, or it is a new one.
const NOT_PREPARED = '26000'
// duplicate_prepared_statement: another read of the same session that was asked for meanwhile was first.
const PREPARED = '42P05'

/** Sessions that read snapshots: each query runs under the settings of a snapshot, and leaves those of the session around it alone. */
export class SnapshotSessions {
  readonly #historySchema: string
  readonly #settings: string
  readonly #dedicated = new WeakSet<Session>()
  readonly #scopes = new WeakMap<Session, CatalogScope>()
  readonly #turns = new WeakMap<Session, Promise<unknown>>()

  /** @param historySchema unquoted */
  constructor(historySchema: string) {
    this.#historySchema = historySchema
    this.#settings = snapshotSettings(historySchema)
  }

  /** From now on the session does nothing else, so its settings stay and its reads need not wait for one another. */
  async dedicate(session: Session): Promise<void> {
    await session.send(
      `${snapshotSettings(this.#historySchema, 'session')}; set default_transaction_read_only = on`,
    )
    this.#dedicated.add(session)
  }

  async scope(session: Session): Promise<CatalogScope> {
    const scope = this.#scopes.get(session) ?? (await readScope(session))
    this.#scopes.set(session, scope)
    return scope
  }

  read(session: Session, query: string, transaction: Transaction): Promise<Answer['rows']> {
    return this.#inTurn(session, () => this.#read(session, query, transaction))
  }

  /** @param values in parentheses, if there are any, as EXECUTE takes them */
  execute(
    session: Session,
    statement: PreparedStatement,
    values: string,
    transaction: Transaction,
  ): Promise<Answer['rows']> {
    const query = `execute ${statement.name} ${values}`
    return this.#inTurn(session, async () => {
      try {
        return await this.#read(session, query, transaction)
      } catch (error) {
        if (!(error instanceof StatementError && error.failure.sqlstate === NOT_PREPARED)) throw error
      }
      await this.#prepare(session, statement, transaction).catch(ignorePrepared)
      return this.#read(session, query, transaction)
    })
  }

  /** The same for a query that is worth preparing only in a session that keeps it: the session that runs migrations is reset after each. */
  async readOften(
    session: Session,
    statement: PreparedStatement,
    transaction: Transaction,
  ): Promise<Answer['rows']> {
    if (this.#dedicated.has(session)) return this.execute(session, statement, '', transaction)
    return this.read(session, statement.sql(await this.scope(session)), transaction)
  }

  /** Reads in a session that does other things too take several messages, between which no other read may come. */
  #inTurn<T>(session: Session, work: () => Promise<T>): Promise<T> {
    if (this.#dedicated.has(session)) return work()
    const before = this.#turns.get(session) ?? Promise.resolve()
    const done = before.then(work)
    this.#turns.set(
      session,
      done.catch(() => {}),
    )
    return done
  }

  async #read(session: Session, query: string, transaction: Transaction): Promise<Answer['rows']> {
    if (this.#dedicated.has(session)) return (await session.send(query)).rows
    const { open, close, abandon } = BRACKETS[transaction]
    const message = [open, this.#settings, query, close].join('; ')
    return (await guarded(session, abandon, () => session.send(message))).rows
  }

  async #prepare(
    session: Session,
    { name, parameters, sql }: PreparedStatement,
    transaction: Transaction,
  ): Promise<void> {
    const prepare = `prepare ${name} ${parameters} as ${sql(await this.scope(session))}`
    if (this.#dedicated.has(session)) {
      await session.send(prepare)
      return
    }
    const { open, abandon } = BRACKETS[transaction]
    // The settings come in a message of their own: one message is read as a whole before any of it runs, and what a backslash in it
    // means is one of them.
    await guarded(session, abandon, async () => {
      await session.send(`${open}; ${this.#settings}`)
      await session.send(`${prepare}; ${abandon}`)
    })
  }
}

function ignorePrepared(error: unknown): void {
  if (!(error instanceof StatementError && error.failure.sqlstate === PREPARED)) throw error
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
