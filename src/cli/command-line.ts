import { dirname, relative } from 'node:path'
import { createFileWriter } from '../adapters/directory.ts'
import { init } from '../commands/init.ts'
import { type Config, resolveConfig, resolveInit } from '../config.ts'
import { type ExitCode, SqlmigError } from '../core/errors.ts'
import { asSqlmigError, stoppedReport } from '../core/report.ts'
import type { CommandName, EventSink, Report } from '../core/run.ts'
import type { Scrubber } from '../core/scrubber.ts'
import { scrubberFor } from '../discreet.ts'
import type { DownTo, Sqlmig, SqlmigConfig, UpTo } from '../index.ts'
import type { Reporter } from '../reporters/output.ts'
import type { CliEnvironment } from './environment.ts'
import { type OpenReporters, openFallback, openReporters } from './open-reporters.ts'
import { type Parsed, parseCommandLine } from './parse.ts'
import type { Invocation, Options } from './program.ts'

/** Does what `run` of main.ts says. */
export async function runCommandLine(
  argv: readonly string[],
  environment: CliEnvironment,
): Promise<ExitCode> {
  const { DATABASE_URL, SQLMIG_DATABASE } = environment.env
  const scrubber = scrubberFor([...argv, DATABASE_URL, SQLMIG_DATABASE], environment.env)
  let parsed: Parsed
  try {
    parsed = await parseCommandLine(argv, environment.stdout.columns)
  } catch (error) {
    // It names no options for certain, but `--json` has to be answered in JSON all the same.
    const json = argv.includes('--json')
    const asked = { command: commandIn(argv), options: { dryRun: argv.includes('--dry-run') } }
    return report(asSqlmigError(error), asked, await openFallback(json, environment), scrubber)
  }
  if ('text' in parsed) {
    environment.stdout.write(`${parsed.text}\n`)
    return 0
  }
  return runCommand(parsed.invocation, environment, scrubber)
}

async function runCommand(
  invocation: Invocation,
  environment: CliEnvironment,
  scrubber: Scrubber,
): Promise<ExitCode> {
  const { command, options } = invocation
  const fallback = () => openFallback(options.json === true, environment)
  let opened: OpenReporters
  try {
    opened = await openReporters(options, environment)
  } catch (error) {
    return report(asSqlmigError(error), invocation, await fallback(), scrubber)
  }
  const on: EventSink = (event) => {
    for (const reporter of opened.reporters) reporter.on(event)
  }
  const exitCode = await execute(command, options, environment, on).then(
    (finished) => finished.exitCode,
    (error: unknown) => {
      const stop = asSqlmigError(error)
      if (options.verbose === true && stop.code === 'INTERNAL')
        environment.stderr.write(`${scrubber.text(causeOf(stop))}\n`)
      return report(stop, invocation, { on }, scrubber)
    },
  )
  try {
    await opened.close()
    return exitCode
  } catch (error) {
    // The command's own document is on stdout already.
    const code = report(asSqlmigError(error), invocation, await openFallback(false, environment), scrubber)
    return exitCode === 0 ? code : exitCode
  }
}

/** What was asked for, as far as it was understood. */
interface Asked {
  readonly command: CommandName | null
  readonly options: Options
}

function report(
  error: SqlmigError,
  { command, options }: Asked,
  reporter: Reporter,
  scrubber: Scrubber,
): ExitCode {
  const dryRun = command === 'plan' || options.dryRun === true
  reporter.on({ type: 'run.finished', report: scrubber.clean(stoppedReport(command, error, dryRun)) })
  return error.exitCode
}

function commandIn(argv: readonly string[]): CommandName | null {
  const isCommand = (text: string): text is CommandName => text === 'init' || Object.hasOwn(CALLS, text)
  return argv.find(isCommand) ?? null
}

function causeOf(error: SqlmigError): string {
  return error.cause instanceof Error ? (error.cause.stack ?? '') : ''
}

async function execute(
  command: CommandName,
  options: Options,
  environment: CliEnvironment,
  emit: EventSink,
): Promise<Report> {
  if (command === 'init') return initialise(options, environment, emit)
  const need = command === 'new' ? 'unused' : WITHOUT_DATABASE.includes(command) ? 'optional' : 'needed'
  const config = await resolveConfig(options, environment.env, environment.cwd, need)
  const abort = new AbortController()
  const stopListening = listenForInterrupts(environment, abort)
  try {
    // What only asks for help or the version does not wait for the engine to load.
    const { createSqlmig } = await import('../index.ts')
    const bind = (onEvent: EventSink) =>
      createSqlmig(apiConfig(config, command, { signal: abort.signal, onEvent }))
    if (command === 'down' && options.all === true && options.dryRun !== true)
      await confirmDownAll(
        bind(() => {}),
        options,
        environment,
      )
    return await CALLS[command](bind(emit), options)
  } finally {
    stopListening()
  }
}

/** The first signal asks the run to stop in order; after the second nothing is waited for any more. */
function listenForInterrupts(environment: CliEnvironment, abort: AbortController): () => void {
  return environment.onInterrupt(() => {
    if (abort.signal.aborted) environment.exit(130)
    abort.abort()
  })
}

