import type { SourceLocation } from './finding.ts'
import type { SqlFile } from './migration.ts'
import { wholeWord } from './object-name.ts'
import type { StatementSpan } from './split.ts'
import { type Excerpt, excerptAt, positionAt } from './sql-text.ts'

const CLAUSE = /\b(?:create|add|alter|drop|rename|comment|grant|revoke|set|insert|update|delete)\b[^;']*$/i

/**
 * Where in a statement an object is dealt with: at the clause that names it, else at the statement's beginning. A DO block or an ALTER TABLE
 * of many lines is too long to look for it.
 * @param name the object's own name, quoted where it has to be
 */
export function placeInStatement(
  file: SqlFile,
  { start, end }: StatementSpan,
  name: string,
): { readonly location: SourceLocation; readonly excerpt: Excerpt } {
  const statement = file.text.slice(start, end)
  const position = positionAt(file.text, start + offsetOfClause(statement, name))
  return { location: { file: file.file, ...position }, excerpt: excerptAt(file.text, position) }
}

function offsetOfClause(statement: string, name: string): number {
  const plain = name.startsWith('"') ? name.slice(1, -1) : name
  if (plain === '') return 0
  for (const match of statement.matchAll(wholeWord(plain, 'gi'))) {
    const clause = CLAUSE.exec(lastKeyword(statement.slice(0, match.index)))
    if (clause !== null) return match.index - clause[0].length
  }
  return 0
}

/** The text from its last keyword on, so that a clause does not begin in the one before it. */
function lastKeyword(text: string): string {
  const keywords = [
    ...text.matchAll(/\b(?:create|add|alter|drop|rename|comment|grant|revoke|set|insert|update|delete)\b/gi),
  ]
  return text.slice(keywords.at(-1)?.index ?? text.length)
}
