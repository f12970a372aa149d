import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { createFileWriter } from '../adapters/directory.ts'
import { init } from '../commands/init.ts'
import { type Config, DEFAULTS, resolveConfig } from '../config.ts'
import { type ExitCode, SqlmigError } from '../core/errors.ts'
import { asSqlmigError, stoppedReport } from '../core/report.ts'
import type { CommandName, EventSink, Report } from '../core/run.ts'
import { createSqlmig, type DownTo, type Sqlmig, type UpTo } from '../index.ts'
import { REPORTERS } from '../reporters/index.ts'
import type { Output, Reporter } from '../reporters/output.ts'
import type { CliEnvironment } from './environment.ts'
import { type Invocation, type Options, parseCommandLine } from './program.ts'

export { processEnvironment } from './environment.ts'

/**
 * Runs one command line. Nothing outside the given environment is touched, and nothing is thrown.
 * @param argv the arguments, without the runtime and the script
 * @returns the exit code
 */
export async function run(argv: readonly string[], environment: CliEnvironment): Promise<ExitCode> {
  let parsed: Awaited<ReturnType<typeof parseCommandLine>>
  try {
    parsed = await parseCommandLine(argv, environment.stdout.columns)
  } catch (error) {
    return reportUsage(argv, asSqlmigError(error), environment)
  }
  if ('text' in parsed) {
    environment.stdout.write(`${parsed.text}\n`)
    return 0
  }
  return runCommand(parsed.invocation, environment)
}

async function runCommand({ command, options }: Invocation, environment: CliEnvironment): Promise<ExitCode> {
  const closers: Array<() => Promise<void>> = []
  let emit: EventSink = () => {}
  try {
    const reporters = await openReporters(options, environment, closers)
    emit = (event) => {
      for (const reporter of reporters) reporter.on(event)
    }
    return (await execute(command, options, environment, emit)).exitCode
  } catch (error) {
    const stop = asSqlmigError(error)
    const report = stoppedReport(command, stop)
    emit({ type: 'run.finished', report })
    if (options.verbose === true && stop.code === 'INTERNAL') environment.stderr.write(`${causeOf(stop)}\n`)
    return report.exitCode
  } finally {
    for (const close of closers) await close()
  }
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
  const config = await resolveConfig(options, environment.env, environment.cwd)
  const abort = new AbortController()
  const stopListening = listenForInterrupts(environment, abort)
  try {
    const bind = (onEvent: EventSink) => bindCommands(config, command, abort.signal, onEvent)
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
  return environment.onInterrupt(() => abort.abort())
}

function bindCommands(config: Config, command: CommandName, signal: AbortSignal, onEvent: EventSink): Sqlmig {
  const { database, history } = config
  if (database === undefined && command !== 'new') throw new SqlmigError('DATABASE_NOT_NAMED', {})
  return createSqlmig({
    database: database?.url ?? '',
    databaseSource: database?.source ?? '',
    directory: database?.directory ?? '.',
    dir: config.dir,
    history: `${history.schema}.${history.table}`,
    lockWait: config.lockWaitMs,
    lockTimeout: config.lockTimeoutMs,
    statementTimeout: config.statementTimeoutMs,
    ...(config.searchPath === undefined ? {} : { searchPath: config.searchPath }),
    environment: config.environment,
    signal,
    onEvent,
  })
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
    }),
  down: (sqlmig, options) =>
    sqlmig.down({ to: downTo(options), source: downSource(options), dryRun: options.dryRun ?? false }),
  redo: (sqlmig, { steps = 1, dryRun = false }) => sqlmig.redo({ steps, dryRun }),
  goto: (sqlmig, { to = '', dryRun = false }) => sqlmig.goto({ version: to, dryRun }),
  status: (sqlmig, { check }) => sqlmig.status({ pending: check === true ? 'fail' : 'report' }),
  history: (sqlmig) => sqlmig.history(),
  verify: (sqlmig) => sqlmig.verify(),
  plan: (sqlmig, options) => sqlmig.plan({ to: upTo(options), outOfOrder: outOfOrder(options) }),
  new: (sqlmig, { name = '', timestamp }) =>
    sqlmig.create({ name, numbering: timestamp === true ? 'timestamp' : 'next' }),
}

function upTo({ to, steps }: Options): UpTo {
  if (to !== undefined) return { kind: 'version', version: to }
  return steps === undefined ? { kind: 'latest' } : { kind: 'steps', count: steps }
}

