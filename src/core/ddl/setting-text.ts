import { unquoted } from '../object-name.ts'
import { literal, quoteName } from '../sql-literal.ts'

/** Settings whose value is a list of names, each of them quoted where it has to be (variable_is_guc_list_quote, src/bin/pg_dump/dumputils.c). */
const LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

/** `SET work_mem TO '64MB'` for the entry `work_mem=64MB` of proconfig or setconfig. */
export function settingClause(entry: string): string {
  const at = entry.indexOf('=')
  const value = entry.slice(at + 1)
  const name = entry.slice(0, at)
  const values = LISTS.has(name.toLowerCase()) ? names(value) : [value]
  return `SET ${settingName(name)} TO ${values.map((text) => literal(text).trim()).join(', ')}`
}

/** The clauses `SET …` and `RESET …` that bring one list of entries to the other. */
export function settingChanges(from: readonly string[], to: readonly string[]): readonly string[] {
  const nameOf = (entry: string) => entry.slice(0, entry.indexOf('='))
  const kept = new Set(to.map(nameOf))
  return [
    ...from.filter((entry) => !kept.has(nameOf(entry))).map((entry) => `RESET ${settingName(nameOf(entry))}`),
    ...to.filter((entry) => !from.includes(entry)).map(settingClause),
  ]
}

/** The names of a list, without their quotes; an empty list is one empty name. */
function names(value: string): readonly string[] {
  const found = value.match(/"(?:[^"]|"")*"|[^",\s]+/g) ?? ['']
  return found.map(unquoted)
}

function settingName(name: string): string {
  return /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$/i.test(name) ? name : quoteName(name)
}
