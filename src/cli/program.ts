import type { Argv } from 'yargs'
import type { CommandName } from '../core/run.ts'
import { TOOL_VERSION } from '../tool-version.ts'

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
}

type Choose = (command: CommandName, options: Options) => void

/** Commands, arguments, options and help; no logic. */
export function table(program: Argv, choose: Choose): Argv {
  const pick = (command: CommandName) => (options: object) => choose(command, lastOfEach(options))
  return common(program.scriptName('sqlmig').usage('$0 <command> [options]'))
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
    .command('plan', 'what up would run, with all its checks; writes nothing', planOptions, pick('plan'))
    .command(
      'roundtrip [versions..]',
      'prove in a scratch database that every down undoes its up',
      roundtripOptions,
      pick('roundtrip'),
    )
    .command('draft <migration>', 'write the down of a migration, and prove it first', draftOptions, pick('draft'))
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

const DRY_RUN = { type: 'boolean', describe: 'show the plan and run nothing' } as const
const ALLOW = {
  type: 'boolean',
  describe: 'apply migrations that are older than the newest applied one',
} as const
const steps = (describe: string) =>
  ({ type: 'number', describe, requiresArg: true, coerce: positiveInteger }) as const
const version = (describe: string) =>
  ({ type: 'string', describe, requiresArg: true, coerce: versionNumber }) as const

function initOptions(y: Argv): Argv {
  return y.example(
    '$0 init --dir db/migrations',
    'writes sqlmig.config.json, so that --dir need not be given again',
  )
}

function newOptions(y: Argv): Argv<{ 'down-for': string | undefined }> {
  return y
    .positional('name', {
      type: 'string',
      describe: 'what the migration does, such as add_users',
    })
    .option('timestamp', { type: 'boolean', describe: 'number it by the present time, 14 digits in UTC' })
    .option('down-for', version('write the down of this migration instead, as draft does'))
    .option('scratch', SCRATCH)
    .check(({ name, 'down-for': downFor }) => {
      if (name === undefined && downFor === undefined) throw new Error('name the migration: sqlmig new add_users')
      if (name !== undefined && downFor !== undefined) throw new Error('--down-for takes no name: the migration has one')
      return true
    })
    .example('$0 new add_users', 'writes 003_add_users.up.sql and 003_add_users.down.sql')
    .example('$0 new --down-for 003', 'writes the down of 003')
}

function upOptions(y: Argv): Argv {
  return y
    .option('to', version('the last version to apply'))
    .option('steps', steps('how many migrations to apply'))
    .option('dry-run', DRY_RUN)
    .option('single-transaction', { type: 'boolean', describe: 'apply all of them in one transaction' })
    .option('allow-out-of-order', ALLOW)
    .conflicts('to', 'steps')
    .example('$0 up --to 012', 'apply up to and including 012')
    .example('$0 up --dry-run --json', 'the plan, for machines')
}

function downOptions(y: Argv): Argv {
  return y
    .option('steps', steps('how many migrations to revert (default 1)'))
    .option('to', version('the version that stays applied; 0 reverts everything'))
    .option('all', { type: 'boolean', describe: 'revert everything, after asking' })
    .option('from-history', {
      type: 'boolean',
      describe: 'use the down SQL that the history kept, not the files',
    })
    .option('dry-run', DRY_RUN)
    .conflicts('to', ['steps', 'all'])
    .conflicts('steps', 'all')
    .example('$0 down', 'revert the migration that was applied last')
    .example('$0 down --to 010', 'revert everything that was applied after 010')
    .example('$0 down --from-history', 'revert a migration whose files this checkout lacks')
}

function redoOptions(y: Argv): Argv {
  return y
    .option('steps', steps('how many migrations (default 1)'))
    .option('dry-run', DRY_RUN)
    .example('$0 redo', 'try the newest migration once more while writing it')
}

function gotoOptions(y: Argv): Argv {
  return y
    .positional('to', {
      type: 'string',
      describe: 'a version; 0 reverts everything',
      demandOption: true,
      coerce: versionNumber,
    })
    .option('dry-run', DRY_RUN)
    .example('$0 goto 007', 'go up or down to 007')
}

function statusOptions(y: Argv): Argv {
  return y
    .option('check', { type: 'boolean', describe: 'exit with 3 when a migration is pending' })
    .example('$0 status --check', 'a gate for a deployment')
}

function historyOptions(y: Argv): Argv {
  return y.example('$0 history --json', 'who applied and reverted what, and when')
}

function verifyOptions(y: Argv): Argv {
  return y.example(
    '$0 verify',
    'its exit code 4 stops a deployment; the head it prints can be kept elsewhere',
  )
}

function planOptions(y: Argv): Argv {
  return y
    .option('to', version('the last version to apply'))
    .option('steps', steps('how many migrations to apply'))
    .option('dry-run', { type: 'boolean', hidden: true })
    .option('allow-out-of-order', ALLOW)
    .conflicts('to', 'steps')
    .example('$0 plan', 'what a deployment would do')
}

const SCRATCH = {
  type: 'string',
  describe:
    'where to prove: server, docker, docker:image, pglite or the URL of an empty database (default server where a database is named and may make others, else pglite)',
  requiresArg: true,
} as const

function roundtripOptions(y: Argv): Argv {
  return y
    .positional('versions', {
      type: 'string',
      array: true,
      describe: 'migrations to prove (default all); those before them are applied',
      coerce: (versions: readonly string[]) => versions.map(versionNumber),
    })
    .option('from', version('the first migration to prove'))
    .option('to', version('the last migration to prove'))
    .option('since', {
      type: 'string',
      describe: 'prove the migrations that have changed in git since this commit or branch',
      requiresArg: true,
    })
    .option('scratch', SCRATCH)
    .option('mode', {
      choices: ['each', 'batch', 'both'] as const,
      describe: 'file by file, all ups in one transaction, or both (default)',
      requiresArg: true,
    })
    .option('strict', { type: 'boolean', describe: 'a warning fails the run too' })
    .option('write-fix', {
      type: 'boolean',
      describe: 'append the SQL that a down lacks to it, as a draft, where it is not applied yet',
    })
    .example('$0 roundtrip', 'prove all migrations, with embedded PostgreSQL if need be')
    .example('$0 roundtrip --since origin/main --reporter github', 'in a pull request')
    .example('$0 roundtrip --scratch docker:postgres:17', 'on a server of its own')
}

function draftOptions(y: Argv): Argv {
  return y
    .positional('migration', {
      type: 'string',
      describe: 'the version whose down is missing or empty',
      demandOption: true,
      coerce: versionNumber,
    })
    .option('scratch', SCRATCH)
    .example('$0 draft 012', 'writes 012_….down.sql')
}

// What these throw, yargs makes a usage error of.
function positiveInteger(value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new Error('--steps takes a whole number from 1 on')
}

function versionNumber(value: string): string {
  if (/^\d+$/.test(value)) return value
  throw new Error(`"${value}" is not a version; a version is the number a file name begins with`)
}
