import yargs from 'yargs'
import { SqlmigError } from '../core/errors.ts'
import { type Invocation, table } from './program.ts'

/** Either something to run, or text that yargs made: help, version or completion. */
export type Parsed = { readonly invocation: Invocation } | { readonly text: string }

const COMPLETION_REQUEST = '--get-yargs-completions'

/**
 * @param argv without the runtime and the script
 * @throws SqlmigError `USAGE`
 */
export async function parseCommandLine(
  argv: readonly string[],
  columns: number | undefined,
): Promise<Parsed> {
  let invocation: Invocation | undefined
  const completing = argv.includes(COMPLETION_REQUEST)
  // To complete options, yargs parses once more, from the arguments that it was made with.
  const program = table(yargs(completing ? [...argv] : []), (command, options) => {
    invocation = { command, options }
  })
    .locale('en')
    .updateStrings(WORDING as unknown as Record<string, string>)
    .wrap(Math.min(columns || 100, 100))
    .fail((message, error) => {
      // What is thrown while parsing is the user's to mend, unless it is a defect.
      throw error === undefined || error.name === 'YError' ? usageError(message, argv) : error
    })
  withoutCachedHelp(program)
  // A completion parses several times; the last one has the answer.
  let text = ''
  let failure: unknown
  await program.parse([...argv], {}, (error: unknown, _argv: unknown, output: string) => {
    failure ??= error ?? undefined
    text = output
  })
  if (completing) return { text: withoutAliases(text) }
  if (failure !== undefined) throw failure
  if (invocation !== undefined && text === '') return { invocation }
  return { text }
}

/** Whenever yargs finds a command, it writes its help text in advance, which takes a fifth of the start-up time and is never shown. */
function withoutCachedHelp(program: unknown): void {
  const { getInternalMethods } = program as {
    getInternalMethods?: () => { getUsageInstance(): { cacheHelpMessage: () => void } }
  }
  const usage = getInternalMethods?.call(program).getUsageInstance()
  if (usage !== undefined) usage.cacheHelpMessage = () => {}
}

/** yargs offers `-d` as `--d`. */
function withoutAliases(completions: string): string {
  return completions
    .split('\n')
    .filter((line) => !/^--\w(?::|$)/.test(line))
    .join('\n')
}

const always = (text: string) => ({ one: text, other: text })

/** yargs' messages in words of this program. */
const WORDING: Readonly<Record<string, string | { readonly one: string; readonly other: string }>> = {
  'Not enough non-option arguments: got %s, need at least %s': always(
    'an argument is missing: got %s, need %s',
  ),
  'Not enough arguments following: %s': '--%s needs a value',
  'Arguments %s and %s are mutually exclusive': '--%s and --%s exclude each other',
  'Did you mean %s?': 'there is no such command; did you mean %s?',
  'Unknown argument: %s': { one: 'unknown argument: %s', other: 'unknown arguments: %s' },
  'Show help': 'show this help',
  'Show version number': 'show the version',
}

const UNKNOWN = /^unknown arguments?: (.*)$/s
const HINT = 'sqlmig --help lists the commands, sqlmig up --help the options of up'

function usageError(message: string, argv: readonly string[]): SqlmigError {
  const [, names] = UNKNOWN.exec(message) ?? []
  if (names === undefined) return new SqlmigError('USAGE', { problem: message, hint: HINT })
  // A URL is not repeated: it may hold a password.
  if (names.includes('://'))
    return new SqlmigError('USAGE', {
      problem: 'a URL stands where no argument belongs',
      hint: 'name the database with --database',
    })
  const unknown = asWritten(names.split(', '), argv)
  const what = unknown.length === 1 ? 'unknown argument' : 'unknown arguments'
  return new SqlmigError('USAGE', { problem: `${what}: ${unknown.join(', ')}`, hint: HINT })
}

/** yargs names options without their dashes, and those with inner dashes twice. */
function asWritten(names: readonly string[], argv: readonly string[]): readonly string[] {
  const written = argv
    .map((argument) => argument.split('=', 1)[0] ?? '')
    .filter((argument) => names.includes(argument.replace(/^--?/, '')))
  return written.length > 0 ? written : names
}
