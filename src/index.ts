import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { createDirectorySource, createFileWriter } from './adapters/directory.ts'
import { createGit } from './adapters/git.ts'
import { createSnapshotReader } from './adapters/postgres/catalog/reader.ts'
import { createHistoryTable } from './adapters/postgres/history-table.ts'
import { createSessionLock } from './adapters/postgres/session-lock.ts'
import { createSqlParser } from './adapters/sql-parser.ts'
import { systemClock } from './adapters/system.ts'
import { type DraftInput, draft } from './commands/draft.ts'
import { history } from './commands/history.ts'
import { type LockInput, lock } from './commands/lock.ts'
import {
  type DownInput,
  down,
  type GotoInput,
  goto,
  type RedoInput,
  redo,
  type UpInput,
  up,
} from './commands/migrate.ts'
import { create, type NewInput } from './commands/new.ts'
import { type PlanInput, plan } from './commands/plan.ts'
import { type RoundtripContext, type RoundtripInput, roundtrip } from './commands/roundtrip.ts'
import { type StatusInput, status } from './commands/status.ts'
import { type VerifyInput, verify } from './commands/verify.ts'
import { DEFAULTS, duration, type Environment, isPostgresUrl, parseHistoryName } from './config.ts'
import { SqlmigError } from './core/errors.ts'
import { asSqlmigError, stoppedReport } from './core/report.ts'
import type { CommandName, EventSink, Report } from './core/run.ts'
import type { Scrubber } from './core/scrubber.ts'
import { discreetCommands, discreetEvents, discreetHistory, discreetSource, scrubberFor } from './discreet.ts'
import type { EngineContext, Policy } from './engine/context.ts'
import { readApplied } from './engine/fixes.ts'
import { DEFAULT_LIVENESS, type Liveness } from './engine/watchdog.ts'
import { inDirectory, safely } from './event-sinks.ts'
import type { Database } from './ports.ts'
import { chooseScratch } from './scratch-choice.ts'
import { TOOL_VERSION } from './tool-version.ts'

export type { DraftInput } from './commands/draft.ts'
export type { LockInput } from './commands/lock.ts'
export type { DownInput, GotoInput, RedoInput, UpInput } from './commands/migrate.ts'
export type { NewInput } from './commands/new.ts'
export type { PlanInput } from './commands/plan.ts'
export type { RoundtripInput } from './commands/roundtrip.ts'
export type { StatusInput } from './commands/status.ts'
export type { VerifyInput } from './commands/verify.ts'
export type { DatabaseFailure, ErrorCode, ErrorFacts, ExitCode } from './core/errors.ts'
export { SqlmigError } from './core/errors.ts'
export type {
  Finding,
  FindingCode,
  FoundDifference,
  ObjectName,
  Severity,
  SourceLocation,
} from './core/finding.ts'
export type { HistoryEvent, HistoryRow } from './core/history.ts'
export type { DownTo, UpTo } from './core/plan.ts'
export type { ResumeChoice } from './core/resume.ts'
export type * from './core/run.ts'
export type { Liveness } from './engine/watchdog.ts'
export { TOOL_VERSION as version } from './tool-version.ts'

/** How to reach a database and where its migrations are. Durations are milliseconds, or text such as `5s`. */
export interface SqlmigConfig {
  /** `postgres://…`, `pglite:./path` or `pglite:memory`. Only `roundtrip`, `draft` and `create` do without one. */
  readonly database?: string
  /** Where proofs run: `server`, `docker`, `docker:image`, `pglite` or the URL of an empty database; default as in the README. */
  readonly scratch?: string
  /** The folder of the migrations; default `sql`. */
  readonly dir?: string
  /** `schema.table` of the history; default `sqlmig.history`. */
  readonly history?: string
  /** How long to wait for the migration lock, and in proofs for others that make roles on the server; default 60 seconds. */
  readonly lockWait?: number | string
  /** `lock_timeout` of migrations; default 5 seconds. */
  readonly lockTimeout?: number | string
  /** `statement_timeout` of migrations; default none. */
  readonly statementTimeout?: number | string
  /** When a session that does not answer is given up; the defaults are 5, 15 and 60 seconds. */
  readonly liveness?: Partial<Liveness>
  /** The search path of migrations; default what the database's and the role's settings say. */
  readonly searchPath?: string
  /** Told of everything that happens, in order. What it throws is ignored: a listener cannot steer a run. */
  readonly onEvent?: EventSink
  /** Aborting it cancels what runs, rolls it back and ends the command with exit code 130. */
  readonly signal?: AbortSignal
  /** Variables that fill in what the URL leaves out, such as PGPASSWORD; pass `process.env` for libpq's behaviour. */
  readonly environment?: Environment
  /** Where the URL came from, for error messages. */
  readonly databaseSource?: string
  /** The folder from which relative paths start; default the working directory. */
  readonly directory?: string
}

