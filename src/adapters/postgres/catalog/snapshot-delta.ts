import {
  type CatalogObject,
  type CatalogSnapshot,
  type Facts,
  kindOf,
  type ObjectKind,
  objectKey,
} from '../../../core/catalog.ts'
import type { Answer } from '../../../ports.ts'
import type { CatalogKind, CatalogScope } from './kind.ts'

const STATEMENT = 'sqlmig_catalog'

/**
 * Prepares the query that reads every kind. It takes the hashes of the objects that are known and answers with the objects that are not
 * among them and the hashes that no object has any more.
 */
export function prepareDelta(kinds: readonly CatalogKind[], scope: CatalogScope): string {
  return `prepare ${STATEMENT} (bigint[]) as ${deltaQuery(kinds, scope, '$1')}`
}

/** The same for some kinds only, to be asked once; of `expected` only objects of these kinds are looked for. */
export function partialDelta(
  kinds: readonly CatalogKind[],
  scope: CatalogScope,
  expected: CatalogSnapshot,
): string {
  return deltaQuery(kinds, scope, `'{${[...hashesOf(expected, kinds)].join(',')}}'::bigint[]`)
}

function* hashesOf({ hashes }: CatalogSnapshot, kinds: readonly CatalogKind[]): Generator<string> {
  const read = new Set(kinds.flatMap((family) => family.kinds))
  for (const [key, hash] of hashes) if (read.has(kindOf(key))) yield hash
}

function deltaQuery(kinds: readonly CatalogKind[], scope: CatalogScope, known: string): string {
  const union = kinds
    .map(
      ({ query }) =>
        `select q.kind::text, q.name::text, q.parent::text, q.seq::bigint, q.facts from (${query(scope)}) q`,
    )
    .join('\nunion all\n')
  // OFFSET 0 keeps the planner from writing the expression of the facts wherever they are used. A full join is never a nested loop,
  // whatever the planner thinks of the sizes. A text made of catalog names has no collation of its own.
  return `with found as materialized (
  select u.*, hashtextextended((u.kind || ' ' || u.name || chr(31) || coalesce(u.parent, '') || chr(31) || u.facts::text) collate "C", 0) as hash
  from (${union} offset 0) u
)
select coalesce(found.hash, known.hash)::text as hash, found.kind, found.name, found.parent, found.seq::text as seq, found.facts::text as facts
from found full join unnest(${known}) as known(hash) on known.hash = found.hash
where known.hash is null or found.hash is null`
}

export function executeDelta(expected: CatalogSnapshot | undefined): string {
  const hashes = expected === undefined ? [] : [...expected.hashes.values()]
  return `execute ${STATEMENT} ('{${hashes.join(',')}}')`
}

/** The snapshot that differs from the expected one as the answer says; the expected one itself when it does not. */
export function applyDelta(expected: CatalogSnapshot | undefined, rows: Answer['rows']): CatalogSnapshot {
  if (expected !== undefined && rows.length === 0) return expected
  const objects = new Map(expected?.objects)
  const hashes = new Map(expected?.hashes)
  const gone = new Set(rows.filter((row) => row['kind'] === null).map((row) => row['hash']))
  for (const [key, hash] of expected?.hashes ?? []) {
    if (!gone.has(hash)) continue
    objects.delete(key)
    hashes.delete(key)
  }
  for (const row of rows) {
    if (row['kind'] === null) continue
    const object = toObject(row)
    const key = objectKey(object)
    const hash = row['hash'] ?? ''
    // One of them would hide the other, and with it whatever becomes of it.
    if (hashes.has(key) && hashes.get(key) !== hash)
      throw new Error(`the catalog has two objects that read ${key}`)
    objects.set(key, object)
    hashes.set(key, hash)
  }
  return { objects, hashes }
}

function toObject(row: Answer['rows'][number]): CatalogObject {
  return {
    kind: row['kind'] as ObjectKind,
    name: row['name'] ?? '',
    parent: (row['parent'] ?? undefined) as CatalogObject['parent'],
    facts: JSON.parse(row['facts'] ?? '{}') as Facts,
    order: Number(row['seq']),
  }
}
