import { literal } from '../sql-literal.ts'

/** Settings whose value is a list of names, each quoted by itself (GUC_LIST_QUOTE, src/backend/utils/misc/guc_tables.c). */
const NAME_LISTS: ReadonlySet<string> = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

/**
 * `search_path = 'app', 'public'` for an entry `search_path=app, public` of a fact, as it stands after SET; undefined where the value is
 * masked.
 */
export function settingAssignment(entry: string): string | undefined {
  const at = entry.indexOf('=')
  const name = entry.slice(0, at)
  const value = entry.slice(at + 1)
  if (/^\(masked [0-9a-f]{8}\)$/.test(value)) return undefined
  const values = NAME_LISTS.has(name.toLowerCase()) ? namesIn(value) : [value]
  return `${name} = ${values.map((one) => literal(one).trim()).join(', ')}`
}

/** `"$user", public` → `$user`, `public`. */
function namesIn(list: string): readonly string[] {
  const names = [...list.matchAll(/"((?:[^"]|"")*)"|[^\s,"]+/g)]
  return names.length === 0 ? [''] : names.map(([text, quoted]) => quoted?.replaceAll('""', '"') ?? text)
}

/** The statements `prefix SET …` and `prefix RESET …` from one fact to another. */
export function settingChanges(
  prefix: string,
  from: readonly string[],
  to: readonly string[],
): readonly string[] {
  const kept = new Set(to.map(settingName))
  const gone = from.map(settingName).filter((name) => !kept.has(name))
  const changed = to.filter((entry) => !from.includes(entry))
  return [
    ...gone.map((name) => `${prefix} RESET ${name}`),
    ...changed.flatMap((entry) => {
      const assignment = settingAssignment(entry)
      return assignment === undefined ? [] : [`${prefix} SET ${assignment}`]
    }),
  ]
}

function settingName(entry: string): string {
  return entry.slice(0, entry.indexOf('='))
}
