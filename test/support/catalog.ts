import { readFacts } from '../../src/adapters/postgres/catalog/facts.ts'
import type { CatalogKind, CatalogScope } from '../../src/adapters/postgres/catalog/kind.ts'
import { RELATIONS } from '../../src/adapters/postgres/catalog/sql.ts'
import type { CatalogObject } from '../../src/core/catalog.ts'

export type Row = Readonly<Record<string, string | null>>

/** The queries of some kinds of objects with what stands beside them in a look. Their answer is for {@link toObjects}. */
export function objectsQuery(kinds: readonly CatalogKind[], scope: CatalogScope): string {
  const queries = kinds.map(({ query }) => `(${query(scope)})`)
  return `with ${RELATIONS} select kind, name, parent, seq::text, to_jsonb(facts)::text as facts from (${queries.join(' union all ')}) every`
}

export function toObjects(rows: readonly Row[]): CatalogObject[] {
  return rows.map((row) => ({
    kind: row['kind'] as CatalogObject['kind'],
    name: row['name'] ?? '',
    parent: (row['parent'] ?? undefined) as CatalogObject['parent'],
    order: Number(row['seq']),
    facts: readFacts(row['facts'] ?? ''),
  }))
}
