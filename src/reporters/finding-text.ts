import type { DatabaseFailure } from '../core/errors.ts'
import type { Finding, FoundDifference, ObjectName, SourceLocation } from '../core/finding.ts'
import { type TokenKind, tokenize } from '../core/lexer.ts'
import type { ErrorReport } from '../core/run.ts'
import { type ComparedLine, compareLines } from './compare-lines.ts'
import { excerptLines } from './excerpt.ts'
import { plural } from './text.ts'

/** What was and what is, line by line; lines that are the same only beside those that are not. */
export function definitionLines({ before, after }: FoundDifference): ComparedLine[] {
  const lines = compareLines(linesOf(before), linesOf(after))
  const changed = (index: number) => lines[index] !== undefined && lines[index].sign !== ' '
  return lines.filter((_, index) => [-1, 0, 1].some((beside) => changed(index + beside)))
}

/** Both definitions as rows of a table of two columns; a side that has nothing there is undefined. */
export interface DefinitionRow {
  readonly before: string | undefined
  readonly after: string | undefined
}

/** Both definitions whole, with the lines that belong together beside each other. */
export function definitionRows({ before, after }: FoundDifference): DefinitionRow[] {
  const rows: DefinitionRow[] = []
  let gone: string[] = []
  let added: string[] = []
  const flush = () => {
    const count = Math.max(gone.length, added.length)
    for (let i = 0; i < count; i++) rows.push({ before: gone[i], after: added[i] })
    gone = []
    added = []
  }
  for (const { sign, text } of compareLines(linesOf(before), linesOf(after))) {
    if (sign === '-') gone.push(text)
    else if (sign === '+') added.push(text)
    else {
      flush()
      rows.push({ before: text, after: text })
    }
  }
  flush()
  return rows
}

function linesOf(definition: string | null): string[] {
  return definition === null ? [] : definition.trimEnd().split('\n')
}

const NAMES_SHOWN = 6

/** `with 3 columns, 2 indexes: id, name, t_pkey, …`; undefined when nothing is inside. */
export function insideSummary({ object, difference }: Finding): string | undefined {
  const inside = difference?.inside ?? []
  if (inside.length === 0) return undefined
  const names = inside.slice(0, NAMES_SHOWN).map((inner) => shortName(inner, object))
  if (inside.length > NAMES_SHOWN) names.push('…')
  return `with ${countKinds(inside).join(', ')}: ${names.join(', ')}`
}

/** A name as one writes it beside the object that it belongs to: `email` in `app.users`, for `app.users.email`. */
export function shortName(inner: ObjectName, outer: ObjectName | undefined): string {
  const prefix = `${outer?.name}.`
  return inner.name.startsWith(prefix) ? inner.name.slice(prefix.length) : inner.name
}

function countKinds(inside: readonly ObjectName[]): string[] {
  const counts = new Map<string, number>()
  for (const { kind } of inside) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return [...counts].map(([kind, count]) => plural(count, kind, pluralOfKind(kind)))
}

