import type { StatementTrait } from './classify.ts'
import { tokenize } from './lexer.ts'
import { isComment } from './sql-text.ts'

// Enough for REINDEX (VERBOSE, CONCURRENTLY) INDEX and every shorter form.
const MOST_PIECES = 12

/**
 * What the first words of a statement say of it, where the grammar was not asked or gave no answer. It knows what would end a transaction
 * and the common statements that need none; everything else is left to the server.
 */
export function lexicalTrait(statement: string): StatementTrait {
  const [verb = '', second = '', ...rest] = firstPieces(statement)
  const what = TRANSACTION_WORDS.get(verb) ?? TRANSACTION_WORDS.get(`${verb} ${second}`)
  if (what !== undefined) return { kind: 'transaction', what }
  if (verb === 'vacuum') return { kind: 'outside-only', what: 'VACUUM', concurrent: false }
  const concurrent = concurrentStatement(verb, second, rest)
  if (concurrent !== undefined) return { kind: 'outside-only', what: concurrent, concurrent: true }
  return { kind: 'plain' }
}

const TRANSACTION_WORDS: ReadonlyMap<string, string> = new Map([
  ['begin', 'BEGIN'],
  ['start', 'START TRANSACTION'],
  ['commit', 'COMMIT'],
  ['end', 'COMMIT'],
  ['rollback', 'ROLLBACK'],
  ['abort', 'ROLLBACK'],
  ['savepoint', 'SAVEPOINT'],
  ['release', 'RELEASE SAVEPOINT'],
  ['prepare transaction', 'PREPARE TRANSACTION'],
])

function concurrentStatement(verb: string, second: string, rest: readonly string[]): string | undefined {
  const [third, fourth] = rest
  if (verb === 'reindex') return rest.includes('concurrently') ? 'REINDEX CONCURRENTLY' : undefined
  if (verb === 'drop')
    return second === 'index' && third === 'concurrently' ? 'DROP INDEX CONCURRENTLY' : undefined
  if (verb !== 'create') return undefined
  const word = second === 'unique' && third === 'index' ? fourth : second === 'index' ? third : undefined
  return word === 'concurrently' ? 'CREATE INDEX CONCURRENTLY' : undefined
}

function firstPieces(statement: string): string[] {
  const pieces: string[] = []
  for (const token of tokenize(statement)) {
    if (isComment(token)) continue
    pieces.push(token.kind === 'word' ? statement.slice(token.start, token.end).toLowerCase() : '')
    if (pieces.length === MOST_PIECES) break
  }
  return pieces
}
