import type { Argv } from 'yargs'
import type { CommandName } from '../core/run.ts'
import { TOOL_VERSION } from '../tool-version.ts'
import {
  downOptions,
  draftOptions,
  gotoOptions,
  historyOptions,
  initOptions,
  lockOptions,
  newOptions,
  planOptions,
  redoOptions,
  roundtripOptions,
  statusOptions,
  upOptions,
  verifyOptions,
} from './program-options.ts'

/** What the command line asks for. */
export interface Invocation {
  readonly command: CommandName
  readonly options: Options
}

export interface Options {
  readonly database?: string | undefined
  readonly dir?: string | undefined
  readonly config?: string | undefined
  readonly history?: string | undefined
  readonly lockWait?: string | undefined
  readonly lockTimeout?: string | undefined
  readonly statementTimeout?: string | undefined
  readonly json?: boolean | undefined
  readonly reporter?: readonly string[] | undefined
  readonly yes?: boolean | undefined
  readonly quiet?: boolean | undefined
  readonly verbose?: boolean | undefined
  readonly dryRun?: boolean | undefined
  readonly to?: string | undefined
  readonly steps?: number | undefined
  readonly all?: boolean | undefined
  readonly fromHistory?: boolean | undefined
  readonly singleTransaction?: boolean | undefined
  readonly allowOutOfOrder?: boolean | undefined
  readonly resume?: 'probe' | 'retry' | 'skip' | undefined
  readonly check?: boolean | undefined
  readonly timestamp?: boolean | undefined
  readonly name?: string | undefined
  readonly migration?: string | undefined
  readonly downFor?: string | undefined
  readonly versions?: readonly string[] | undefined
  readonly from?: string | undefined
  readonly since?: string | undefined
  readonly mode?: 'each' | 'batch' | 'both' | undefined
  readonly strict?: boolean | undefined
  readonly writeFix?: boolean | undefined
  readonly scratch?: string | undefined
  readonly head?: string | undefined
  readonly withHead?: boolean | undefined
  readonly withoutHead?: boolean | undefined
}

type Choose = (command: CommandName, options: Options) => void

/** Commands, arguments, options and help; no logic. */
export function table(program: Argv, choose: Choose): Argv {
  return commands(common(program.scriptName('sqlmig').usage('$0 <command> [options]')), choose)
    .completion('completion', 'print a completion script for bash or zsh')
    .example('$0 up -d postgres://app@localhost/app', 'apply everything that is pending')
    .example('$0 status --check', 'exit with 3 when something is pending')
    .example('$0 down --steps 2', 'revert the last two')
    .example('$0 up -d pglite:./data', 'use embedded PostgreSQL')
    .epilogue(
      'Exit codes: 0 done · 1 failed · 2 usage · 3 pending (--check) · 4 files and history disagree · 5 locked · 6 difference found · 7 no connection · 130 interrupted',
    )
    .demandCommand(1, 1, 'name a command')
    .strict()
    .recommendCommands()
    .version(TOOL_VERSION)
    .help()
    .alias({ h: 'help', V: 'version' })
    .showHelpOnFail(false)
    .exitProcess(false)
    .parserConfiguration({
      'camel-case-expansion': true,
      'parse-positional-numbers': false,
    })
}

function commands(program: Argv, choose: Choose): Argv {
  const pick = (command: CommandName) => (options: object) => choose(command, lastOfEach(options))
  return program
    .command('init', 'make the folder of the migrations and a configuration file', initOptions, pick('init'))
    .command('new [name]', 'write the next pair of files', newOptions, (options) => {
      const migration = options['down-for']
      if (migration === undefined) pick('new')(options)
      else pick('draft')({ ...options, migration })
    })
    .command('up', 'apply pending migrations', upOptions, pick('up'))
    .command('down', 'revert migrations, the one applied last first', downOptions, pick('down'))
    .command('redo', 'revert the newest migrations and apply them again', redoOptions, pick('redo'))
    .command(
      'goto <to>',
      'go up or down until exactly the migrations up to this version are applied',
      gotoOptions,
      pick('goto'),
    )
    .command('status', 'the state of every migration; writes nothing', statusOptions, pick('status'))
    .command('history', 'every event that the history holds; writes nothing', historyOptions, pick('history'))
    .command('verify', 'check files, history and chain; writes nothing', verifyOptions, pick('verify'))
    .command(
      'lock',
      'write sqlmig.lock: a line for each migration, and the pinned head',
      lockOptions,
      pick('lock'),
    )
    .command('plan', 'what up would run, with all its checks; writes nothing', planOptions, pick('plan'))
    .command(
      'roundtrip [versions..]',
      'prove in a scratch database that every down undoes its up',
      roundtripOptions,
      pick('roundtrip'),
    )
    .command(
      'draft <migration>',
      'write the down of a migration, and prove it first',
      draftOptions,
      pick('draft'),
    )
}

const LISTS = ['reporter', 'versions']

/** What is given twice counts as it is given last, so that an alias of the shell can be overridden; only lists add up. */
function lastOfEach(options: object): Options {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]: [string, unknown]) => [
      key,
      Array.isArray(value) && !LISTS.includes(key) ? value.at(-1) : value,
    ]),
  )
}

function common(program: Argv): Argv {
  return program
    .option('database', {
      alias: 'd',
      type: 'string',
      describe: 'postgres://…, pglite:./path or pglite:memory',
      requiresArg: true,
    })
    .option('dir', { type: 'string', describe: 'folder of the migrations (default sql)', requiresArg: true })
    .option('config', {
      type: 'string',
      describe: 'configuration file (default sqlmig.config.json)',
      requiresArg: true,
    })
    .option('history', {
      type: 'string',
      describe: 'schema.table of the history (default sqlmig.history)',
      requiresArg: true,
    })
    .option('lock-wait', {
      type: 'string',
      describe: 'how long to wait for the migration lock (default 60s)',
      requiresArg: true,
    })
    .option('lock-timeout', {
      type: 'string',
      describe: 'lock_timeout of migrations (default 5s)',
      requiresArg: true,
    })
    .option('statement-timeout', {
      type: 'string',
      describe: 'statement_timeout of migrations (default none)',
      requiresArg: true,
    })
    .option('json', { type: 'boolean', describe: 'print one JSON document' })
    .option('reporter', {
      type: 'string',
      array: true,
      nargs: 1,
      describe: 'terminal, json, junit, github, markdown or html, with =file to write a file',
    })
    .option('yes', { alias: 'y', type: 'boolean', describe: 'answer every question with yes' })
    .option('quiet', { alias: 'q', type: 'boolean', describe: 'print errors only' })
    .option('verbose', { alias: 'v', type: 'boolean', describe: 'print notices and details' })
    .conflicts('quiet', 'verbose')
}