/** Commands that do without a database; proofs look at it when one is named. */
const WITHOUT_DATABASE: readonly CommandName[] = ['new', 'lock', 'roundtrip', 'draft']

function apiConfig(
  config: Config,
  command: CommandName,
  run: Pick<SqlmigConfig, 'signal' | 'onEvent'>,
): SqlmigConfig {
  const { database, history } = config
  if (database === undefined && !WITHOUT_DATABASE.includes(command))
    throw new SqlmigError('DATABASE_NOT_NAMED', {})
  return {
    ...(database === undefined ? {} : { database: database.url }),
    ...(config.scratch === undefined ? {} : { scratch: config.scratch }),
    databaseSource: database?.source ?? '',
    directory: database?.directory ?? '.',
    dir: config.dir,
    history: `${history.schema}.${history.table}`,
    lockWait: config.lockWaitMs,
    lockTimeout: config.lockTimeoutMs,
    statementTimeout: config.statementTimeoutMs,
    ...(config.searchPath === undefined ? {} : { searchPath: config.searchPath }),
    environment: config.environment,
    ...run,
  }
}

type Call = (sqlmig: Sqlmig, options: Options) => Promise<Report>

const outOfOrder = ({ allowOutOfOrder }: Options) => (allowOutOfOrder === true ? 'allow' : 'refuse')
const downSource = ({ fromHistory }: Options) => (fromHistory === true ? 'history' : 'files')

/** How each command line becomes a call of the programmatic API; the command line can do nothing that the API cannot. */
const CALLS: Readonly<Record<Exclude<CommandName, 'init'>, Call>> = {
  up: (sqlmig, options) =>
    sqlmig.up({
      to: upTo(options),
      outOfOrder: outOfOrder(options),
      dryRun: options.dryRun ?? false,
      transactions: options.singleTransaction === true ? 'single' : 'each',
      ...given({ resume: options.resume }),
    }),
  down: (sqlmig, options) =>
    sqlmig.down({
      to: downTo(options),
      source: downSource(options),
      dryRun: options.dryRun ?? false,
      ...given({ resume: options.resume }),
    }),
  redo: (sqlmig, { steps = 1, dryRun = false }) => sqlmig.redo({ steps, dryRun }),
  goto: (sqlmig, { to = '', dryRun = false }) => sqlmig.goto({ version: to, dryRun }),
  status: (sqlmig, { check }) => sqlmig.status({ pending: check === true ? 'fail' : 'report' }),
  history: (sqlmig) => sqlmig.history(),
  verify: (sqlmig, { head }) => sqlmig.verify(given({ head })),
  lock: (sqlmig, { withHead, withoutHead }) =>
    sqlmig.lock({ head: withHead === true ? 'pin' : withoutHead === true ? 'drop' : 'keep' }),
  plan: (sqlmig, options) => sqlmig.plan({ to: upTo(options), outOfOrder: outOfOrder(options) }),
  roundtrip: (sqlmig, options) =>
    sqlmig.roundtrip({
      ...given({ versions: options.versions, from: options.from, to: options.to, since: options.since }),
      mode: options.mode ?? 'both',
      warnings: options.strict === true ? 'fail' : 'report',
      fixes: options.writeFix === true ? 'write' : 'report',
    }),
  draft: (sqlmig, { migration = '' }) => sqlmig.draft({ version: migration }),
  new: (sqlmig, { name = '', timestamp }) =>
    sqlmig.create({ name, numbering: timestamp === true ? 'timestamp' : 'next' }),
}

/** What is undefined was not given. */
function given<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

function upTo({ to, steps }: Options): UpTo {
  if (to !== undefined) return { kind: 'version', version: to }
  return steps === undefined ? { kind: 'latest' } : { kind: 'steps', count: steps }
}

function downTo({ to, steps = 1, all }: Options): DownTo {
  if (all === true) return { kind: 'all' }
  return to === undefined ? { kind: 'steps', count: steps } : { kind: 'version', version: to }
}

/** A configuration file that is there stays, and says which folder to make. */
async function initialise(options: Options, { cwd, env }: CliEnvironment, emit: EventSink): Promise<Report> {
  const { configFile, dir } = await resolveInit(options, env, cwd)
  return init(createFileWriter(), emit, {
    directory: dir,
    configFile,
    // In the file, the folder starts from where the file is.
    config: { dir: relative(dirname(configFile), dir) || '.', databaseEnv: 'DATABASE_URL' },
  })
}

/** Asks before anything is locked or run, and says what would be reverted. */
async function confirmDownAll(sqlmig: Sqlmig, options: Options, { confirm }: CliEnvironment): Promise<void> {
  if (options.yes === true) return
  if (confirm === undefined) throw new SqlmigError('CONFIRMATION_REQUIRED', { action: 'down --all' })
  const preview = await sqlmig.down({
    to: { kind: 'all' },
    dryRun: true,
    source: downSource(options),
  })
  if (!preview.ok || preview.steps.length === 0) return
  const { database = '', server = '' } = preview.target ?? {}
  const count = preview.steps.length
  const what = count === 1 ? 'the only applied migration' : `all ${count} migrations`
  const question = `Revert ${what} on ${database} (${server})?`
  if (!(await confirm(question)))
    throw new SqlmigError('INTERRUPTED', { during: 'before anything was reverted' })
}
