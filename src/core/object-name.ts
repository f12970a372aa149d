/** The last part of an object's name: `app.f(integer)` → `f`, `app."a.b"` → `"a.b"`; undefined where there is none. */
export function lastPart(name: string): string | undefined {
  return /("(?:[^"]|"")+"|[^".()\s]+)(?:\(.*\))?$/s.exec(name)?.[1]
}

/** The schema in front of a name; empty without one. */
export function schemaOf(name: string): string {
  return /^("(?:[^"]|"")+"|[^".]+)\./.exec(name)?.[1] ?? ''
}

/** A name as the catalog has it, without the quotes that quote_ident put around it. */
export function unquoted(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name
}

/** A text as a part of a regular expression. */
export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}

/** Finds a name where it stands as a whole word, quoted or not. */
export function wholeWord(name: string, flags = ''): RegExp {
  return new RegExp(`(?<![\\w$\\u0080-\\uffff])${escapeRegExp(name)}(?![\\w$\\u0080-\\uffff])`, flags)
}
