import { readFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseEnv } from 'node:util'
import * as v from 'valibot'
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

export type Environment = Readonly<Record<string, string | undefined>>

/** A configuration file, or the place where it would be. */
export interface LoadedFile {
  readonly state: 'found' | 'absent'
  readonly name: string
  readonly path: string
  readonly folder: string
  readonly content: ConfigFile
}

export interface Loaded {
  readonly env: Environment
  /** How the configuration file was named, where it was. */
  readonly named: string | undefined
  readonly file: LoadedFile
}

/** The environment with what `.env` adds, and the configuration file. */
export async function loadConfiguration(
  flags: { readonly config?: string | undefined },
  environment: Environment,
  cwd: string,
): Promise<Loaded> {
  const env = { ...(await readDotEnv(cwd)), ...definedOnly(environment) }
  const named = flags.config ?? env['SQLMIG_CONFIG']
  if (named === '')
    throw new SqlmigError('CONFIG_INVALID', {
      problem: 'the configuration file has no name',
      source: flags.config === undefined ? 'SQLMIG_CONFIG' : '--config',
    })
  return { env, named, file: await readConfigFile(named, cwd) }
}

const CONFIG_FILES = ['sqlmig.config.json', 'sqlmig.config.js', 'sqlmig.config.mjs'] as const

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
