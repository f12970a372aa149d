import type { Argv } from 'yargs'
import { SqlmigError } from '../core/errors.ts'

const DRY_RUN = { type: 'boolean', describe: 'show the plan and run nothing' } as const
const ALLOW = {
  type: 'boolean',
  describe: 'apply migrations that are older than the newest applied one',
} as const
const steps = (describe: string) =>
  ({ type: 'number', describe, requiresArg: true, coerce: positiveInteger }) as const
const version = (describe: string) =>
  ({ type: 'string', describe, requiresArg: true, coerce: versionNumber }) as const

const resume = (describe: string) =>
  ({
    type: 'string',
    describe: `${describe}; =retry runs the interrupted statement again, =skip counts it as done`,
    coerce: resumeChoice,
  }) as const

export function initOptions(y: Argv): Argv {
  return y.example(
    '$0 init --dir db/migrations',
    'writes sqlmig.config.json, so that --dir need not be given again',
  )
}

export function newOptions(y: Argv): Argv<{ 'down-for': string | undefined }> {
  return y
    .positional('name', {
      type: 'string',
      describe: 'what the migration does, such as add_users',
    })
    .option('timestamp', { type: 'boolean', describe: 'number it by the present time, 14 digits in UTC' })
    .option('down-for', version('write the down of this migration instead, as draft does'))
    .option('scratch', SCRATCH)
    .check(({ name, 'down-for': downFor }) => {
      if (name === undefined && downFor === undefined)
        throw new SqlmigError('USAGE', {
          problem: 'an argument is missing: name the migration, as in sqlmig new add_users',
        })
      if (name !== undefined && downFor !== undefined)
        throw new SqlmigError('USAGE', { problem: '--down-for takes no name: the migration has one' })
      return true
    })
    .example('$0 new add_users', 'writes 003_add_users.up.sql and 003_add_users.down.sql')
    .example('$0 new --down-for 003', 'writes the down of 003')
}

export function upOptions(y: Argv): Argv {
  return y
    .option('to', version('the last version to apply'))
    .option('steps', steps('how many migrations to apply'))
    .option('dry-run', DRY_RUN)
    .option('single-transaction', { type: 'boolean', describe: 'apply all of them in one transaction' })
    .option('allow-out-of-order', ALLOW)
    .option(
      'resume',
      resume('go on with a migration without a transaction that stopped midway, then with what is pending'),
    )
    .conflicts('to', 'steps')
    .conflicts('resume', 'single-transaction')
    .example('$0 up --to 012', 'apply up to and including 012')
    .example('$0 up --dry-run --json', 'the plan, for machines')
    .example('$0 up --resume', 'go on where a migration stopped midway')
}

export function downOptions(y: Argv): Argv {
  return y
    .option('steps', steps('how many migrations to revert (default 1)'))
    .option('to', version('the version that stays applied; 0 reverts everything'))
    .option('all', { type: 'boolean', describe: 'revert everything, after asking' })
    .option('from-history', {
      type: 'boolean',
      describe: 'use the down SQL that the history kept, not the files',
    })
    .option('resume', resume('go on with a down without a transaction that stopped midway, and no further'))
    .option('dry-run', DRY_RUN)
    .conflicts('to', ['steps', 'all'])
    .conflicts('steps', 'all')
    .conflicts('resume', ['to', 'steps', 'all'])
    .example('$0 down', 'revert the migration that was applied last')
    .example('$0 down --to 010', 'revert everything that was applied after 010')
    .example('$0 down --from-history', 'revert a migration whose files this checkout lacks')
}

export function redoOptions(y: Argv): Argv {
  return y
    .option('steps', steps('how many migrations (default 1)'))
    .option('dry-run', DRY_RUN)
    .example('$0 redo', 'try the newest migration once more while writing it')
}

export function gotoOptions(y: Argv): Argv {
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

export function statusOptions(y: Argv): Argv {
  return y
    .option('check', { type: 'boolean', describe: 'exit with 3 when a migration is pending' })
    .example('$0 status --check', 'a gate for a deployment')
}

export function historyOptions(y: Argv): Argv {
  return y.example('$0 history --json', 'who applied and reverted what, and when')
}

export function verifyOptions(y: Argv): Argv {
  return y
    .option('head', {
      type: 'string',
      describe: 'a head of the history that was kept elsewhere: it must still be in the chain',
      requiresArg: true,
      coerce: headHash,
    })
    .example('$0 verify', 'its exit code 4 stops a deployment; the head it prints can be kept elsewhere')
    .example('$0 verify --head v1:3f…', 'nothing up to this row was cut off or written anew')
}

export function lockOptions(y: Argv): Argv {
  return y
    .option('with-head', { type: 'boolean', describe: 'pin the head of the database that is named' })
    .option('without-head', { type: 'boolean', describe: 'pin no head any more' })
    .conflicts('with-head', 'without-head')
    .example('$0 lock', 'after every change of a file; two branches that add a migration conflict in it')
    .example('$0 lock --with-head', 'for a folder that belongs to one database')
}

export function planOptions(y: Argv): Argv {
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

export function roundtripOptions(y: Argv): Argv {
  return y
    .positional('versions', {
      type: 'string',
      array: true,
      describe: 'migrations to prove (default all); those before them are applied',
      coerce: (versions: readonly string[]) => versions.map((one) => versionNumber(one)),
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

export function draftOptions(y: Argv): Argv {
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

// What these throw, yargs makes a usage error of. An option that is given twice comes as a list, and counts as it is given last.
function positiveInteger(given: number | readonly number[]): number {
  const value = [given].flat().at(-1) ?? 0
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new Error('--steps takes a whole number from 1 on')
}

function headHash(given: string | readonly string[]): string {
  const value = [given].flat().at(-1) ?? ''
  if (/^v\d+:[0-9a-f]{64}$/.test(value)) return value
  throw new Error(`"${value}" is not a head: sqlmig prints it as v1: and 64 hexadecimal digits`)
}

function resumeChoice(given: string | readonly string[]): 'probe' | 'retry' | 'skip' {
  const value = [given].flat().at(-1) ?? ''
  if (value === '') return 'probe'
  if (value === 'retry' || value === 'skip') return value
  throw new Error(`--resume takes no "${value}": --resume, --resume=retry or --resume=skip`)
}

function versionNumber(given: string | readonly string[]): string {
  const value = [given].flat().at(-1) ?? ''
  if (/^\d+$/.test(value)) return value
  throw new Error(`"${value}" is not a version; a version is the number a file name begins with`)
}
