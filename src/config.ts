import { resolve } from 'node:path'
import { type Environment, type LoadedFile, loadConfiguration } from './config-file.ts'
import { parseDuration } from './core/directives.ts'
import { SqlmigError } from './core/errors.ts'

export type { Environment } from './config-file.ts'

/** What the command line can say of the same. */
export interface Flags {
  readonly config?: string | undefined
  readonly database?: string | undefined
  readonly dir?: string | undefined
  readonly history?: string | undefined
  readonly lockWait?: string | undefined
  readonly lockTimeout?: string | undefined
  readonly statementTimeout?: string | undefined
  readonly scratch?: string | undefined
}

/** The one, validated answer to where and how a run works. Durations are in milliseconds. */
export interface Config {
  readonly database: DatabaseSetting | undefined
  readonly dir: string
  readonly history: { readonly schema: string; readonly table: string }
  readonly lockWaitMs: number
  readonly lockTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly searchPath: string | undefined
  readonly scratch: string | undefined
  /** The environment with what `.env` adds to it. */
  readonly environment: Environment
}

export interface DatabaseSetting {
  readonly url: string
  /** Where it was named, for error messages. */
  readonly source: string
  /** The folder from which a relative path in it starts. */
  readonly directory: string
}

export const DEFAULTS = {
  dir: 'sql',
  history: 'sqlmig.history',
  lockWait: '60s',
  lockTimeout: '5s',
  statementTimeout: '0',
} as const

/** Whether a command works on a database: `new` does not, and must not ask for one; `roundtrip` takes it when one is named. */
export type DatabaseNeed = 'needed' | 'optional' | 'unused'

/**
 * Flags come before `SQLMIG_*` variables, these before the configuration file, that before `DATABASE_URL`, and this before `PG*`.
 * @throws SqlmigError `CONFIG_INVALID`, `DATABASE_NOT_NAMED`
 */
export async function resolveConfig(
  flags: Flags,
  environment: Environment,
  cwd: string,
  need: DatabaseNeed = 'needed',
): Promise<Config> {
  const { env, named, file } = await loadConfiguration(flags, environment, cwd)
  if (file.state === 'absent' && named !== undefined)
    throw new SqlmigError('CONFIG_INVALID', {
      problem: 'the configuration file does not exist',
      source: named,
    })
  const pick = (key: 'history' | 'lockWait' | 'lockTimeout' | 'statementTimeout') => {
    const variable = `SQLMIG_${key.replace(/[A-Z]/g, '_$&').toUpperCase()}`
    if (flags[key] !== undefined)
      return { value: flags[key], source: `--${key.replace(/[A-Z]/g, '-$&').toLowerCase()}` }
    if (env[variable] !== undefined) return { value: env[variable], source: variable }
    if (file.content[key] !== undefined) return { value: file.content[key], source: `${file.name}: ${key}` }
    return { value: DEFAULTS[key], source: 'default' }
  }
  return {
    database: need === 'unused' ? undefined : databaseSetting(flags, env, file, cwd, need),
    dir: directorySetting(flags, env, file, cwd),
    history: parseHistoryName(pick('history')),
    lockWaitMs: duration(pick('lockWait')),
    lockTimeoutMs: duration(pick('lockTimeout')),
    statementTimeoutMs: duration(pick('statementTimeout')),
    searchPath: file.content.searchPath,
    scratch: nonEmpty(flags.scratch ?? env['SQLMIG_SCRATCH'] ?? file.content.scratch),
    environment: env,
  }
}

/**
 * What `init` makes: where the other commands, called in the same way, will look for it.
 * @throws SqlmigError `CONFIG_INVALID`, `USAGE`
 */
export async function resolveInit(
  flags: Flags,
  environment: Environment,
  cwd: string,
): Promise<{ readonly configFile: string; readonly dir: string }> {
  const { env, file } = await loadConfiguration(flags, environment, cwd)
  if (file.state === 'absent' && !file.name.endsWith('.json'))
    throw new SqlmigError('USAGE', {
      problem: `init writes JSON, and ${file.name} does not end in .json`,
      hint: 'name a .json file, or write the JavaScript file by hand',
    })
  return { configFile: file.path, dir: directorySetting(flags, env, file, cwd) }
}

