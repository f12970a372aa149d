import type { Facts } from '../../../core/catalog.ts'

/** Facts out of what to_jsonb() makes of the record that `facts()` of sql.ts builds: `{"f1": "names of the facts", "f2": value, …}`. */
export function readFacts(json: string): Facts {
  const { f1: names, ...values } = JSON.parse(json) as { readonly f1: string } & Record<
    string,
    string | string[] | null
  >
  const told = names.split(' ').map((name, index) => [name, values[`f${index + 2}`] ?? null] as const)
  return Object.fromEntries(told.filter((entry): entry is [string, string | string[]] => entry[1] !== null))
}
