import {
  type CatalogObject,
  type CatalogSnapshot,
  kindOf,
  type ObjectKind,
  objectKey,
} from '../../../core/catalog.ts'
import type { Answer } from '../../../ports.ts'
import { readFacts } from './facts.ts'
import { CATALOG_KINDS } from './index.ts'
import type { CatalogKind, CatalogScope } from './kind.ts'
import type { PreparedStatement } from './snapshot-sessions.ts'
import { RELATIONS } from './sql.ts'

/** The families of {@link CATALOG_KINDS} that one query reads; the prepared statement is named after them. */
export interface Selection {
  readonly families: readonly CatalogKind[]
  /** Whether the answer also tells which of the rare families there can be any objects of. */
  readonly presence: 'with presence' | 'without presence'
}

/** Those that are always read. */
export const COMMON: Selection = {
  families: CATALOG_KINDS.filter(({ rare }) => rare === undefined),
  presence: 'with presence',
}

const RARE = CATALOG_KINDS.filter(({ rare }) => rare !== undefined)

/**
 * The statement that reads some families. It takes the hashes of the objects that are known and answers with the objects that are not
 * among them and the hashes that no object has any more.
 */
export function deltaStatement(selection: Selection): PreparedStatement {
  const { families, presence } = selection
  const bits = families.reduce((sum, family) => sum | (1n << BigInt(CATALOG_KINDS.indexOf(family))), 0n)
  return {
    name: `sqlmig_catalog_${bits.toString(16)}_${presence === 'with presence' ? 'all' : 'part'}`,
    parameters: '(bigint[])',
    sql: (scope) => deltaQuery(selection, scope),
  }
}

function deltaQuery({ families, presence }: Selection, scope: CatalogScope): string {
  const union = families
    .map(
      ({ query }) =>
        `select q.kind::text, q.name::text, q.parent::text, q.seq::bigint, q.facts from (${query(scope)}) q`,
    )
    .join('\nunion all\n')
  // OFFSET 0 keeps the planner from writing the expression of the facts wherever they are used. A full join is never a nested loop,
  // whatever the planner thinks of the sizes. A text made of catalog names has no collation of its own.
  return `with ${RELATIONS},
found as materialized (
  select u.*, hashtextextended((u.kind || ' ' || u.name || chr(31) || coalesce(u.parent, '') || chr(31) || u.facts::text) collate "C", 0) as hash
  from (${union} offset 0) u
)
select coalesce(found.hash, known.hash)::text as hash, found.kind, found.name, found.parent, found.seq::text as seq, to_jsonb(found.facts)::text as facts
from found full join unnest($1) as known(hash) on known.hash = found.hash
where known.hash is null or found.hash is null${presence === 'with presence' ? PRESENCE : ''}`
}

const PRESENCE = `
union all select null, null, concat_ws(' ', ${RARE.map(({ rare }, index) => `case when ${rare} then ${index} end`).join(', ')}), null, null, null`

/** The value of its parameter; of `expected`, only objects of the families that are read are looked for. */
export function expectedHashes(selection: Selection, expected: CatalogSnapshot | undefined): string {
  const hashes = expected === undefined ? [] : [...hashesOf(expected, selection)]
  return `('{${hashes.join(',')}}')`
}

function* hashesOf({ hashes }: CatalogSnapshot, { families }: Selection): Generator<string> {
  const read = new Set(families.flatMap(({ kinds }) => kinds))
  for (const [key, hash] of hashes) if (read.has(kindOf(key))) yield hash
}

/** The rare families that have to be read: those of which there can be objects now, and those of which there were some. */
export function rarePresent(
  expected: CatalogSnapshot | undefined,
  rows: Answer['rows'],
): readonly CatalogKind[] {
  const present = new Set(rows.find(isPresence)?.['name']?.split(' '))
  const known = new Set([...(expected?.hashes.keys() ?? [])].map(kindOf))
  return RARE.filter(({ kinds }, index) => present.has(`${index}`) || kinds.some((kind) => known.has(kind)))
}

const isPresence = (row: Answer['rows'][number]) => row['hash'] === null

/** The snapshot that differs from the expected one as the answer says; the expected one itself when it does not. */
export function applyDelta(expected: CatalogSnapshot | undefined, answer: Answer['rows']): CatalogSnapshot {
  const rows = answer.filter((row) => !isPresence(row))
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
    facts: readFacts(row['facts'] ?? ''),
    order: Number(row['seq']),
  }
}