interface Setting {
  readonly value: string
  readonly source: string
}

/** Each of them is enough to say which database is meant; PGUSER and the like are not. */
const NAMING_VARIABLES = ['PGSERVICE', 'PGHOST', 'PGHOSTADDR', 'PGDATABASE']

/** Whether a text is one of libpq's two forms: a URI, or `keyword=value` pairs. */
export function isPostgresUrl(text: string): boolean {
  return /^(?:postgres(?:ql)?:\/\/|\s*[a-z_]+\s*=)/.test(text)
}

function databaseSetting(
  flags: Flags,
  env: Environment,
  file: LoadedFile,
  cwd: string,
  need: DatabaseNeed,
): DatabaseSetting | undefined {
  const { database, databaseEnv } = file.content
  const at = (url: string | undefined, source: string, directory = cwd) => {
    if (url?.trim() === '') throw new SqlmigError('DATABASE_NOT_NAMED', { problem: `${source} is empty` })
    return url === undefined ? undefined : { url: url.trim(), source, directory }
  }
  const named = at(flags.database, '--database') ?? at(env['SQLMIG_DATABASE'], 'SQLMIG_DATABASE')
  if (named !== undefined) return named
  if (databaseEnv !== undefined) {
    const found = at(env[databaseEnv], databaseEnv)
    if (found !== undefined || need === 'optional') return found
    const problem = `the environment variable ${databaseEnv} is not set (databaseEnv in ${file.name} names it)`
    throw new SqlmigError('DATABASE_NOT_NAMED', { problem })
  }
  if (database !== undefined) return at(database, `${file.name}: database`, file.folder)
  const url = at(env['DATABASE_URL'], 'DATABASE_URL')
  if (url !== undefined) return url
  // libpq takes everything else from PG* variables too, so an empty URL stands for them.
  const variable = NAMING_VARIABLES.find((name) => env[name])
  return variable === undefined ? undefined : { url: 'postgres:///', source: variable, directory: cwd }
}

function directorySetting(flags: Flags, env: Environment, file: LoadedFile, cwd: string): string {
  const named = flags.dir ?? env['SQLMIG_DIR']
  if (named === '')
    throw new SqlmigError('CONFIG_INVALID', {
      problem: 'the folder of the migrations has no name',
      source: flags.dir === undefined ? 'SQLMIG_DIR' : '--dir',
    })
  if (named !== undefined) return resolve(cwd, named)
  return file.content.dir === undefined ? resolve(cwd, DEFAULTS.dir) : resolve(file.folder, file.content.dir)
}

const HISTORY_NAME = /^([^."\s]+)\.([^."\s]+)$/
const LONGEST_NAME_BYTES = 63

/** Reads `schema.table`; names are taken as they are written, without folding to lower case. */
export function parseHistoryName({ value, source }: Setting): { schema: string; table: string } {
  const [, schema, table] = HISTORY_NAME.exec(value) ?? []
  const fits = (name: string) => Buffer.byteLength(name, 'utf8') <= LONGEST_NAME_BYTES
  if (schema === undefined || table === undefined || !fits(schema) || !fits(table))
    throw new SqlmigError('CONFIG_INVALID', { problem: `"${value}" is not of the form schema.table`, source })
  return { schema, table }
}

/** A variable that is set to nothing is not set. */
function nonEmpty(value: string | undefined): string | undefined {
  return value?.trim() === '' ? undefined : value?.trim()
}

/** Milliseconds of a duration that somebody set. */
export function duration({ value, source }: Setting): number {
  const milliseconds = parseDuration(value)
  if (milliseconds !== undefined) return milliseconds
  throw new SqlmigError('CONFIG_INVALID', {
    problem: `"${value}" is not a duration such as 500ms, 5s or 10min`,
    source,
  })
}
