import type { VolatileColumn } from './data.ts'
import { tokenize } from './lexer.ts'
import { positionAt } from './sql-text.ts'

/** What the comment lines at the head of a file tell the engine. Durations are in milliseconds. */
export interface Directives {
  readonly transaction: 'wrapped' | 'none'
  /** The reason why the migration cannot be reverted, when the file says so. */
  readonly irreversible?: string
  readonly lockTimeoutMs?: number
  readonly statementTimeoutMs?: number
  /** Rules that the file asks to be excused from, with the reason. */
  readonly allow: ReadonlyArray<{ readonly rule: string; readonly reason: string }>
  /** Columns whose values the comparison of data leaves out. */
  readonly volatile: readonly VolatileColumn[]
}

export interface DirectiveProblem {
  readonly message: string
  readonly hint: string
  readonly line: number
  readonly column: number
}

export interface ParsedDirectives {
  readonly directives: Directives
  readonly problems: readonly DirectiveProblem[]
}

const KNOWN = ['no-transaction', 'irreversible', 'lock-timeout', 'statement-timeout', 'allow', 'volatile']
const DIRECTIVE = /^--\s*sqlmig:\s*(\S*)(.*)$/s
const MISSPELT = new RegExp(`^--+\\s*sqlmig(?:\\s*:\\s*(\\S*)|[\\s-]+(${KNOWN.join('|')})\\b)`, 'i')
const SQLX_NO_TRANSACTION = /^--\s*no-transaction\s*$/
const ANY_DIRECTIVE = /--[ \t]*sqlmig:/
const KNOWN_LIST = `known directives: ${KNOWN.join(', ')}`

/** True for a comment that has a meaning to the engine, so that changing it is never merely cosmetic. */
export function isDirective(comment: string): boolean {
  return DIRECTIVE.test(comment) || SQLX_NO_TRANSACTION.test(comment)
}

/** Reads the directives before the first statement and reports those that are unknown, malformed or too late to count. */
export function parseDirectives(text: string): ParsedDirectives {
  const found: MutableDirectives = { transaction: 'wrapped', allow: [], volatile: [] }
  const problems: DirectiveProblem[] = []
  const report = (offset: number, message: string, hint: string) =>
    problems.push({ message, hint, ...positionAt(text, offset) })
  let headEnded = false
  for (const token of tokenize(text)) {
    if (token.kind === 'block-comment') continue
    if (token.kind !== 'line-comment') {
      if (!headEnded && !ANY_DIRECTIVE.test(text.slice(token.start))) break
      headEnded = true
      continue
    }
    const comment = text.slice(token.start, token.end)
    const problem = headEnded ? lateDirective(comment) : readComment(comment, found)
    if (problem !== undefined) report(token.start, ...problem)
  }
  return { directives: found, problems }
}

type MutableDirectives = {
  -readonly [K in keyof Directives]: K extends 'allow'
    ? Array<{ rule: string; reason: string }>
    : K extends 'volatile'
      ? VolatileColumn[]
      : Directives[K]
}
type Problem = [message: string, hint: string]

function lateDirective(comment: string): Problem | undefined {
  if (!DIRECTIVE.test(comment)) return undefined
  return ['the directive stands after the first statement', 'move it above the first statement of the file']
}

function readComment(comment: string, into: MutableDirectives): Problem | undefined {
  if (SQLX_NO_TRANSACTION.test(comment)) {
    into.transaction = 'none'
    return undefined
  }
  const match = DIRECTIVE.exec(comment)
  if (match === null) {
    const misspelt = MISSPELT.exec(comment)
    if (misspelt === null) return undefined
    const [, name, afterNoColon] = misspelt
    const message = afterNoColon === undefined ? 'the directive is misspelt' : 'the directive lacks its colon'
    return [message, `write: -- sqlmig: ${(name ?? afterNoColon ?? '').toLowerCase()}`]
  }
  return readDirective(match[1] ?? '', (match[2] ?? '').trim(), into)
}

function readDirective(name: string, rest: string, into: MutableDirectives): Problem | undefined {
  switch (name) {
    case 'no-transaction':
      if (rest !== '')
        return [`no-transaction takes nothing after it, found "${rest}"`, 'remove what follows it']
      into.transaction = 'none'
      return undefined
    case 'irreversible':
      if (rest === '') return ['irreversible needs a reason', 'write: -- sqlmig: irreversible <reason>']
      into.irreversible = rest
      return undefined
    case 'lock-timeout':
    case 'statement-timeout': {
      const duration = parseDuration(rest)
      if (duration === undefined)
        return [
          `${name} needs a duration, found "${rest}"`,
          'write a number and a unit: 500ms, 5s, 10min, 1h or 0',
        ]
      into[name === 'lock-timeout' ? 'lockTimeoutMs' : 'statementTimeoutMs'] = duration
      return undefined
    }
    case 'allow': {
      const [rule, ...reason] = rest.split(/\s+/)
      if (rule === undefined || rule === '' || reason.length === 0)
        return ['allow needs a rule and a reason', 'write: -- sqlmig: allow <rule> <reason>']
      into.allow.push({ rule, reason: reason.join(' ') })
      return undefined
    }
    case 'volatile':
      return readVolatile(rest, into)
    default:
      return [name === '' ? 'the directive has no name' : `unknown directive "${name}"`, KNOWN_LIST]
  }
}

const NAME = String.raw`(?:"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)`
const DOTTED_NAMES = new RegExp(`^${NAME}(?:\\.${NAME})*$`)

function readVolatile(rest: string, into: MutableDirectives): Problem | undefined {
  const names = DOTTED_NAMES.test(rest) ? (rest.match(new RegExp(NAME, 'g')) ?? []).map(unquoted) : []
  const [schema, table, column] = names
  if (schema !== undefined && table !== undefined && column !== undefined && names.length === 3) {
    into.volatile.push({ schema, table, column })
    return undefined
  }
  const message = `volatile needs one column, found "${rest}"`
  if (names.length === 2)
    return [message, `name the schema as well, such as: -- sqlmig: volatile public.${rest}`]
  return [message, 'write: -- sqlmig: volatile schema.table.column']
}

/** The name that is meant: only ASCII letters of an unquoted one are folded. */
function unquoted(name: string): string {
  if (name.startsWith('"')) return name.slice(1, -1).replaceAll('""', '"')
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase())
}

const UNIT_MS: Readonly<Record<string, number>> = {
  '': 1,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}
// PostgreSQL keeps timeouts in a signed 32-bit number of milliseconds.
const LONGEST_MS = 2_147_483_647

/** Reads a duration as PostgreSQL's settings do (manual, section 20.1.1): `500ms`, `5s`, `10min`, `1h`, or milliseconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h|d|)$/.exec(text.trim())
  if (match === null) return undefined
  const milliseconds = Math.round(Number(match[1]) * (UNIT_MS[match[2] ?? ''] ?? Number.NaN))
  return milliseconds <= LONGEST_MS ? milliseconds : undefined
}