function pluralOfKind(kind: string): string {
  if (/(?:privileges|statistics)$/.test(kind)) return kind
  if (/(?:x|ss)$/.test(kind)) return `${kind}es`
  return kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`
}

/** `type app.mood`, for titles. */
export function objectText({ object }: Finding): string | undefined {
  return object === undefined ? undefined : `${object.kind} ${object.name}`
}

/** The SQL that the down lacks, ready to be pasted; undefined where none can be written. */
export function missingSql({ difference }: Finding): string | undefined {
  const statements = difference?.missingSql ?? []
  return statements.length === 0 ? undefined : statements.join('\n')
}

/** What is known of that SQL. */
export function proofOfSql(difference: FoundDifference): string {
  return difference.proven ? 'tried: it brings everything back' : 'draft: not proven'
}

export function placeText({ line, column }: SourceLocation, path: string): string {
  return line === undefined ? path : `${path}:${line}:${column ?? 1}`
}

/** What a line of a finding is, so that a reporter can paint it. */
export type LineRole =
  | 'plain'
  | 'place'
  | 'around'
  | 'line'
  | 'mark'
  | 'label'
  | 'removed'
  | 'added'
  | 'same'
  | 'sql'
  | 'hint'
  | 'consequence'

export interface FindingLine {
  readonly role: LineRole
  readonly text: string
}

/**
 * Everything that a finding says beyond its code and message.
 * @param path the finding's file as the reader would write it
 */
export function findingDetails(finding: Finding, path: string | undefined): FindingLine[] {
  const { location, excerpt, hint, difference } = finding
  const lines: FindingLine[] = []
  if (location !== undefined && path !== undefined)
    lines.push({ role: 'place', text: `at ${placeText(location, path)}` })
  if (excerpt !== undefined)
    for (const { role, prefix, text } of excerptLines(excerpt))
      lines.push({ role, text: (prefix + text).trimEnd() })
  lines.push(...factLines(finding))
  const inside = insideSummary(finding)
  if (inside !== undefined) lines.push({ role: 'plain', text: inside })
  for (const row of difference?.rows ?? []) lines.push({ role: roleOfSign(row), text: row })
  lines.push(...sqlLines(finding))
  if (difference?.consequence !== undefined)
    lines.push({ role: 'consequence', text: `consequence: ${difference.consequence}` })
  if (hint !== undefined) lines.push({ role: 'hint', text: `hint: ${hint}` })
  return lines
}

const DEFINITION_LINES = 24

/** The definitions; where one side is nothing, the SQL says it already, if there is any. */
function factLines(finding: Finding): FindingLine[] {
  const { facts, difference } = finding
  if (difference === undefined) {
    const diff = facts?.['diff']
    return typeof diff === 'string' ? linesOf(diff).map((text) => ({ role: roleOfSign(text), text })) : []
  }
  const bothSides = difference.before !== null && difference.after !== null
  if (!bothSides && missingSql(finding) !== undefined) return []
  const lines = definitionLines(difference)
  if (lines.length === 0) return []
  const shown = lines.slice(0, DEFINITION_LINES).map(({ sign, text }): FindingLine => {
    return { role: roleOfSign(sign), text: `${sign} ${text}` }
  })
  if (lines.length > DEFINITION_LINES)
    shown.push({ role: 'same', text: `  … ${lines.length - DEFINITION_LINES} more lines` })
  return bothSides ? [{ role: 'label', text: '- as it should be, + as it is:' }, ...shown] : shown
}

export function roleOfSign(text: string): 'added' | 'removed' | 'same' {
  if (text.startsWith('+')) return 'added'
  return text.startsWith('-') ? 'removed' : 'same'
}

/** How far SQL is indented where an indent does not change what it says. */
const SQL_INDENT = '    '
const LITERALS: ReadonlySet<TokenKind> = new Set(['literal', 'dollar-literal', 'quoted-name', 'copy-data'])

function spansLines(sql: string): boolean {
  for (const { kind, start, end } of tokenize(sql))
    if (LITERALS.has(kind) && sql.slice(start, end).includes('\n')) return true
  return false
}

function sqlLines(finding: Finding): FindingLine[] {
  const sql = missingSql(finding)
  if (sql === undefined || finding.difference === undefined) return []
  // An indent inside a quoted body would be part of it, and what is pasted another function.
  const indent = spansLines(sql) ? '' : SQL_INDENT
  return [
    { role: 'label', text: `the down lacks (${proofOfSql(finding.difference)}):` },
    ...linesOf(sql).map((text): FindingLine => ({ role: 'sql', text: `${indent}${text}` })),
  ]
}

/** A finding as plain text, without its code and message. */
export function detailsText(finding: Finding, path: string | undefined): string {
  return findingDetails(finding, path)
    .map(({ text }) => text)
    .join('\n')
}

/**
 * Everything that an error says beyond its code and message, as plain text.
 * @param path the error's file as the reader would write it
 */
export function errorDetails(
  { hint, failure, excerpt, consequence, location }: ErrorReport,
  path?: string,
): string {
  const lines = [
    ...(location === undefined ? [] : [`at ${placeText(location, path ?? location.file)}`]),
    ...(excerpt === undefined
      ? []
      : excerptLines(excerpt).map(({ prefix, text }) => (prefix + text).trimEnd())),
    ...(failure === undefined ? [] : failureLines(failure)),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
    ...(consequence === undefined ? [] : [consequence]),
  ]
  return lines.join('\n')
}

function failureLines({ sqlstate, detail, where, constraint }: DatabaseFailure): string[] {
  const fields = { SQLSTATE: sqlstate, detail, context: where, constraint }
  return Object.entries(fields).flatMap(([label, value]) => (value ? [`${label}: ${value}`] : []))
}
