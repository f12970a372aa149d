import { type Token, tokenize } from './lexer.ts'
import type { StatementSpan } from './split.ts'
import { isBlank, isComment } from './sql-text.ts'

/** A part of a file that is sent by itself: SQL of any number of statements, or one COPY … FROM stdin with its data. */
export interface FilePiece extends StatementSpan {
  /** The lines behind a COPY … FROM stdin, without the line `\.` that ends them. */
  readonly data?: StatementSpan
}

export type CopyFormat = 'text' | 'csv' | 'binary'

// COPY takes the words for each other (grammar of PostgreSQL, copy_file_name), and so FROM stdout waits for data too.
const MAYBE_COPY = /\bstd(?:in|out)\b/i
const END_LINE = '\\.'

/** False when there is certainly no COPY … FROM stdin in the text. */
export function mayHoldCopyData(text: string): boolean {
  return MAYBE_COPY.test(text)
}

/**
 * Cuts a file at its COPY data and nowhere else, so that data are never taken for SQL. Data begin on the line after the statement and
 * end at a line `\.`, in CSV format too, as psql reads a script (psql's manual, "\copy").
 */
export function cutAtCopyData(text: string): FilePiece[] {
  const pieces: FilePiece[] = []
  let from = 0
  if (mayHoldCopyData(text))
    for (const { start, end, data } of copyStatements(text)) {
      if (!isBlank(text.slice(from, start))) pieces.push({ start: from, end: start })
      pieces.push({ start, end, data: withoutEndLine(text, data) })
      from = data.end
    }
  if (from === 0 || !isBlank(text.slice(from))) pieces.push({ start: from, end: text.length })
  return pieces
}

/** Each COPY … FROM stdin, from its first word to its semicolon, and the data behind it. */
function* copyStatements(text: string): Generator<StatementSpan & { readonly data: Token }> {
  let [start, end, open] = [0, 0, false]
  for (const token of tokenize(text)) {
    if (token.kind === 'copy-data') yield { start, end, data: token }
    else if (token.kind === 'semicolon') [end, open] = [token.end, false]
    else if (!open && !isComment(token) && token.kind !== 'meta-command') [start, open] = [token.start, true]
  }
}

/** Whether a line `\.` ends the data; without it they reach to the end of the file. */
export function isEnded(text: string, data: Token): boolean {
  const at = data.end - END_LINE.length
  return text.startsWith(END_LINE, at) && (at === data.start || text.charAt(at - 1) === '\n')
}

function withoutEndLine(text: string, data: Token): StatementSpan {
  return { start: data.start, end: isEnded(text, data) ? data.end - END_LINE.length : data.end }
}

/** The text without its COPY data, for whoever looks for words. Positions do not stay what they are. */
export function withoutCopyData(text: string): string {
  const pieces = cutAtCopyData(text)
  return pieces.every(({ data }) => data === undefined)
    ? text
    : pieces.map(({ start, end }) => text.slice(start, end)).join('\n')
}

// `COPY t, line 2, column a: "x"` in field W, and the same in most languages of the server.
const ROW = /^COPY .*?, [^\d,:]*(\d+)/m

/**
 * Where the row begins at which COPY failed.
 * @param where the server's context (field W of the protocol), which numbers the lines of the data from 1
 * @returns an offset into the text, or undefined where the context names no line of the data
 */
export function failedRow(
  text: string,
  { start, end }: StatementSpan,
  format: CopyFormat,
  where: string | undefined,
): number | undefined {
  const row = Number(ROW.exec(where ?? '')?.[1] ?? Number.NaN)
  if (!(row >= 1)) return undefined
  let at = start
  for (let line = 1; line < row && at < end; line++)
    at = lineAfter(text, at, format === 'text' ? isEscaped : line === 1 ? isQuoted : undefined)
  return at < end ? at : undefined
}

type Belongs = (text: string, from: number, lineEnd: number) => boolean

/** @param belongs whether a line end is a part of the line that begins at `from` */
function lineAfter(text: string, from: number, belongs: Belongs = () => false): number {
  let lineEnd = text.indexOf('\n', from)
  while (lineEnd >= 0 && belongs(text, from, lineEnd)) lineEnd = text.indexOf('\n', lineEnd + 1)
  return lineEnd < 0 ? text.length : lineEnd + 1
}

// Which line ends the server does not count (CopyReadLineText in its source): in text format those behind a backslash; in CSV those inside
// quotes, but only in the first row, where it does not know yet which character ends a line.

function isEscaped(text: string, from: number, lineEnd: number): boolean {
  let backslashes = 0
  while (lineEnd - backslashes > from && text.charAt(lineEnd - 1 - backslashes) === '\\') backslashes++
  return backslashes % 2 === 1
}

function isQuoted(text: string, from: number, lineEnd: number): boolean {
  let quoted = false
  for (let at = text.indexOf('"', from); at >= 0 && at < lineEnd; at = text.indexOf('"', at + 1))
    quoted = !quoted
  return quoted
}
