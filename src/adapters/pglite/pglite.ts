import { readdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PGlite, PGliteOptions } from '@electric-sql/pglite'
import { type DatabaseFailure, databaseFailure, isSqlmigError, SqlmigError } from '../../core/errors.ts'
import type { ExtensionUse } from '../../core/extensions.ts'
import type { InternalFailure } from '../../core/failure.ts'
import { RESET_SESSION } from '../../core/session-reset.ts'
import {
  type Answer,
  type ConnectOptions,
  type Database,
  type Session,
  type SessionInfo,
  StatementError,
  type TransactionStatus,
} from '../../ports.ts'
import { copyInput, queryInput } from './copy.ts'
import { loadExtensions } from './extensions.ts'
import { waitForDirectory } from './wait-for-directory.ts'

const PREFIX = 'pglite:'
const IN_MEMORY = 'memory'

export interface PgliteOptions {
  /** `pglite:./path` or `pglite:memory`. */
  readonly url: string
  readonly source: string
  /** The folder that a relative path starts from. */
  readonly directory: string
  readonly lockTimeoutMs: number
  /** How long to wait for another process that uses the folder; default: not at all. */
  readonly lockWaitMs?: number
}

/** PostgreSQL inside this process (PGlite). It has one session, so nobody can watch or cancel it from outside. */
export function createPgliteDatabase(options: PgliteOptions): Database {
  const path = options.url.slice(PREFIX.length)
  // `//` would be a folder at the root of the disk, and a URL one with a password in its name; nobody means either.
  if (path === '' || path.startsWith('//') || path.includes('://'))
    throw new SqlmigError('CONFIG_INVALID', {
      problem: 'the database URL names no folder: write pglite:./path, pglite:/path or pglite:memory',
      source: options.source,
    })
  return {
    description: options.url,
    connect: async (connect) => {
      const start = await engineWith(connect.extensions ?? [])
      return path === IN_MEMORY
        ? openMemory(start, IN_MEMORY, options, connect)
        : openDirectory(start, path, options, connect)
    },
  }
}

type Start = (at: string, options?: Pick<PGliteOptions, 'loadDataDir'>) => Promise<PGlite>

/**
 * Loads PGlite and these extensions.
 * @returns a function that starts a database at a place; `memory://` is a new one in memory
 * @throws SqlmigError `PACKAGE_MISSING`, `EXTENSION_UNAVAILABLE`
 */
export async function engineWith(uses: readonly ExtensionUse[]): Promise<Start> {
  const { PGlite: Engine } = await loadPglite()
  const extensions = await loadExtensions(uses)
  return (at, options) => Engine.create(at, { ...options, extensions })
}

async function openMemory(
  start: Start,
  name: string,
  options: PgliteOptions,
  connect: ConnectOptions,
): Promise<Session> {
  try {
    const database = await start('memory://')
    return await startSession(database, options, connect, name, () => database.close())
  } catch (error) {
    throw failed(options.url, error)
  }
}

async function openDirectory(
  start: Start,
  path: string,
  options: PgliteOptions,
  connect: ConnectOptions,
): Promise<Session> {
  const directory = resolve(options.directory, path)
  let unlock = async () => {}
  try {
    // First without the lock, so that nothing is left beside a folder that is not ours.
    const exists = await holdsDatabase(directory)
    if (!exists && connect.access === 'read') return await openMemory(start, path, options, connect)
    unlock = await waitForDirectory(directory, options, connect)
    await holdsDatabase(directory)
    const database = await start(directory)
    return await startSession(database, options, connect, path, async () => {
      await database.close()
      await unlock()
    })
  } catch (error) {
    await unlock()
    throw failed(options.url, error)
  }
}

/** False for a folder that is absent or empty. Between other files, such as those of a project, PGlite would put its own: an error. */
async function holdsDatabase(directory: string): Promise<boolean> {
  const names: string[] = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error.code === 'ENOTDIR' ? new Error(`${directory} is not a folder`) : error
  })
  if (names.length > 0 && !names.includes('PG_VERSION'))
    throw new Error('the folder holds files, and they are not a database')
  return names.length > 0
}

async function loadPglite(): Promise<typeof import('@electric-sql/pglite')> {
  try {
    return await import('@electric-sql/pglite')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new SqlmigError('PACKAGE_MISSING', {
      package: '@electric-sql/pglite',
      purpose: 'a pglite: database',
    })
  }
}

function failed(database: string, error: unknown): SqlmigError {
  if (isSqlmigError(error)) return error
  const reason = error instanceof Error ? error.message : String(error)
  const hint =
    'the path must be a folder that is empty, new, or made by PGlite of the same PostgreSQL version'
  return new SqlmigError('CONNECTION_FAILED', { database, reason, hint }, { cause: error })
}

