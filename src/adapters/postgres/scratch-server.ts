import { isSqlmigError, SqlmigError } from '../../core/errors.ts'
import {
  type Answer,
  type RolesLock,
  type Scratch,
  type ScratchOptions,
  type ScratchProvider,
  type Session,
  StatementError,
} from '../../ports.ts'
import { describeAddress, parsePostgresUrl } from './address.ts'
import { createPostgresDatabase, type PostgresDatabaseOptions } from './connection.ts'
import { quoteName } from './literal.ts'
import {
  createStatement,
  lockNames,
  ORPHANS,
  prepareStatements,
  reserveName,
  SERVER_FACTS,
  unlockName,
} from './scratch-database.ts'
import { releaseDatabase } from './scratch-empty.ts'
import { createRolesLock, RETAKE_ROLES_LOCK } from './server-lock.ts'

const CAPACITY = 4
const quiet = { onNotice: () => {} }

/**
 * Temporary databases on the server of a URL. The database that the URL names is only connected to; nothing in it is written.
 * @throws SqlmigError `CONFIG_INVALID`
 */
export function createServerScratch(options: PostgresDatabaseOptions): ScratchProvider {
  return new ServerScratch(options)
}

/**
 * Whether the role of the URL may make databases there.
 * @throws SqlmigError `CONFIG_INVALID`, `CONNECTION_FAILED`
 */
export async function canCreateScratch(options: PostgresDatabaseOptions): Promise<boolean> {
  const session = await createPostgresDatabase(options).connect(quiet)
  try {
    const { rows } = await session.send(SERVER_FACTS)
    return obstacle(rows[0] ?? {}) === undefined
  } finally {
    await session.close()
  }
}

type Facts = Answer['rows'][number]

function obstacle(facts: Facts): { reason: string; hint?: string } | undefined {
  if (facts['standby'] === 'true') return { reason: 'the server is a standby, which is read-only' }
  if (facts['may_create'] === 'true') return undefined
  const role = facts['role'] ?? ''
  return {
    reason: `the role ${role} may not create databases`,
    hint: `a superuser runs once: alter role ${quoteName(role)} createdb; or choose another place with --scratch docker, pglite or a URL`,
  }
}

class ServerScratch implements ScratchProvider {
  readonly description: string
  readonly shared = true
  readonly capacity = CAPACITY
  readonly rolesLock: RolesLock
  readonly #options: PostgresDatabaseOptions
  /** Every database that this provider made, or began to make, and did not drop. */
  readonly #made = new Set<string>()
  readonly #pending = new Set<Promise<unknown>>()
  #admin: Promise<Session> | undefined
  #facts: Facts | undefined
  /** Databases that are made ahead, in the order in which they are given out; `undefined` where that did not work. */
  readonly #spares: Array<Promise<string | undefined>> = []
  /** Ends with the provider, so that nobody waits for a server that was only asked ahead. */
  readonly #ahead = new AbortController()
  #closed = false
  #holdsRoles = false

  constructor(options: PostgresDatabaseOptions) {
    this.#options = options
    const address = parsePostgresUrl(options.url, options.source, options.environment)
    this.description = describeAddress({ ...address, database: 'temporary databases' })
    const { tryAcquire, holder } = createRolesLock((message) => this.#send(message))
    this.rolesLock = {
      holder,
      tryAcquire: async () => {
        this.#holdsRoles = await tryAcquire()
        return this.#holdsRoles
      },
    }
  }

  prepare({ signal, more }: Pick<ScratchOptions, 'signal' | 'more'>): void {
    const first = this.#track(this.#make('here', AbortSignal.any([signal, this.#ahead.signal])))
    this.#spares.push(first)
    first.catch(() => {})
    if (more) this.#makeAhead()
  }

  /** CREATE DATABASE copies template0, which takes long enough to be worth doing ahead. */
  #makeAhead(): void {
    this.#spares.push(this.#track(this.#make('beside', this.#ahead.signal).catch(() => undefined)))
  }

