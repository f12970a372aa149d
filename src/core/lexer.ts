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
  | 'backslash'
  | 'copy-data'

/** A token is `text.slice(start, end)`; offsets count UTF-16 code units. */
export interface Token {
  readonly kind: TokenKind
  readonly start: number
  readonly end: number
}

const WORD_START = /[A-Za-z_\u0080-\uffff]/
const WORD = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y
const NUMBER = /(?:\d|\.\d)[\w.]*/y
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y
const PARAMETER = /\$\d+/y
const LINE_COMMENT = /--[^\n\r]*/y
const COMMENT_EDGE = /\/\*|\*\//g
const ESCAPE_OR_QUOTE = /['\\]/g
const OPERATOR_CHARACTER = /[+\-*/<>=~!@#%^&|`?:.]/
const COPY_END = /^\\\.[ \t]*\r?$/gm

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
  if (/\s/.test(character)) return undefined
  const quoted = quotedToken(text, at, character)
  if (quoted !== undefined) return quoted
  if (WORD_START.test(character)) return { kind: 'word', start: at, end: matchEnd(WORD, text, at) }
  if (/\d/.test(character) || (character === '.' && /\d/.test(text.charAt(at + 1))))
    return { kind: 'number', start: at, end: matchEnd(NUMBER, text, at) }
  if (character === ';') return { kind: 'semicolon', start: at, end: at + 1 }
  if (character === '\\') return { kind: 'backslash', start: at, end: at + 1 }
  if (OPERATOR_CHARACTER.test(character)) return { kind: 'operator', start: at, end: operatorEnd(text, at) }
  return { kind: 'punctuation', start: at, end: at + 1 }
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
      return { kind: 'literal', start: at, end: quotedEnd(text, at, "'") }
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
  if (next === "'" && /[eEbBxXnN]/.test(character)) {
    const end = /[eE]/.test(character) ? escapedEnd(text, at + 1) : quotedEnd(text, at + 1, next)
    return { kind: 'literal', start: at, end }
  }
  if (/[uU]/.test(character) && next === '&') {
    const quote = text.charAt(at + 2)
    if (quote === "'") return { kind: 'literal', start: at, end: quotedEnd(text, at + 2, quote) }
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

function escapedEnd(text: string, open: number): number {
  ESCAPE_OR_QUOTE.lastIndex = open + 1
  for (let hit = ESCAPE_OR_QUOTE.exec(text); hit !== null; hit = ESCAPE_OR_QUOTE.exec(text)) {
    const doubled = text.charAt(hit.index + 1) === "'"
    if (hit[0] === "'" && !doubled) return hit.index + 1
    ESCAPE_OR_QUOTE.lastIndex = hit.index + 2
  }
  return text.length
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

/** A run of operator characters is one token, but a comment may begin inside it. */
function operatorEnd(text: string, at: number): number {
  let end = at + 1
  while (end < text.length && OPERATOR_CHARACTER.test(text.charAt(end))) {
    if (text.startsWith('--', end) || text.startsWith('/*', end)) break
    if (text.charAt(end) === '.' && /\d/.test(text.charAt(end + 1))) break
    end++
  }
  return end
}

function matchEnd(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

/** Recognises the semicolon after `COPY … FROM STDIN`, behind which data follows that is not SQL. */
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
    else if (token.kind !== 'line-comment' && token.kind !== 'block-comment' && this.words.length === 0)
      this.words.push('')
    return false
  }

  private trackDepth(character: string): void {
    if (character === '(') this.depth++
    else if (character === ')') this.depth--
  }

  private remember(word: string): void {
    if (this.words.length === 0) this.words.push(word)
    else if (this.words[0] === 'copy' && this.depth === 0) {
      if (word === 'stdin' && this.words.at(-1) === 'from') this.words.push('from stdin')
      else this.words.push(word)
    }
  }
}

/** Data begins on the line after the statement and ends with a line `\.` or with the text, as in psql's manual. */
function copyData(text: string, after: number): Token | undefined {
  const lineEnd = text.indexOf('\n', after)
  if (lineEnd < 0) return undefined
  const start = lineEnd + 1
  COPY_END.lastIndex = start
  const end = COPY_END.test(text) ? COPY_END.lastIndex : text.length
  return end > start ? { kind: 'copy-data', start, end } : undefined
}
