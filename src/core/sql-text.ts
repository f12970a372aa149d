import { type Token, tokenize } from './lexer.ts'

/** A line and a column, 1-based; both count characters (code points), as PostgreSQL's error positions do. */
export interface Position {
  readonly line: number
  readonly column: number
}

/**
 * Turns the server's error position into an offset of a JavaScript string.
 * @param position 1-based, counted in characters (protocol manual, "Error and Notice Message Fields", field P)
 * @returns 0-based offset in UTF-16 code units
 */
export function offsetOfCharacter(text: string, position: number): number {
  let offset = 0
  for (let left = position - 1; left > 0 && offset < text.length; left--) {
    offset += (text.codePointAt(offset) ?? 0) > 0xffff ? 2 : 1
  }
  return offset
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset)
  const lineStart = before.lastIndexOf('\n') + 1
  let line = 1
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line++
  return { line, column: countCharacters(before.slice(lineStart)) + 1 }
}

function countCharacters(text: string): number {
  let count = 0
  for (const _ of text) count++
  return count
}

/** The lines around a place in a file, ready to be shown. `column` points into the line of that number. */
export interface Excerpt {
  readonly line: number
  readonly column: number
  readonly lines: ReadonlyArray<{ readonly number: number; readonly text: string }>
}

const LINES_AROUND = 2
const WIDEST_LINE = 160

/** Cuts lines that are too wide to a window around the column, so that a seed on one line stays readable. */
export function excerptAt(text: string, { line, column }: Position): Excerpt {
  const lines = text.split('\n')
  const first = Math.max(1, line - LINES_AROUND)
  const shown = lines.slice(first - 1, line + LINES_AROUND)
  const cut = Math.max(0, column - 1 - WIDEST_LINE / 2)
  const tooWide = shown.some((content) => content.length > WIDEST_LINE)
  const from = tooWide ? cut : 0
  return {
    line,
    column: column - from,
    lines: shown.map((content, index) => ({
      number: first + index,
      text: tooWide ? cutOut(content, from, from + WIDEST_LINE) : content,
    })),
  }
}

/** Like `slice`, in characters; a line of megabytes is not taken apart for it. */
function cutOut(text: string, from: number, to: number): string {
  const start = offsetOfCharacter(text, from + 1)
  const rest = text.slice(start)
  return rest.slice(0, offsetOfCharacter(rest, to - from + 1))
}

export function isComment(token: Token): boolean {
  return token.kind === 'line-comment' || token.kind === 'block-comment'
}

/** True when the text holds no statement at all: white space, comments and semicolons only. */
export function isBlank(text: string): boolean {
  for (const token of tokenize(text)) if (!isComment(token) && token.kind !== 'semicolon') return false
  return true
}

const DATA_VERBS = new Set([
  'copy',
  'insert',
  'update',
  'delete',
  'merge',
  'select',
  'with',
  'values',
  'analyze',
  'set',
  'lock',
])

/** True when every statement begins with a verb that reads or changes rows, so that there is no schema to bring back. */
export function changesOnlyData(text: string): boolean {
  let atStart = true
  for (const token of tokenize(text)) {
    if (isComment(token) || token.kind === 'copy-data') continue
    if (token.kind === 'semicolon') {
      atStart = true
      continue
    }
    if (atStart && !DATA_VERBS.has(text.slice(token.start, token.end).toLowerCase())) return false
    atStart = false
  }
  return true
}

/** What has to be put behind a text so that statements can follow: it may end in a statement without its semicolon, or in a comment. */
export function appendix(text: string, statements: string): string {
  let last: Token | undefined
  for (const token of tokenize(text)) if (!isComment(token)) last = token
  const newline = text === '' || text.endsWith('\n') ? '' : '\n'
  const ended = last === undefined || last.kind === 'semicolon' || last.kind === 'copy-data'
  const semicolon = ended ? '' : ';\n'
  return `${newline}${semicolon}\n${statements}\n`
}

const CHUNK = 65_536

/** A part of a text in pieces of bounded size, none of which ends inside a character: a huge text need not be encoded as a whole. */
export function* chunksOf(
  text: string,
  start = 0,
  end: number = text.length,
): Generator<string, void, undefined> {
  let at = start
  while (at < end) {
    const full = Math.min(at + CHUNK, end)
    const splits = full < end && /[\ud800-\udbff]/.test(text.charAt(full - 1))
    const to = splits ? full - 1 : full
    yield text.slice(at, to)
    at = to
  }
}