/** The commands, as functions. Each resolves with the report that `--json` prints, also when the run was stopped: look at `ok`. */
export interface Sqlmig {
  up(input?: UpInput): Promise<Report>
  down(input?: DownInput): Promise<Report>
  redo(input?: RedoInput): Promise<Report>
  goto(input: GotoInput): Promise<Report>
  plan(input?: PlanInput): Promise<Report>
  status(input?: StatusInput): Promise<Report>
  history(): Promise<Report>
  verify(input?: VerifyInput): Promise<Report>
  /** Writes `sqlmig.lock`: a line for each migration, and the head of the history where it is to be pinned. */
  lock(input?: LockInput): Promise<Report>
  /** Proves in a scratch database that every down undoes its up. Needs no database; the one that is named is never written to. */
  roundtrip(input?: RoundtripInput): Promise<Report>
  /** Writes the down of a migration that has none. */
  draft(input: DraftInput): Promise<Report>
  /** Writes the next pair of files. */
  create(input: NewInput): Promise<Report>
}

/**
 * Binds the commands to one database and one folder. Nothing is connected or read before the first command.
 * @throws SqlmigError `CONFIG_INVALID` when a value cannot be understood
 */
export function createSqlmig(config: SqlmigConfig): Sqlmig {
  const dir = resolve(config.directory ?? '.', config.dir ?? DEFAULTS.dir)
  const location = parseHistoryName({ value: config.history ?? DEFAULTS.history, source: 'history' })
  const policy = policyOf(config)
  const scrubber = scrubberFor([config.database, config.scratch], config.environment)
  const emit = discreetEvents(inDirectory(dir, safely(config.onEvent)), scrubber)
  const connectTo = chooseDatabase(config, policy, scrubber)
  const base: BaseContext = {
    source: discreetSource(createDirectorySource(dir), scrubber),
    parser: createSqlParser(),
    clock: systemClock,
    emit,
    signal: config.signal ?? new AbortController().signal,
    policy,
    conceal: (text) => scrubber.text(text),
  }
  const context = lazily(() => createContext(base, connectTo, location, scrubber))
  // What works with the history alone must work in a checkout of which git kept no folder, because it was empty.
  const withoutFolder = (made: EngineContext): EngineContext => ({
    ...made,
    source: discreetSource(createDirectorySource(dir, { missing: 'empty' }), scrubber),
  })
  const call = (
    command: CommandName,
    work: (context: EngineContext) => Promise<Report>,
    dryRun = false,
  ): Promise<Report> => within(emit, command, context, work, dryRun)
  // A provider serves one command, because the command closes it.
  const proofContext = () => createProofContext({ base, config, dir, location, context, scrubber })
  const ofFolder = {
    source: base.source,
    files: createFileWriter(),
    clock: systemClock,
    emit,
    pathOf: (file: string) => join(dir, file),
  }
  const commands: Sqlmig = {
    up: (input) => call('up', (made) => up(made, input), input?.dryRun),
    down: (input) => {
      const withFiles = input?.source === 'history' ? withoutFolder : (made: EngineContext) => made
      return call('down', (made) => down(withFiles(made), input), input?.dryRun)
    },
    redo: (input) => call('redo', (made) => redo(made, input), input?.dryRun),
    goto: (input) => call('goto', (made) => goto(made, input), input.dryRun),
    plan: (input) => call('plan', (made) => plan(made, input), true),
    status: (input) => call('status', (made) => status(made, input)),
    history: () => call('history', (made) => history(withoutFolder(made))),
    verify: (input) => call('verify', (made) => verify({ ...made, pinnedHead: input?.head })),
    lock: (input) => lock({ ...ofFolder, database: context }, input),
    roundtrip: (input) => within(emit, 'roundtrip', proofContext, (made) => roundtrip(made, input)),
    draft: (input) => within(emit, 'draft', proofContext, (made) => draft(made, input)),
    create: (input) => create(ofFolder, input),
  }
  return discreetCommands(commands, scrubber)
}

