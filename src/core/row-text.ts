import type { TableRows } from './data.ts'
import type { NamedRow } from './row-match.ts'

const MOST_COLUMNS = 5
const LONGEST_VALUE = 40
const NUMBER = /^-?\d+(?:\.\d+)?$/

/** A row for people: `id=3 name='Ada'`, the key first. */
export function rowText(row: NamedRow, key: TableRows['key']): string {
  const names = [...new Set([...key, ...row.keys()])]
  return pairs(names, (name) => valueText(row.get(name) ?? null))
}

/** What changed in a row: `id=3 name='Ada' → 'Bob'`. */
export function changeText(
  before: NamedRow,
  after: NamedRow,
  changed: readonly string[],
  key: TableRows['key'],
): string {
  return pairs([...key, ...changed], (name) => {
    const value = valueText(before.get(name) ?? null)
    return changed.includes(name) ? `${value} → ${valueText(after.get(name) ?? null)}` : value
  })
}

function pairs(names: readonly string[], value: (name: string) => string): string {
  const shown = names.slice(0, MOST_COLUMNS).map((name) => `${name}=${value(name)}`)
  const text = names.length > MOST_COLUMNS ? [...shown, '…'] : shown
  return text.length === 0 ? '(no columns)' : text.join(' ')
}

function valueText(value: string | null): string {
  if (value === null) return 'NULL'
  if (NUMBER.test(value) && value.length <= LONGEST_VALUE) return value
  // By characters, because half of a surrogate pair is none.
  const characters = [...value.slice(0, 2 * LONGEST_VALUE + 1)]
  const cut = characters.length > LONGEST_VALUE
  const text = characters.slice(0, LONGEST_VALUE).join('').replaceAll("'", "''")
  return `'${text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped)}${cut ? '…' : ''}'`
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** What ends a line, steers a terminal or turns the direction of writing must not reach a report as such. */
function escaped(character: string): string {
  return SHORT_ESCAPES[character] ?? `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
}
