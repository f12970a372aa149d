/**
 * PostgreSQL's lexical rules (manual, section 4.1), as far as a migration engine needs them: where comments, literals and
 * statements begin and end. It never decides what a statement does; that is the parser's work.
 */
export type TokenKind =
  | 'line-comment'
  | 'block-comment'
  | 'literal'
  | 'dollar-literal'
  | 'quoted-name'
  | 'word'
  | 'number'
  | 'operator'
  | 'punctuation'
  | 'semicolon'
  | 'meta-command'
  | 'copy-data'

/** A token is `text.slice(start, end)`; offsets count UTF-16 code units. */
export interface Token {
  readonly kind: TokenKind
  readonly start: number
  readonly end: number
}

// Not `\s`: PostgreSQL takes a no-break space and its like for letters.
const SPACE = /[ \t\n\r\f\v]/
const WORD_START = /[A-Za-z_\u0080-\uffff]/
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const NUMBER =
  /(?:0[xXoObB]\w+|(?:\d[\d_]*(?:\.(?!\.)[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d[\d_]*)?)[\w\u0080-\uffff]*/y
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const PARAMETER = /\$\d+/y
const LINE_COMMENT = /--[^\n\r]*/y
const COMMENT_EDGE = /\/\*|\*\//g
const ESCAPE_OR_QUOTE = /['\\]/g
const OPERATOR = /::|:=|\.\.|[:.]|[+\-*/<>=~!@#%^&|`?]+/y
const COMMENT_START = /--|\/\*/
const BEYOND_STANDARD_SQL = /[~!@#%^&|`?]/
const GAP = /[ \t\n\r\f\v]+|--[^\n\r]*/y
const COPY_END = /(?<![^\n])\\\.(?![^\n])/g

/** The tokens of a text, in order, white space left out. An unterminated literal or comment reaches to the end of the text. */
export function* tokenize(text: string, from = 0): Generator<Token, void, undefined> {
  const copy = new CopyDetector()
  let at = from
  while (at < text.length) {
    const token = nextToken(text, at)
    if (token === undefined) {
      at++
      continue
    }
    yield token
    at = token.end
    if (copy.endsCopyFromStdin(text, token)) {
      const data = copyData(text, at)
      if (data !== undefined) {
        yield data
        at = data.end
      }
    }
  }
}

function nextToken(text: string, at: number): Token | undefined {
  const character = text.charAt(at)
  if (SPACE.test(character)) return undefined
  const quoted = quotedToken(text, at, character)
  if (quoted !== undefined) return quoted
  if (WORD_START.test(character)) return { kind: 'word', start: at, end: matchEnd(WORD, text, at) }
  if (/\d/.test(character) || (character === '.' && /\d/.test(text.charAt(at + 1))))
    return { kind: 'number', start: at, end: matchEnd(NUMBER, text, at) }
  if (character === ';') return { kind: 'semicolon', start: at, end: at + 1 }
  // A command to psql, which takes the rest of the line; the server has no use for a backslash.
  if (character === '\\') return { kind: 'meta-command', start: at, end: lineEnd(text, at) }
  const end = operatorEnd(text, at)
  return end > at ? { kind: 'operator', start: at, end } : { kind: 'punctuation', start: at, end: at + 1 }
}

/** Comments, literals and quoted names: everything inside which other characters have no meaning. */
function quotedToken(text: string, at: number, character: string): Token | undefined {
  switch (character) {
    case '-':
      if (text.charAt(at + 1) !== '-') return undefined
      return { kind: 'line-comment', start: at, end: matchEnd(LINE_COMMENT, text, at) }
    case '/':
      if (text.charAt(at + 1) !== '*') return undefined
      return { kind: 'block-comment', start: at, end: blockCommentEnd(text, at) }
    case "'":
      return { kind: 'literal', start: at, end: literalEnd(text, at, plainEnd) }
    case '"':
      return { kind: 'quoted-name', start: at, end: quotedEnd(text, at, '"') }
    case '$':
      return dollarToken(text, at)
    default:
      return prefixedToken(text, at, character)
  }
}

/** `E'…'`, `B'…'`, `X'…'`, `N'…'`, `U&'…'` and `U&"…"`: the prefix belongs to the literal, and only E gives backslash a meaning. */
function prefixedToken(text: string, at: number, character: string): Token | undefined {
  const next = text.charAt(at + 1)
  const pieceEnd = next === "'" ? PIECE_ENDS[character.toLowerCase()] : undefined
  if (pieceEnd !== undefined) return { kind: 'literal', start: at, end: literalEnd(text, at + 1, pieceEnd) }
  if (/[uU]/.test(character) && next === '&') {
    const quote = text.charAt(at + 2)
    if (quote === "'") return { kind: 'literal', start: at, end: literalEnd(text, at + 2, plainEnd) }
    if (quote === '"') return { kind: 'quoted-name', start: at, end: quotedEnd(text, at + 2, quote) }
  }
  return undefined
}

function dollarToken(text: string, at: number): Token {
  const tagEnd = matchEnd(DOLLAR_TAG, text, at)
  if (tagEnd > at) {
    const close = text.indexOf(text.slice(at, tagEnd), tagEnd)
    const end = close < 0 ? text.length : close + (tagEnd - at)
    return { kind: 'dollar-literal', start: at, end }
  }
  const parameterEnd = matchEnd(PARAMETER, text, at)
  return { kind: 'punctuation', start: at, end: parameterEnd > at ? parameterEnd : at + 1 }
}

/** The end of a literal or name that opens at `open`; a doubled quote stands for itself. */
function quotedEnd(text: string, open: number, quote: string): number {
  for (let close = text.indexOf(quote, open + 1); close >= 0; close = text.indexOf(quote, close + 2))
    if (text.charAt(close + 1) !== quote) return close + 1
  return text.length
}

const plainEnd = (text: string, open: number): number => quotedEnd(text, open, "'")

function escapedEnd(text: string, open: number): number {
  ESCAPE_OR_QUOTE.lastIndex = open + 1
  for (let hit = ESCAPE_OR_QUOTE.exec(text); hit !== null; hit = ESCAPE_OR_QUOTE.exec(text)) {
    const doubled = text.charAt(hit.index + 1) === "'"
    if (hit[0] === "'" && !doubled) return hit.index + 1
    ESCAPE_OR_QUOTE.lastIndex = hit.index + 2
  }
  return text.length
}

/** A quote in a bit string always ends it. */
function bitStringEnd(text: string, open: number): number {
  const close = text.indexOf("'", open + 1)
  return close < 0 ? text.length : close + 1
}

type PieceEnd = (text: string, open: number) => number

const PIECE_ENDS: Readonly<Record<string, PieceEnd>> = {
  e: escapedEnd,
  n: plainEnd,
  b: bitStringEnd,
  x: bitStringEnd,
}

/** Pieces with a line end between them are one literal, read by the rules of the first (manual, section 4.1.2.1). */
function literalEnd(text: string, open: number, pieceEnd: PieceEnd): number {
  let end = pieceEnd(text, open)
  for (let next = nextPiece(text, end); next !== undefined; next = nextPiece(text, end))
    end = pieceEnd(text, next)
  return end
}

function nextPiece(text: string, from: number): number | undefined {
  let at = from
  let lines = false
  for (let end = matchEnd(GAP, text, at); end > at; end = matchEnd(GAP, text, at)) {
    lines ||= /[\n\r]/.test(text.slice(at, end))
    at = end
  }
  return lines && text.charAt(at) === "'" ? at : undefined
}

/** Block comments nest in PostgreSQL, unlike in standard SQL. */
function blockCommentEnd(text: string, at: number): number {
  COMMENT_EDGE.lastIndex = at
  let depth = 0
  for (let edge = COMMENT_EDGE.exec(text); edge !== null; edge = COMMENT_EDGE.exec(text)) {
    depth += edge[0] === '/*' ? 1 : -1
    if (depth === 0) return COMMENT_EDGE.lastIndex
  }
  return text.length
}

/** A run of operator characters is one operator (manual, section 4.1.3), but a comment may begin inside it, and a sign may follow it. */
function operatorEnd(text: string, at: number): number {
  const run = text.slice(at, matchEnd(OPERATOR, text, at))
  const comment = run.search(COMMENT_START)
  const operator = comment < 0 ? run : run.slice(0, comment)
  if (operator.length < 2 || BEYOND_STANDARD_SQL.test(operator)) return at + operator.length
  const end = operator.search(/[+-]+$/)
  return at + (end < 0 ? operator.length : Math.max(1, end))
}

/** The end of the line that `from` is in, before its line feed. */
function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end < 0 ? text.length : end
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

const NO_SQL: ReadonlySet<TokenKind> = new Set(['line-comment', 'block-comment', 'meta-command'])

/** Recognises the semicolon after `COPY … FROM STDIN` (or STDOUT, which the grammar takes for the same), behind which data follows. */
class CopyDetector {
  private words: string[] = []
  private depth = 0

  endsCopyFromStdin(text: string, token: Token): boolean {
    if (token.kind === 'semicolon') {
      const found = this.words[0] === 'copy' && this.words.includes('from stdin')
      this.words = []
      this.depth = 0
      return found
    }
    if (token.kind === 'punctuation') this.trackDepth(text.charAt(token.start))
    if (token.kind === 'word') this.remember(text.slice(token.start, token.end).toLowerCase())
    else if (this.words.length === 0 && !NO_SQL.has(token.kind)) this.words.push('')
    return false
  }

  private trackDepth(character: string): void {
    if (character === '(') this.depth++
    else if (character === ')') this.depth--
  }

  private remember(word: string): void {
    if (this.words.length === 0) this.words.push(word)
    else if (this.words[0] === 'copy' && this.depth === 0) {
      if ((word === 'stdin' || word === 'stdout') && this.words.at(-1) === 'from')
        this.words.push('from stdin')
      else this.words.push(word)
    }
  }
}

/** Data begins on the line after the statement and ends with a line `\.` or with the text, as in psql's manual. */
function copyData(text: string, after: number): Token | undefined {
  const start = lineEnd(text, after) + 1
  COPY_END.lastIndex = start
  const end = COPY_END.test(text) ? COPY_END.lastIndex : text.length
  return end > start ? { kind: 'copy-data', start, end } : undefined
}
