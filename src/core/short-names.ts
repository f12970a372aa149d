import { tokenize } from './lexer.ts'

/** Takes a schema off the names in a statement, for files that are written for a search path that begins with it. */
export function withoutSchema(statement: string, schema: string): string {
  const tokens = [...tokenize(statement)]
  let result = ''
  let at = 0
  for (const [index, token] of tokens.entries()) {
    const dot = tokens[index + 1]
    const next = tokens[index + 2]
    const before = tokens[index - 1]
    const qualifies =
      statement.slice(token.start, token.end) === schema &&
      (before === undefined || statement.slice(before.start, before.end) !== '.') &&
      dot !== undefined &&
      next !== undefined &&
      statement.slice(dot.start, dot.end) === '.' &&
      (next.kind === 'word' || next.kind === 'quoted-name') &&
      dot.start === token.end &&
      next.start === dot.end
    if (!qualifies || dot === undefined) continue
    result += statement.slice(at, token.start)
    at = dot.end
  }
  return result + statement.slice(at)
}

/**
 * The first schema of a search path that is named in it: names of that schema need no qualification. `"$user"` is passed over, since such a
 * schema is rare; what is written without a schema is tried before it is shown.
 */
export function firstSchema(searchPath: string): string | undefined {
  const names = (searchPath.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [])
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== '"$user"' && name !== '$user')
  return names[0]
}
