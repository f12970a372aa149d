import { parseDirectives } from './directives.ts'
import type { Finding, FindingCode, Severity } from './finding.ts'
import { type Token, tokenize } from './lexer.ts'
import { positionAt } from './sql-text.ts'

// Characters that a reader does not see or sees in another order: "Trojan Source" (CVE-2021-42574), zero-width characters, soft hyphen.
const HIDDEN = /[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb]/gu
const BARE_CR = /\r(?!\n)/g
const MAYBE_PSQL = /\\|:['"A-Za-z_]/
const MAYBE_COPY = /\bstdin\b/i
const VARIABLE = /^:(?:'[^']*'|"[^"]*"|[A-Za-z_]\w*)/
const LONGEST_VARIABLE = 100
const DUMP_GUARD = /^\\(?:un)?restrict\b/

/** Everything that can be said of a file's text without knowing any history and without the parser. */
export function findTextProblems(file: string, text: string): Finding[] {
  const report = reporter(file, text)
  return [
    ...directiveFindings(file, text),
    ...characterFindings(text, report),
    ...(MAYBE_PSQL.test(text) || MAYBE_COPY.test(text) ? clientFindings(text, report) : []),
  ]
}

type Report = (code: FindingCode, severity: Severity, offset: number, what: string, hint: string) => Finding

/** Makes findings whose message names the file and the line. */
function reporter(file: string, text: string): Report {
  return (code, severity, offset, what, hint) => {
    const location = { file, ...positionAt(text, offset) }
    return { code, severity, message: `${file} has ${what} in line ${location.line}`, hint, location }
  }
}

function directiveFindings(file: string, text: string): Finding[] {
  return parseDirectives(text).problems.map(({ message, hint, line, column }) => ({
    code: 'DIRECTIVE_INVALID',
    severity: 'error',
    message: `${file}: ${message}`,
    hint,
    location: { file, line, column },
  }))
}

function characterFindings(text: string, report: Report): Finding[] {
  const found: Finding[] = []
  const bare = firstMatch(BARE_CR, text)
  if (bare !== undefined) {
    const hint = 'for the server it ends a line and so a -- comment; what follows it runs: use LF or CRLF'
    found.push(
      report('CHARACTER_SUSPICIOUS', 'warning', bare.index, 'a carriage return without a line feed', hint),
    )
  }
  const hidden = firstMatch(HIDDEN, text)
  if (hidden !== undefined) {
    const code = hidden[0].codePointAt(0)?.toString(16).padStart(4, '0').toUpperCase()
    const what = `an invisible or bidirectional control character (U+${code})`
    const hint =
      'what a reviewer sees is not what the server reads: remove it, or write it as an escape in an E or U& literal'
    found.push(report('CHARACTER_SUSPICIOUS', 'warning', hidden.index, what, hint))
  }
  return found
}

function firstMatch(pattern: RegExp, text: string): RegExpExecArray | undefined {
  return text.matchAll(pattern).next().value
}

/** psql's own commands and variables, and COPY data: things that a client has to do, not the server. */
function clientFindings(text: string, report: Report): Finding[] {
  const found: Finding[] = []
  let brackets = 0
  let skipTo = 0
  for (const token of tokenize(text)) {
    if (token.start < skipTo) continue
    const character = text.charAt(token.start)
    if (character === '[') brackets++
    else if (character === ']') brackets--
    if (token.kind === 'backslash') skipTo = lineEnd(text, token.start)
    // A colon inside brackets is an array slice.
    const finding = brackets > 0 && character === ':' ? undefined : clientFinding(text, token, report)
    if (finding !== undefined) found.push(finding)
  }
  return found
}

function clientFinding(text: string, token: Token, report: Report): Finding | undefined {
  const found = (code: FindingCode, what: string, hint: string) =>
    report(code, 'error', token.start, what, hint)
  if (token.kind === 'copy-data')
    return found(
      'COPY_DATA',
      'COPY data',
      'COPY … FROM stdin cannot be sent yet: write the rows as INSERT statements',
    )
  if (token.kind === 'backslash') {
    const line = text.slice(token.start, lineEnd(text, token.start))
    const command = /^\\\S*/.exec(line)?.[0] ?? '\\'
    return DUMP_GUARD.test(line)
      ? undefined
      : found('META_COMMAND', `the psql command ${command}`, adviceFor(command))
  }
  if (token.end !== token.start + 1 || text.charAt(token.start) !== ':') return undefined
  const variable = VARIABLE.exec(text.slice(token.start, token.start + LONGEST_VARIABLE))?.[0]
  return variable === undefined
    ? undefined
    : found('META_COMMAND', `the psql variable ${variable}`, adviceFor('\\set'))
}

function adviceFor(command: string): string {
  if (/^\\(?:i|ir|include|include_relative)$/.test(command))
    return 'paste the included file: a migration is one text that is hashed whole'
  if (/^\\(?:set|gset|unset)$/.test(command))
    return 'write the value itself: a migration must mean the same everywhere'
  if (/^\\(?:c|connect)$/.test(command)) return 'a migration runs in the one database that the command names'
  if (command === '\\copy') return 'use INSERT, or load the data outside of migrations'
  return 'only SQL runs here; psql commands are not part of SQL'
}

/**
 * The text as the server gets it. pg_dump frames its scripts with `\restrict KEY` and `\unrestrict KEY` since 2025
 * (CVE-2025-8714); they mean nothing here and become blanks, so that every position stays what it is.
 */
export function textForServer(text: string): string {
  if (!text.includes('\\restrict') && !text.includes('\\unrestrict')) return text
  let result = ''
  let copied = 0
  for (const token of tokenize(text)) {
    if (token.kind !== 'backslash' || token.start < copied) continue
    const end = lineEnd(text, token.start)
    if (!DUMP_GUARD.test(text.slice(token.start, end))) continue
    result += text.slice(copied, token.start) + ' '.repeat(end - token.start)
    copied = end
  }
  return result + text.slice(copied)
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}
