import { isEnded, mayHoldCopyData } from './copy-data.ts'
import { parseDirectives } from './directives.ts'
import type { Finding, FindingCode, Severity } from './finding.ts'
import { type Token, tokenize } from './lexer.ts'
import { isComment, positionAt } from './sql-text.ts'

// Characters that a reader does not see or sees in another order: "Trojan Source" (CVE-2021-42574), zero-width characters, fillers, tags,
// soft hyphen. The variation selectors of emoji and ideographs are left out.
const HIDDEN =
  /[\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb](?<![\ufe00-\ufe0f\u{e0100}-\u{e01ef}])/u
// Control characters that are not white space: a terminal may obey them and hide what stands before them.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is sought
const CONTROL = /[\u0001-\u0008\u000e-\u001f\u007f-\u009f]/
const BARE_CR = /\r(?!\n)/
const MAYBE_PSQL = /\\|:['"A-Za-z_{]/
const VARIABLE = /^:(?:'[^']*'|"[^"]*"|\{\?\w+\}|[A-Za-z_]\w*)/
const LONGEST_VARIABLE = 100
const COLON_WORD = /^(?:json_object|json_objectagg|graph_table)$/i
const LONGEST_COLON_WORD = 14
const MORE_IN_LINE = /^(?:[ \t\r\f\v]|\/\*(?:(?!\*\/|\/\*).)*\*\/)*(?!--|\/\*(?:(?!\*\/|\/\*).)*\*\/)\S/
const DUMP_GUARD = /^\\(?:un)?restrict\b/

/** Everything that can be said of a file's text without knowing any history and without the parser. */
export function findTextProblems(file: string, text: string): Finding[] {
  const report = reporter(file, text)
  return [
    ...directiveFindings(file, text),
    ...characterFindings(text, report),
    ...(MAYBE_PSQL.test(text) || mayHoldCopyData(text) ? clientFindings(text, report) : []),
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
  const bare = BARE_CR.exec(text)
  if (bare !== null) {
    const hint = 'for the server it ends a line and so a -- comment; what follows it runs: use LF or CRLF'
    found.push(
      report('CHARACTER_SUSPICIOUS', 'warning', bare.index, 'a carriage return without a line feed', hint),
    )
  }
  const hidden = HIDDEN.exec(text) ?? CONTROL.exec(text)
  if (hidden !== null) {
    const code = hidden[0].codePointAt(0)?.toString(16).padStart(4, '0').toUpperCase()
    const what = `an invisible or bidirectional control character (U+${code})`
    const hint =
      'what a reviewer sees is not what the server reads: remove it, or write it as an escape in an E or U& literal'
    found.push(report('CHARACTER_SUSPICIOUS', 'warning', hidden.index, what, hint))
  }
  return found
}

/** psql's own commands and variables, and COPY data that do not begin or end where they should. */
function clientFindings(text: string, report: Report): Finding[] {
  const found: Finding[] = []
  const brackets = new BracketTracker()
  let behind = 0
  for (const token of tokenize(text)) {
    if (isComment(token)) continue
    if (token.kind === 'copy-data') found.push(...copyFindings(text, behind, token, report))
    behind = token.end
    brackets.follow(token, text)
    const finding = clientFinding(text, token, brackets.colonIsSql, report)
    if (finding !== undefined) found.push(finding)
  }
  return found
}

/** Knows where a colon belongs to SQL: in array slices, JSON_OBJECT(key: value) and GRAPH_TABLE(… (variable:label) …). */
class BracketTracker {
  private depth = 0
  private colonsFrom: number | undefined
  private previous = ''

  get colonIsSql(): boolean {
    return this.colonsFrom !== undefined
  }

  follow(token: Token, text: string): void {
    if (token.kind === 'semicolon') {
      this.depth = 0
      this.colonsFrom = undefined
    }
    const piece = token.end - token.start <= LONGEST_COLON_WORD ? text.slice(token.start, token.end) : ''
    if (piece === '[' || piece === '(') {
      this.depth++
      if (piece === '[' || COLON_WORD.test(this.previous)) this.colonsFrom ??= this.depth
    } else if (piece === ']' || piece === ')') {
      if (this.colonsFrom === this.depth) this.colonsFrom = undefined
      this.depth--
    }
    this.previous = piece
  }
}

/** @param behind the end of the semicolon of the COPY statement */
function copyFindings(text: string, behind: number, data: Token, report: Report): Finding[] {
  const found: Finding[] = []
  const more = MORE_IN_LINE.exec(text.slice(behind, data.start))
  if (more !== null) {
    const hint = 'the data begin on the next line: move what stands there behind their end'
    const offset = behind + more[0].length - 1
    found.push(report('COPY_DATA', 'error', offset, 'more behind COPY … FROM stdin', hint))
  }
  if (!isEnded(text, data)) {
    const hint = 'put a line with nothing but \\. behind the last row'
    found.push(report('COPY_DATA', 'error', behind - 1, 'a COPY … FROM stdin whose data have no end', hint))
  }
  return found
}

function clientFinding(text: string, token: Token, colonIsSql: boolean, report: Report): Finding | undefined {
  const found = (code: FindingCode, what: string, hint: string) =>
    report(code, 'error', token.start, what, hint)
  if (token.kind === 'meta-command') {
    const line = text.slice(token.start, token.end)
    const command = /^\\\S*/.exec(line)?.[0] ?? '\\'
    return DUMP_GUARD.test(line)
      ? undefined
      : found('META_COMMAND', `the psql command ${command}`, adviceFor(command))
  }
  if (colonIsSql || token.end !== token.start + 1 || text.charAt(token.start) !== ':') return undefined
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
  if (command === '\\copy') return 'use COPY … FROM stdin with the rows behind it, up to a line \\.'
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
    if (token.kind !== 'meta-command' || !DUMP_GUARD.test(text.slice(token.start, token.end))) continue
    result += text.slice(copied, token.start) + ' '.repeat(token.end - token.start)
    copied = token.end
  }
  return result + text.slice(copied)
}