/** The one session of a running database; `end` is what its close() does at last, once. */
export async function startSession(
  database: PGlite,
  options: Pick<PgliteOptions, 'lockTimeoutMs'>,
  { onNotice }: Pick<ConnectOptions, 'onNotice'>,
  name: string,
  end: () => Promise<void>,
): Promise<Session> {
  let lost: SqlmigError | undefined
  let ended: Promise<void> | undefined
  let queue: Promise<unknown> = Promise.resolve()
  const exchange = (input: () => Uint8Array): Promise<readonly WireMessage[]> => {
    const output = queue.then(async () => {
      // PGlite works without ever leaving the microtasks, in which no signal is delivered and no timer runs.
      await nextTurn()
      if (lost !== undefined) throw lost
      const { messages } = await database.execProtocol(input(), { throwOnError: false })
      return messages as readonly WireMessage[]
    })
    queue = output.catch(() => {})
    return output
  }
  const send = async (message: string) => toAnswer(await exchange(() => queryInput(message)), onNotice)
  const first = await send('show search_path')
  const settings = ownSettings(options)
  await send(settings)
  return {
    info: await readInfo(send, name, first.rows[0]?.['search_path'] ?? ''),
    send,
    async sendCopy(statement, data) {
      const messages = await exchange(() => copyInput(statement, data))
      const answer = toAnswer(messages, onNotice)
      if (!messages.some(({ name }) => name === 'copyInResponse')) throw dataUnwanted(answer)
      return answer
    },
    resetStatements: `${RESET_SESSION}; ${settings}`,
    async close() {
      await queue
      lost ??= new SqlmigError('SESSION_LOST', { reason: 'the session was ended' })
      ended ??= end()
      await ended
    },
    destroy(reason) {
      lost ??= new SqlmigError('SESSION_LOST', { reason })
    },
  }
}

/** There is no start-up message to carry them, so they are set at once and again after every RESET ALL. */
function ownSettings({ lockTimeoutMs }: Pick<PgliteOptions, 'lockTimeoutMs'>): string {
  return [
    'set client_encoding = utf8',
    'set standard_conforming_strings = on',
    "set datestyle = 'ISO, MDY'",
    'set bytea_output = hex',
    'set default_transaction_isolation = "read committed"',
    'set default_transaction_read_only = off',
    'set statement_timeout = 0',
    `set lock_timeout = ${lockTimeoutMs}`,
    'set search_path = pg_catalog, pg_temp',
  ].join('; ')
}

async function readInfo(send: Session['send'], name: string, searchPath: string): Promise<SessionInfo> {
  const { rows } = await send(
    `select session_user::text as session_user, pg_backend_pid()::text as pid, current_setting('server_version') as version`,
  )
  const row = rows[0] ?? {}
  return {
    database: name,
    server: `PostgreSQL ${row['version'] ?? ''} (PGlite)`,
    backendPid: Number(row['pid']),
    user: row['session_user'] ?? '',
    searchPath,
    identity: undefined,
  }
}

/** What was taken for COPY … FROM stdin was something else, and its data went nowhere. */
function dataUnwanted({ tags }: Answer): StatementError {
  const failure = { sqlstate: '08P01', message: 'the server did not ask for the COPY data' }
  return new StatementError(databaseFailure(failure, undefined), tags)
}

/** What this adapter reads of the messages that PGlite's protocol parser returns. */
interface WireMessage {
  readonly name: string
  readonly text?: string
  readonly status?: string
  readonly fields?: ReadonlyArray<{ readonly name: string } | string | null>
  readonly message?: string
  readonly code?: string
  readonly severity?: string
  readonly detail?: string
  readonly hint?: string
  readonly position?: string
  readonly where?: string
  readonly internalPosition?: string
  readonly internalQuery?: string
  readonly schema?: string
  readonly table?: string
  readonly column?: string
  readonly constraint?: string
}

const STATUS: Readonly<Record<string, TransactionStatus>> = { I: 'idle', T: 'open', E: 'failed' }

function toAnswer(messages: readonly WireMessage[], onNotice: ConnectOptions['onNotice']): Answer {
  const tags: string[] = []
  let columns: string[] = []
  let rows: Array<Record<string, string | null>> = []
  let status: TransactionStatus = 'idle'
  let failure: DatabaseFailure | undefined
  let internal: InternalFailure | undefined
  for (const message of messages) {
    switch (message.name) {
      case 'rowDescription':
        columns = (message.fields ?? []).map((field) => (field as { name: string }).name)
        rows = []
        break
      case 'dataRow':
        rows.push(
          Object.fromEntries(
            columns.map((column, i) => [column, (message.fields?.[i] ?? null) as string | null]),
          ),
        )
        break
      case 'commandComplete':
        tags.push(message.text ?? '')
        break
      case 'notice':
        onNotice({ severity: message.severity ?? 'NOTICE', message: message.message ?? '' })
        break
      case 'error':
        failure = toFailure(message)
        internal = toInternal(message)
        break
      case 'readyForQuery':
        status = STATUS[message.status ?? ''] ?? 'failed'
        break
    }
  }
  if (failure !== undefined) throw new StatementError(failure, tags, internal)
  return { tags, rows, status }
}

function toFailure(error: WireMessage): DatabaseFailure {
  const { code, message, severity, detail, hint, where, schema, table, column, constraint, position } = error
  return databaseFailure(
    { sqlstate: code, message, severity, detail, hint, where, schema, table, column, constraint },
    position,
  )
}

function toInternal({
  internalQuery: query,
  internalPosition: position,
}: WireMessage): InternalFailure | undefined {
  return query === undefined
    ? undefined
    : { query, position: position === undefined ? undefined : Number(position) }
}