  async create({ signal, more }: ScratchOptions): Promise<Scratch> {
    this.#refuseEnded(signal)
    const making = this.#track(this.#next(signal))
    if (more && this.#spares.length === 0) this.#makeAhead()
    const name = await making
    this.#refuseEnded(signal)
    const database = createPostgresDatabase({ ...this.#options, database: name, commits: 'forgettable' })
    return {
      ...database,
      drop: async () => {
        await this.#track(this.#drop(name))
      },
    }
  }

  #refuseEnded(signal: AbortSignal): void {
    if (signal.aborted || this.#closed)
      throw new SqlmigError('INTERRUPTED', { during: 'while a scratch database was made' })
  }

  async close(): Promise<void> {
    this.#closed = true
    this.#ahead.abort()
    while (this.#pending.size > 0) await Promise.allSettled(this.#pending)
    for (const name of this.#made) if ((await this.#drop(name)) === 'unreachable') break
    const admin = await this.#admin?.catch(() => undefined)
    this.#admin = undefined
    await admin?.close()
  }

  async #track<T>(work: Promise<T>): Promise<T> {
    this.#pending.add(work)
    try {
      return await work
    } finally {
      this.#pending.delete(work)
    }
  }

  async #next(signal: AbortSignal): Promise<string> {
    const spare = this.#spares.shift()
    try {
      return (await spare) ?? (await this.#make('here', signal))
    } catch (error) {
      if (!(error instanceof StatementError)) throw error
      const { message, sqlstate } = error.failure
      const reason = `${message} (SQLSTATE ${sqlstate})`
      throw new SqlmigError('SCRATCH_UNAVAILABLE', { scratch: this.description, reason }, { cause: error })
    }
  }

  /** @param where `beside` what the administrating session does meanwhile: in a session of its own */
  async #make(where: 'here' | 'beside', signal?: AbortSignal): Promise<string> {
    const { rows } = await this.#send(reserveName(), signal)
    const name = rows[0]?.['name'] ?? ''
    const facts = this.#facts ?? {}
    this.#made.add(name)
    // CREATE DATABASE cannot share a message with others.
    const statements = [createStatement(name, facts), prepareStatements(name, facts)]
    if (where === 'here') for (const statement of statements) await this.#send(statement)
    else await this.#sendBeside(statements, signal)
    return name
  }

  async #sendBeside(statements: readonly string[], signal: AbortSignal | undefined): Promise<void> {
    const session = await createPostgresDatabase(this.#options).connect({ ...quiet, signal })
    try {
      for (const statement of statements) await session.send(statement)
    } finally {
      await session.close()
    }
  }

  async #drop(name: string): Promise<'done' | 'refused' | 'unreachable'> {
    if (!this.#made.has(name)) return 'done'
    const statement = `drop database if exists ${quoteName(name)} with (force)`
    try {
      await this.#send(statement).catch(async (error: unknown) => {
        if (!(error instanceof StatementError)) throw error
        await this.#release(name)
        await this.#send(statement)
      })
      this.#made.delete(name)
      await this.#send(unlockName(name))
      return 'done'
    } catch (error) {
      // A later run sweeps it.
      return error instanceof StatementError ? 'refused' : 'unreachable'
    }
  }

  /** Takes away what keeps DROP DATABASE from working even with FORCE (manual, DROP DATABASE). */
  async #release(name: string): Promise<void> {
    await this.#send(`alter database ${quoteName(name)} is_template false allow_connections true`)
    const session = await createPostgresDatabase({ ...this.#options, database: name }).connect(quiet)
    try {
      await releaseDatabase(session)
    } finally {
      await session.close()
    }
  }

  /** A connection that idled too long for a firewall is replaced; every message can be sent again. */
  async #send(message: string, signal?: AbortSignal): Promise<Answer> {
    const admin = this.#open(signal)
    try {
      return await (await admin).send(message)
    } catch (error) {
      if (!isSqlmigError(error, 'SESSION_LOST')) throw error
      if (this.#admin === admin) this.#admin = undefined
      return (await this.#open(signal)).send(message)
    }
  }

  #open(signal?: AbortSignal): Promise<Session> {
    if (this.#admin !== undefined) return this.#admin
    const opening = this.#connect(signal)
    this.#admin = opening
    opening.catch(() => {
      if (this.#admin === opening) this.#admin = undefined
    })
    return opening
  }

  async #connect(signal?: AbortSignal): Promise<Session> {
    const session = await createPostgresDatabase(this.#options).connect({ ...quiet, signal })
    try {
      await session.send('set idle_session_timeout = 0; set statement_timeout = 0')
      if (this.#facts === undefined) await this.#begin(session)
      else if (this.#made.size > 0) await session.send(lockNames(this.#made))
      // Whoever took it meanwhile sees this one too late; whoever comes now sees both.
      if (this.#holdsRoles) await session.send(RETAKE_ROLES_LOCK)
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  async #begin(session: Session): Promise<void> {
    const facts = (await session.send(SERVER_FACTS)).rows[0] ?? {}
    const problem = obstacle(facts)
    if (problem !== undefined)
      throw new SqlmigError('SCRATCH_UNAVAILABLE', { scratch: this.description, ...problem })
    const { rows } = await session.send(ORPHANS)
    // Without FORCE: one that is in use after all stays.
    for (const { name } of rows)
      await session.send(`drop database ${quoteName(name ?? '')}`).catch(ignoreRefusal)
    this.#facts = facts
  }
}

function ignoreRefusal(error: unknown): void {
  if (!(error instanceof StatementError)) throw error
}