/** Does the work of a command in a context that may not come about. */
async function within<C extends object>(
  emit: EventSink,
  command: CommandName,
  context: () => Promise<C>,
  work: (context: C) => Promise<Report>,
  dryRun = false,
): Promise<Report> {
  const made = await context().catch((error: unknown) => stoppedReport(command, asSqlmigError(error), dryRun))
  if (!('exitCode' in made)) return work(made)
  emit({ type: 'run.finished', report: made })
  return made
}

type BaseContext = Omit<EngineContext, 'database' | 'history' | 'lock'>
type HistoryLocation = ReturnType<typeof parseHistoryName>

async function createContext(
  base: BaseContext,
  connectTo: () => Promise<Database>,
  location: HistoryLocation,
  scrubber: Scrubber,
): Promise<EngineContext> {
  return {
    ...base,
    database: await connectTo(),
    history: discreetHistory(createHistoryTable({ location, toolVersion: TOOL_VERSION }), scrubber),
    lock: createSessionLock(`${location.schema}.${location.table}`),
  }
}

interface ProofParts {
  readonly base: BaseContext
  readonly config: SqlmigConfig
  readonly dir: string
  readonly location: HistoryLocation
  readonly context: () => Promise<EngineContext>
  readonly scrubber: Scrubber
}

async function createProofContext(parts: ProofParts): Promise<RoundtripContext> {
  const { base, config, dir, location, context, scrubber } = parts
  const { database, scratch, databaseSource: source = 'database', environment = {} } = config
  const { lockTimeoutMs } = base.policy
  const onLogin = scrubber.learn
  return {
    ...base,
    scratch: await chooseScratch({ scratch, database, source, environment, lockTimeoutMs, onLogin }),
    snapshots: createSnapshotReader({ historySchema: location.schema }),
    files: createFileWriter(),
    versionControl: createGit(dir),
    appliedElsewhere: database === undefined ? undefined : async () => readApplied(await context()),
    pathOf: (file) => join(dir, file),
  }
}

function policyOf(config: SqlmigConfig): Policy {
  const setting = (key: 'lockWait' | 'lockTimeout' | 'statementTimeout') =>
    milliseconds(config[key] ?? DEFAULTS[key], key)
  return {
    lockWaitMs: setting('lockWait'),
    lockTimeoutMs: setting('lockTimeout'),
    statementTimeoutMs: setting('statementTimeout'),
    liveness: { ...DEFAULT_LIVENESS, ...config.liveness },
    searchPath: config.searchPath,
    client: `${hostname()} sqlmig/${TOOL_VERSION}`,
    toolVersion: TOOL_VERSION,
  }
}

// Nothing that a run does between two messages takes as long; what a client that vanished held is free after this time.
const IDLE_LIMIT_MS = 60_000

/** The scheme of the URL picks the adapter at once; only that one is loaded, and only when it is needed. */
function chooseDatabase(
  config: SqlmigConfig,
  { lockTimeoutMs, lockWaitMs }: Policy,
  scrubber: Scrubber,
): () => Promise<Database> {
  const { database: url, databaseSource: source = 'database', environment = {}, directory = '.' } = config
  if (url === undefined)
    return async () => {
      throw new SqlmigError('DATABASE_NOT_NAMED', {})
    }
  if (/^pglite:/.test(url))
    return async () => {
      const { createPgliteDatabase } = await import('./adapters/pglite/pglite.ts')
      return createPgliteDatabase({ url, source, directory, lockTimeoutMs, lockWaitMs })
    }
  if (isPostgresUrl(url))
    return async () => {
      const { createPostgresDatabase } = await import('./adapters/postgres/connection.ts')
      return createPostgresDatabase({
        url,
        source,
        environment,
        onLogin: scrubber.learn,
        lockTimeoutMs,
        idleLimitMs: IDLE_LIMIT_MS,
        applicationName: `sqlmig/${TOOL_VERSION}`,
      })
    }
  throw new SqlmigError('CONFIG_INVALID', {
    problem:
      'the database URL begins with none of postgres://, postgresql:// and pglite:, and is not of the form host=… dbname=…',
    source,
  })
}

function milliseconds(value: number | string, source: string): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  return duration({ value: String(value), source })
}

function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => {
    made ??= make()
    return made
  }
}
