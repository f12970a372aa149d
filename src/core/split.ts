import { type Token, tokenize } from './lexer.ts'
import { isComment } from './sql-text.ts'

/** Where a statement stands in a file; offsets in UTF-16 code units, white space and comments around it left out. */
export interface StatementSpan {
  readonly start: number
  readonly end: number
}

/** Splits at top-level semicolons by lexical rules alone, for the files that the parser cannot read. */
export function splitLexically(text: string): StatementSpan[] {
  const spans: StatementSpan[] = []
  let current: OpenStatement | undefined
  for (const token of tokenize(text)) {
    if (isComment(token) || token.kind === 'copy-data') continue
    if (token.kind === 'semicolon' && (current === undefined || current.endsHere)) {
      if (current !== undefined) spans.push(current.span)
      current = undefined
      continue
    }
    current ??= new OpenStatement(token.start)
    current.add(token, text.slice(token.start, token.end))
  }
  if (current !== undefined) spans.push(current.span)
  return spans
}

/**
 * As psql does, it looks into the `BEGIN ATOMIC … END` bodies of CREATE FUNCTION and CREATE PROCEDURE, in which semicolons separate
 * nothing; CASE has an END of its own.
 */
class OpenStatement {
  private readonly start: number
  private end: number
  private readonly words: string[] = []
  private parentheses = 0
  private blocks = 0
  private previous = ''

  constructor(start: number) {
    this.start = start
    this.end = start
  }

  get span(): StatementSpan {
    return { start: this.start, end: this.end }
  }

  get endsHere(): boolean {
    return this.parentheses <= 0 && this.blocks === 0
  }

  add(token: Token, piece: string): void {
    this.end = token.end
    if (piece === '(') this.parentheses++
    else if (piece === ')') this.parentheses--
    else if (token.kind === 'word') this.addWord(piece.toLowerCase())
    this.previous = piece.toLowerCase()
  }

  private addWord(word: string): void {
    if (this.words.length < 4) this.words.push(word)
    if (this.parentheses > 0 || !this.isRoutine()) return
    if (this.blocks === 0) {
      if (word === 'atomic' && this.previous === 'begin') this.blocks++
    } else if (this.previous !== '.' && this.previous !== 'as') {
      // Behind a dot or AS it is the name of a column.
      if (word === 'case') this.blocks++
      else if (word === 'end') this.blocks--
    }
  }

  private isRoutine(): boolean {
    const [verb, second, third, fourth] = this.words
    const kind = second === 'or' && third === 'replace' ? fourth : second
    return verb === 'create' && (kind === 'function' || kind === 'procedure')
  }
}
