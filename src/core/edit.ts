import { isDirective } from './directives.ts'
import { tokenize } from './lexer.ts'
import { isComment } from './sql-text.ts'

/** A cosmetic edit changes only white space, comments without a meaning, or the case of keywords and unquoted names. */
export type EditKind = 'cosmetic' | 'semantic'

/** Compares two texts token by token. Literals, quoted names and directives count to the letter. */
export function classifyEdit(before: string, after: string): EditKind {
  const left = meaning(before)
  const right = meaning(after)
  for (;;) {
    const a = left.next()
    const b = right.next()
    if (a.value !== b.value) return 'semantic'
    if (a.done === true) return 'cosmetic'
  }
}

/** Only ASCII letters of unquoted words are folded, as the server does in every encoding (manual, section 4.1.1). */
function* meaning(text: string): Generator<string, undefined, undefined> {
  for (const token of tokenize(text)) {
    const piece = text.slice(token.start, token.end)
    if (isComment(token)) {
      if (isDirective(piece)) yield `${token.kind} ${piece.trim()}`
    } else if (token.kind === 'word')
      yield `word ${piece.replace(/[A-Z]/g, (letter) => letter.toLowerCase())}`
    else yield `${token.kind} ${piece}`
  }
  return undefined
}
