import { open } from 'node:fs/promises'
import { relative, resolve } from 'node:path'
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
  if (named.filter(({ file }) => file === undefined).length > 1)
    throw new SqlmigError('USAGE', {
      problem: 'only one reporter can write to stdout',
      hint: 'give the others a file: --reporter json=report.json',
    })
  const reporters: Reporter[] = []
  const files: FileOutput[] = []
  const close = async () => {
    for (const file of files) await file.close()
  }
  try {
    for (const [index, { file }] of named.entries()) {
      let output = screenOutput(options, environment)
      if (file !== undefined) {
        const opened = await openFile(file, environment)
        files.push(opened)
        output = opened.output
      }
      const reporter = factories[index]?.(output)
      if (reporter !== undefined) reporters.push(reporter)
    }
  } catch (error) {
    await close()
    throw error
  }
  return { reporters, close }
}

/** What answers a command line that cannot be read, or whose own reporters cannot be opened. */
export async function openFallback(json: boolean, environment: CliEnvironment): Promise<Reporter> {
  const create = await loadReporter(json ? 'json' : 'terminal')
  return create(screenOutput({}, environment))
}

function reportersOf({ reporter = [], json }: Options): Named[] {
  const named = reporter.map(parseReporter)
  if (json === true) named.push({ name: 'json', file: undefined })
  else if (named.every(({ file }) => file !== undefined)) named.push({ name: 'terminal', file: undefined })
  return named
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

function screenOutput(options: Options, { env, cwd, stdout, stderr }: CliEnvironment): Output {
  const capable = env['TERM'] !== 'dumb'
  return {
    data: (text) => stdout.write(text),
    log: (text) => stderr.write(text),
    interactive: stderr.isTTY === true && capable && (!env['CI'] || env['CI'] === 'false'),
    // 0 where the terminal does not tell.
    columns: stderr.columns || undefined,
    // One setting for both streams: where one of them is a file, neither gets escape codes.
    color: wantsColor(env) ?? (stdout.isTTY === true && stderr.isTTY === true && capable),
    displayPath: (path) => relative(cwd, path) || '.',
    verbosity: options.quiet === true ? 'quiet' : options.verbose === true ? 'verbose' : 'normal',
  }
}

/** What the reader asks for: https://no-color.org (any value that is not empty) and https://force-color.org. */
function wantsColor(env: CliEnvironment['env']): boolean | undefined {
  if (env['NO_COLOR']) return false
  return env['FORCE_COLOR'] ? !['0', 'false'].includes(env['FORCE_COLOR']) : undefined
}

interface FileOutput {
  readonly output: Output
  close(): Promise<void>
}

/** Opened before the run, so that a path that cannot be written stops it in time, and written at its end. */
async function openFile(file: string, { cwd }: CliEnvironment): Promise<FileOutput> {
  const failed = (error: NodeJS.ErrnoException) =>
    new SqlmigError('FILE_WRITE_FAILED', { file, reason: error.code ?? error.message }, { cause: error })
  const handle = await open(resolve(cwd, file), 'w').catch((error: NodeJS.ErrnoException) => {
    throw failed(error)
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
      displayPath: (path) => path,
      verbosity: 'normal',
    },
    async close() {
      try {
        await handle.writeFile(parts.join(''))
      } catch (error) {
        throw failed(error as NodeJS.ErrnoException)
      } finally {
        await handle.close()
      }
    },
  }
}
