import { appendFile, open } from 'node:fs/promises'
import { relative, resolve, sep } from 'node:path'
import { SqlmigError } from '../core/errors.ts'
import { REPORTERS } from '../reporters/index.ts'
import type { Output, Reporter, ReporterFactory } from '../reporters/output.ts'
import type { CliEnvironment } from './environment.ts'
import type { Options } from './program.ts'

/** Reporters, and what has to be done with their files at the end. */
export interface OpenReporters {
  readonly reporters: readonly Reporter[]
  close(): Promise<void>
}

interface Named {
  readonly name: string
  /** Undefined: stdout and stderr. */
  readonly file: string | undefined
}

/**
 * Opens what `--reporter` and `--json` ask for; the terminal, where they leave it free.
 * @throws SqlmigError `USAGE`, `FILE_WRITE_FAILED`
 */
export async function openReporters(options: Options, environment: CliEnvironment): Promise<OpenReporters> {
  const named = reportersOf(options)
  const factories = await Promise.all(named.map(({ name }) => loadReporter(name)))
  const owners = named.filter(ownsStdout)
  if (owners.length > 1)
    throw new SqlmigError('USAGE', {
      problem: 'only one reporter can write to stdout',
      hint: 'give the others a file: --reporter json=report.json',
    })
  const reporters: Reporter[] = []
  const files: ClosableOutput[] = []
  const close = async () => {
    for (const file of files) await file.close()
  }
  try {
    for (const [index, each] of named.entries()) {
      const opened = await openOutput(each, owners[0]?.name, options, environment)
      files.push(opened)
      const reporter = factories[index]?.(opened.output)
      if (reporter !== undefined) reporters.push(reporter)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { reporters, close }
}

/** Workflow commands are lines among other lines; every other reporter writes one whole document, or to a person. */
function ownsStdout({ name, file }: Named): boolean {
  return file === undefined && name !== 'github'
}

function openOutput(
  { name, file }: Named,
  owner: string | undefined,
  options: Options,
  environment: CliEnvironment,
): Promise<ClosableOutput> | ClosableOutput {
  if (name === 'github') return openGithub(file, owner, environment)
  if (file !== undefined) return openFile(file, environment)
  return { output: screenOutput(name, options, environment), close: async () => {} }
}

/** What answers a command line that cannot be read, or whose own reporters cannot be opened. */
export async function openFallback(json: boolean, environment: CliEnvironment): Promise<Reporter> {
  const name = json ? 'json' : 'terminal'
  const create = await loadReporter(name)
  return create(screenOutput(name, {}, environment))
}

function reportersOf({ reporter = [], json }: Options): Named[] {
  const named = reporter.map(parseReporter)
  if (json === true) named.push({ name: 'json', file: undefined })
  else if (!named.some(ownsStdout)) named.push({ name: 'terminal', file: undefined })
  // Annotations come after what a person reads.
  return named.toSorted((a, b) => Number(a.name === 'github') - Number(b.name === 'github'))
}

function parseReporter(text: string): Named {
  const at = text.indexOf('=')
  if (at < 0) return { name: text, file: undefined }
  const file = text.slice(at + 1)
  if (file !== '') return { name: text.slice(0, at), file }
  throw new SqlmigError('USAGE', { problem: `--reporter ${text} names no file` })
}

async function loadReporter(name: string): Promise<ReporterFactory> {
  const load = Object.hasOwn(REPORTERS, name) ? REPORTERS[name] : undefined
  if (load !== undefined) return load()
  throw new SqlmigError('USAGE', {
    problem: `there is no reporter "${name}"`,
    hint: `reporters: ${Object.keys(REPORTERS).join(', ')}`,
  })
}

function screenOutput(name: string, options: Options, { env, cwd, stdout, stderr }: CliEnvironment): Output {
  const capable = env['TERM'] !== 'dumb'
  const tame =
    name === 'terminal' && env['GITHUB_ACTIONS'] === 'true' ? withoutCommands : (text: string) => text
  return {
    data: (text) => stdout.write(tame(text)),
    log: (text) => stderr.write(tame(text)),
    interactive: stderr.isTTY === true && capable && (!env['CI'] || env['CI'] === 'false'),
    // 0 where the terminal does not tell.
    columns: stderr.columns || undefined,
    // One setting for both streams: where one of them is a file, neither gets escape codes.
    color: wantsColor(env) ?? (stdout.isTTY === true && stderr.isTTY === true && capable),
    displayPath: pathsFrom(cwd),
    verbosity: options.quiet === true ? 'quiet' : options.verbose === true ? 'verbose' : 'normal',
  }
}

function pathsFrom(folder: string): Output['displayPath'] {
  return (path) => relative(folder, resolve(folder, path)).replaceAll(sep, '/') || '.'
}

/**
 * GitHub's runner obeys every line of either stream that begins with `::command` after white space, and `##[command]` anywhere in it.
 * What a server or a file says is no command.
 */
function withoutCommands(text: string): string {
  return text.replace(/^(\s*)::/gm, '$1| ::').replaceAll('##[', '## [')
}

/** What the reader asks for: https://no-color.org (any value that is not empty) and https://force-color.org. */
function wantsColor(env: CliEnvironment['env']): boolean | undefined {
  if (env['NO_COLOR']) return false
  return env['FORCE_COLOR'] ? !['0', 'false'].includes(env['FORCE_COLOR']) : undefined
}

interface ClosableOutput {
  readonly output: Output
  close(): Promise<void>
}

/**
 * Workflow commands go beside what the terminal shows; where stdout is to hold one document only, to stderr, which the runner reads as well.
 * Paths start from the repository, as annotations need them.
 */
async function openGithub(
  file: string | undefined,
  owner: string | undefined,
  environment: CliEnvironment,
): Promise<ClosableOutput> {
  const { env, cwd, stdout, stderr } = environment
  const summaryFile = env['GITHUB_STEP_SUMMARY']
  const stream = owner === 'terminal' ? stdout : stderr
  const write = (text: string) => {
    stream.write(text)
  }
  const under = file === undefined ? undefined : await openFile(file, environment)
  const summaries: string[] = []
  return {
    output: {
      data: under?.output.data ?? write,
      log: under?.output.log ?? write,
      interactive: false,
      color: false,
      displayPath: pathsFrom(env['GITHUB_WORKSPACE'] || cwd),
      verbosity: 'normal',
      ...(summaryFile ? { summary: (markdown: string) => void summaries.push(markdown) } : {}),
    },
    async close() {
      await under?.close()
      if (!summaryFile || summaries.length === 0) return
      // Earlier steps of the job may have written to it.
      await appendFile(summaryFile, summaries.join('\n')).catch((error: NodeJS.ErrnoException) => {
        throw fileError(summaryFile, error)
      })
    },
  }
}

function fileError(file: string, error: NodeJS.ErrnoException): SqlmigError {
  return new SqlmigError('FILE_WRITE_FAILED', { file, reason: error.code ?? error.message }, { cause: error })
}

/** Opened before the run, so that a path that cannot be written stops it in time, and written at its end. */
async function openFile(file: string, { cwd }: CliEnvironment): Promise<ClosableOutput> {
  const handle = await open(resolve(cwd, file), 'w').catch((error: NodeJS.ErrnoException) => {
    throw fileError(file, error)
  })
  const parts: string[] = []
  const add = (text: string) => {
    parts.push(text)
  }
  return {
    output: {
      data: add,
      log: add,
      interactive: false,
      color: false,
      displayPath: pathsFrom(cwd),
      verbosity: 'normal',
    },
    async close() {
      try {
        await handle.writeFile(parts.join(''))
      } catch (error) {
        throw fileError(file, error as NodeJS.ErrnoException)
      } finally {
        await handle.close()
      }
    },
  }
}
