import { kindInWords, kindOf, nameOf, type ObjectKey } from '../catalog.ts'
import { unquoted } from '../object-name.ts'
import { literal, quoteName } from '../sql-literal.ts'

/** `ALTER FOREIGN TABLE app.t` for the key of a relation. */
export function alterRelation(key: ObjectKey): string {
  return `ALTER ${kindInWords(kindOf(key)).toUpperCase()} ${nameOf(key)}`
}

/** Quotes a name unless it needs none for sure: of the words with an underscore only `current_…` and the like are reserved. */
export function identifier(text: string): string {
  return /^(?!current_|session_|system_)[a-z]+_[a-z0-9_]+$/.test(text) ? text : quoteName(text)
}

/** The last part of a qualified name, without quotes. */
export function bareName(name: string): string {
  const last = /(?:"(?:[^"]|"")*"|[^".]+)$/.exec(name)?.[0] ?? name
  return unquoted(last)
}

interface Option {
  readonly name: string
  readonly value: string
}

function parsed(entry: string): Option {
  const at = entry.indexOf('=')
  return at < 0 ? { name: entry, value: '' } : { name: entry.slice(0, at), value: entry.slice(at + 1) }
}

function storageOption(entry: string, prefix: string): string {
  const { name, value } = parsed(entry)
  const plain = /^(?:-?\d+(?:\.\d+)?|true|false|on|off)$/.test(value)
  return `${prefix}${/^[a-z_]+$/.test(name) ? name : identifier(name)}=${plain ? value : literal(value).trim()}`
}

/** `fillfactor=70, toast.autovacuum_enabled=false`: what stands in WITH (…) and SET (…). */
export function storageOptions(entries: readonly string[], prefix = ''): string {
  return entries.map((entry) => storageOption(entry, prefix)).join(', ')
}

/** The clauses `SET (…)` and `RESET (…)` that bring one list of options to the other. */
export function storageOptionChanges(
  from: readonly string[],
  to: readonly string[],
  prefix = '',
): readonly string[] {
  const set = to.filter((entry) => !from.includes(entry))
  const kept = new Set(to.map((entry) => parsed(entry).name))
  const reset = from.map((entry) => parsed(entry).name).filter((name) => !kept.has(name))
  return [
    ...(reset.length > 0 ? [`RESET (${reset.map((name) => `${prefix}${name}`).join(', ')})`] : []),
    ...(set.length > 0 ? [`SET (${storageOptions(set, prefix)})`] : []),
  ]
}

// The value of a secret is not known: what is written lacks the option.
const isKnown = ({ value }: Option) => !/^\(masked [0-9a-f]{8}\)$/.test(value)

function foreignOption({ name, value }: Option): string {
  return `${identifier(name)} ${literal(value).trim()}`
}

/** `OPTIONS (a 'x', b 'y')` of a foreign table, column or server; empty without any. */
export function foreignOptions(entries: readonly string[]): string {
  const known = entries.map(parsed).filter(isKnown)
  return known.length > 0 ? `OPTIONS (${known.map(foreignOption).join(', ')})` : ''
}

/** `OPTIONS (ADD a 'x', SET b 'y', DROP c)`; empty when nothing has to change or can be written. */
export function foreignOptionChanges(from: readonly string[], to: readonly string[]): string {
  const before = new Map(from.map(parsed).map(({ name, value }) => [name, value]))
  const after = to.map(parsed)
  const changes = after
    .filter((option) => isKnown(option) && before.get(option.name) !== option.value)
    .map((option) => `${before.has(option.name) ? 'SET' : 'ADD'} ${foreignOption(option)}`)
  const dropped = [...before.keys()].filter((name) => !after.some((option) => option.name === name))
  const clauses = [...changes, ...dropped.map((name) => `DROP ${identifier(name)}`)]
  return clauses.length > 0 ? `OPTIONS (${clauses.join(', ')})` : ''
}
