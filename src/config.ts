import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseEnv } from 'node:util'
import * as v from 'valibot'
import { parseDuration } from './core/directives.ts'
import { SqlmigError } from './core/errors.ts'

/** What a configuration file may say. Durations are text as PostgreSQL writes them: `500ms`, `5s`, `10min`. */
export interface ConfigFile {
  /** The folder of the migrations, from the configuration file's own folder on. */
  readonly dir?: string | undefined
  readonly database?: string | undefined
  /** The environment variable that holds the database URL. */
  readonly databaseEnv?: string | undefined
  /** `schema.table` */
  readonly history?: string | undefined
  readonly lockWait?: string | undefined
  readonly lockTimeout?: string | undefined
  readonly statementTimeout?: string | undefined
  /** Where round trips run: `server`, `docker`, `docker:image`, `pglite` or the URL of an empty database. */
  readonly scratch?: string | undefined
  /** The search path of migrations, instead of the role's and the database's. */
  readonly searchPath?: string | undefined
}

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

export type Environment = Readonly<Record<string, string | undefined>>

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

const CONFIG_FILES = ['sqlmig.config.json', 'sqlmig.config.js', 'sqlmig.config.mjs'] as const

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
  const { env, named, file } = await load(flags, environment, cwd)
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
  const { env, file } = await load(flags, environment, cwd)
  if (file.state === 'absent' && !file.name.endsWith('.json'))
    throw new SqlmigError('USAGE', {
      problem: `init writes JSON, and ${file.name} does not end in .json`,
      hint: 'name a .json file, or write the JavaScript file by hand',
    })
  return { configFile: file.path, dir: directorySetting(flags, env, file, cwd) }
}

/** A configuration file, or the place where it would be. */
interface LoadedFile {
  readonly state: 'found' | 'absent'
  readonly name: string
  readonly path: string
  readonly folder: string
  readonly content: ConfigFile
}

async function load(flags: Flags, environment: Environment, cwd: string) {
  const env = { ...(await readDotEnv(cwd)), ...definedOnly(environment) }
  const named = flags.config ?? env['SQLMIG_CONFIG']
  if (named === '')
    throw new SqlmigError('CONFIG_INVALID', {
      problem: 'the configuration file has no name',
      source: flags.config === undefined ? 'SQLMIG_CONFIG' : '--config',
    })
  return { env, named, file: await readConfigFile(named, cwd) }
}

interface Setting {
  readonly value: string
  readonly source: string
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
  return env['PGHOST'] || env['PGDATABASE']
    ? { url: 'postgres:///', source: 'PGHOST, PGDATABASE', directory: cwd }
    : undefined
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

async function readDotEnv(cwd: string): Promise<Environment> {
  const text = await readFile(join(cwd, '.env'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    // Python keeps virtual environments in folders of this name.
    if (error.code === 'ENOENT' || error.code === 'EISDIR') return ''
    throw new SqlmigError('CONFIG_INVALID', { problem: `cannot be read (${error.code})`, source: '.env' })
  })
  return parseEnv(text)
}

function definedOnly(environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined))
}

async function readConfigFile(named: string | undefined, cwd: string): Promise<LoadedFile> {
  const place = (name: string) => ({ name, path: resolve(cwd, name), folder: dirname(resolve(cwd, name)) })
  for (const name of named === undefined ? CONFIG_FILES : [named]) {
    const content = await loadFile(resolve(cwd, name), name)
    if (content !== undefined) return { ...place(name), state: 'found', content: validate(content, name) }
  }
  return { ...place(named ?? CONFIG_FILES[0]), state: 'absent', content: {} }
}

async function loadFile(path: string, name: string): Promise<unknown> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return undefined
    throw new SqlmigError('CONFIG_INVALID', { problem: `cannot be read (${code})`, source: name })
  }
  if (path.endsWith('.json')) return parseJson(text, name)
  let module: { default?: unknown }
  try {
    module = (await import(pathToFileURL(path).href)) as { default?: unknown }
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error)
    throw new SqlmigError('CONFIG_INVALID', { problem, source: name }, { cause: error })
  }
  // Undefined would say that there is no file.
  if (module.default !== undefined) return module.default
  throw new SqlmigError('CONFIG_INVALID', { problem: 'the default export is missing', source: name })
}

/** V8 quotes the document in its messages; this one may hold a password. */
function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = (error as SyntaxError).message.replace(/,? *(?:\.\.\.)?".*$/s, '')
    throw new SqlmigError('CONFIG_INVALID', { problem: `is not valid JSON: ${reason}`, source: name })
  }
}

const text = v.pipe(v.string('must be text'), v.nonEmpty('must not be empty'))
const SCHEMA = v.strictObject({
  // Editors complete the file by this key.
  $schema: v.optional(v.string()),
  dir: v.optional(text),
  database: v.optional(text),
  // The message does not repeat the value: a URL in the wrong place may hold a password.
  databaseEnv: v.optional(
    v.pipe(v.string('must be text'), v.regex(/^\w+$/, 'must be the name of an environment variable')),
  ),
  history: v.optional(text),
  lockWait: v.optional(text),
  lockTimeout: v.optional(text),
  statementTimeout: v.optional(text),
  searchPath: v.optional(text),
  scratch: v.optional(text),
})

function validate(content: unknown, source: string): ConfigFile {
  // To valibot an array is an object without keys.
  const result = v.safeParse(SCHEMA, Array.isArray(content) ? undefined : content)
  if (!result.success) {
    const problems = result.issues.map((issue) => {
      const key = v.getDotPath(issue)
      if (issue.expected === 'never') return `unknown key "${key}"`
      return key === null ? 'must hold an object' : `${key} ${issue.message}`
    })
    const known = `known keys: ${Object.keys(SCHEMA.entries)
      .filter((key) => key !== '$schema')
      .join(', ')}`
    throw new SqlmigError('CONFIG_INVALID', { problem: `${problems.join('; ')} (${known})`, source })
  }
  if (result.output.database !== undefined && result.output.databaseEnv !== undefined)
    throw new SqlmigError('CONFIG_INVALID', {
      problem: 'database and databaseEnv exclude each other',
      source,
    })
  return result.output
}
