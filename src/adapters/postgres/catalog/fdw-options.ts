/** Names of options whose values are nobody's business. What they are called is up to each foreign-data wrapper. */
const SECRET = 'passw|secret|token|credential|(private|access|api)_?key'

/** Options of a foreign-data wrapper, sorted; of a secret only whether it changed can be seen. */
export function fdwOptions(array: string): string {
  return `case when ${array} is not null then (select jsonb_agg(case when split_part(o, '=', 1) ~* '${SECRET}' then split_part(o, '=', 1) || '=(masked ' || left(md5(o), 8) || ')' else o end
    order by o collate "C") from unnest(${array}) o) end`
}