function downTo({ to, steps = 1, all }: Options): DownTo {
  if (all === true) return { kind: 'all' }
  return to === undefined ? { kind: 'steps', count: steps } : { kind: 'version', version: to }
}

function initialise(options: Options, { cwd }: CliEnvironment, emit: EventSink): Promise<Report> {
  const directory = options.dir ?? DEFAULTS.dir
  return init(createFileWriter(), emit, {
    directory: resolve(cwd, directory),
    configFile: resolve(cwd, options.config ?? 'sqlmig.config.json'),
    config: { dir: directory, databaseEnv: 'DATABASE_URL' },
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
  const question = `Revert all ${preview.steps.length} migrations on ${database} (${server})?`
  if (!(await confirm(question)))
    throw new SqlmigError('INTERRUPTED', { during: 'before anything was reverted' })
}

async function openReporters(
  options: Options,
  environment: CliEnvironment,
  closers: Array<() => Promise<void>>,
): Promise<Reporter[]> {
  const named = (options.reporter ?? []).map(parseReporter)
  const onScreen = named.some(({ file }) => file === undefined)
  if (options.json === true) named.push({ name: 'json', file: undefined })
  else if (!onScreen) named.push({ name: 'terminal', file: undefined })
  if (named.filter(({ file }) => file === undefined).length > 1)
    throw new SqlmigError('USAGE', {
      problem: 'only one reporter can write to stdout',
      hint: 'give the others a file: --reporter json=report.json',
    })
  const reporters: Reporter[] = []
  for (const { name, file } of named) {
    const load = REPORTERS[name]
    if (load === undefined)
      throw new SqlmigError('USAGE', {
        problem: `there is no reporter "${name}"`,
        hint: `reporters: ${Object.keys(REPORTERS).join(', ')}`,
      })
    const create = await load()
    reporters.push(
      create(
        file === undefined
          ? screenOutput(options, environment)
          : await fileOutput(file, environment, closers),
      ),
    )
  }
  return reporters
}

function parseReporter(text: string): { name: string; file: string | undefined } {
  const at = text.indexOf('=')
  return at < 0 ? { name: text, file: undefined } : { name: text.slice(0, at), file: text.slice(at + 1) }
}

function screenOutput(options: Options, { env, stdout, stderr }: CliEnvironment): Output {
  const terminal = stderr.isTTY === true
  // https://no-color.org: any value that is not empty.
  const color = env['NO_COLOR']
    ? false
    : env['FORCE_COLOR']
      ? env['FORCE_COLOR'] !== '0'
      : stdout.isTTY === true && env['TERM'] !== 'dumb'
  return {
    data: (text) => stdout.write(text),
    log: (text) => stderr.write(text),
    interactive: terminal && !env['CI'] && env['TERM'] !== 'dumb',
    color,
    verbosity: options.quiet === true ? 'quiet' : options.verbose === true ? 'verbose' : 'normal',
  }
}

async function fileOutput(
  file: string,
  { cwd }: CliEnvironment,
  closers: Array<() => Promise<void>>,
): Promise<Output> {
  const path = resolve(cwd, file)
  const handle = await open(path, 'w').catch((error: NodeJS.ErrnoException) => {
    throw new SqlmigError('FILE_WRITE_FAILED', { file, reason: error.code ?? error.message })
  })
  const parts: string[] = []
  closers.push(async () => {
    await handle.writeFile(parts.join(''))
    await handle.close()
  })
  const add = (text: string) => {
    parts.push(text)
  }
  return { data: add, log: add, interactive: false, color: false, verbosity: 'normal' }
}

/** A command line that cannot be read names no reporter for certain, but `--json` has to be answered in JSON all the same. */
async function reportUsage(
  argv: readonly string[],
  error: SqlmigError,
  environment: CliEnvironment,
): Promise<ExitCode> {
  const known: CommandName[] = [
    'init',
    'new',
    'up',
    'down',
    'redo',
    'goto',
    'status',
    'history',
    'verify',
    'plan',
  ]
  const command = known.find((name) => argv.includes(name)) ?? 'status'
  const json = argv.includes('--json')
  const [reporter] = await openReporters(json ? { json } : {}, environment, [])
  reporter?.on({ type: 'run.finished', report: stoppedReport(command, error) })
  return error.exitCode
}
