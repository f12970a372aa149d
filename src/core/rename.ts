import { type CatalogObject, type CatalogSnapshot, type ObjectKey, objectKey } from './catalog.ts'
import { type Difference, differingFacts, isInSchema, localName, type RawDifferences } from './difference.ts'
import { escapeRegExp, lastPart, schemaOf } from './object-name.ts'

type Renamed = Extract<Difference, { type: 'renamed' }>

/**
 * Finds what only has another name now, takes it out of the raw differences and with it everything that differs only by that name:
 * system-made names differ after a rebuild, and a down that forgets a RENAME is one cause, not two.
 */
export function takeRenames(raw: RawDifferences, before: CatalogSnapshot, after: CatalogSnapshot): Renamed[] {
  const renames: Renamed[] = []
  for (const old of candidates(raw.lost)) {
    for (const now of candidates(raw.leftover)) {
      if (old.kind !== now.kind || !samePlace(old, now) || followsView(old, now, raw)) continue
      const match = matchWithParts(old, now, before, after)
      if (match === undefined) continue
      const { pairs, parts } = match
      for (const [was, is] of pairs) {
        raw.lost.delete(objectKey(was))
        raw.leftover.delete(objectKey(is))
        raw.changed.delete(objectKey(was))
      }
      const consequences = takeConsequences(raw, match.rename)
      const inside = [...pairs.slice(1).map(([was]) => was), ...consequences]
      renames.push({ type: 'renamed', before: old, after: now, parts, inside })
      break
    }
  }
  return renames
}

/** What holds others comes first, because it takes them along. */
const HOLDERS = ['schema', 'table', 'foreign-table', 'view', 'materialized-view', 'type', 'domain']

function candidates(objects: ReadonlyMap<ObjectKey, CatalogObject>): CatalogObject[] {
  const rank = ({ kind }: CatalogObject) => {
    const at = HOLDERS.indexOf(kind)
    return at < 0 ? HOLDERS.length : at
  }
  const roots = [...objects.values()].filter(({ parent }) => parent === undefined || !objects.has(parent))
  return roots.sort((a, b) => rank(a) - rank(b))
}

/** A new name in the same place, or the same name in another schema. Names of these are identity, not label. */
const NEVER = [
  'cast',
  'user-mapping',
  'default-privileges',
  'large-object',
  'transform',
  'role',
  'extension',
  'system-object',
]

function samePlace(a: CatalogObject, b: CatalogObject): boolean {
  return a.parent === b.parent && !NEVER.includes(a.kind)
}

/** Whether it is a column of a view that differs in more than this name: such a column follows the definition. */
function followsView(old: CatalogObject, now: CatalogObject, { changed }: RawDifferences): boolean {
  const view = old.parent === undefined ? undefined : changed.get(old.parent)
  if (view === undefined || !view.before.kind.endsWith('view')) return false
  return differingFacts(view.before, renamer(old, now)(view.after)).length > 0
}

type Pair = readonly [was: CatalogObject, is: CatalogObject]
type Rename = (object: CatalogObject) => CatalogObject

interface Match {
  /** An object and its parts, old and new. */
  readonly pairs: readonly Pair[]
  /** Those of the parts that have another name of their own, holders first. */
  readonly parts: readonly Pair[]
  /** Puts all the old names in the place of the new ones. */
  readonly rename: Rename
}

/** Facts of a table that name one of its indexes. */
const NAMES_OF_PARTS = ['cluster', 'replicaIdentity']

/** Undefined when the object and its parts differ in more than names. */
function matchWithParts(
  old: CatalogObject,
  now: CatalogObject,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): Match | undefined {
  const rename = renamer(old, now)
  if (differingFacts(old, rename(now)).some((fact) => !NAMES_OF_PARTS.includes(fact))) return undefined
  const parts = partsOf(old, before)
  const newParts = partsOf(now, after)
  if (parts.length !== newParts.length) return undefined
  const byKey = new Map(newParts.map((part) => [objectKey(rename(part)), part]))
  const pairs: Pair[] = [[old, now]]
  const unmatched: CatalogObject[] = []
  for (const part of parts) {
    const key = objectKey(part)
    const match = byKey.get(key)
    if (match === undefined) unmatched.push(part)
    else pairs.push([part, match])
    byKey.delete(key)
  }
  // The same is asked of all columns afterwards; this saves the search.
  const isOwn = ({ parent }: CatalogObject) => parent === objectKey(old)
  if (!keepsColumns(parts.filter(isOwn), unmatched.filter(isOwn))) return undefined
  const match = matchOthers(unmatched, [...byKey.values()], { pairs, parts: [], rename })
  if (match === undefined) return undefined
  const renamed = match.parts.map(([was]) => was)
  const same = match.pairs.every(([was, is]) => differingFacts(was, match.rename(is)).length === 0)
  return same && keepsColumns(parts, renamed) ? match : undefined
}

/** Another table may have columns of the same types; it is the same one only where most of them keep their names. */
function keepsColumns(parts: readonly CatalogObject[], renamed: readonly CatalogObject[]): boolean {
  const columns = (objects: readonly CatalogObject[]) =>
    objects.filter(({ kind }) => kind === 'column').length
  return columns(renamed) * 2 <= columns(parts)
}

/** Pairs what has another name of its own by what it is, and what else differs by that name; undefined when something has no partner. */
function matchOthers(
  unmatched: readonly CatalogObject[],
  others: readonly CatalogObject[],
  start: Match,
): Match | undefined {
  const free = new Set(others)
  const pairs = [...start.pairs]
  const parts: Pair[] = []
  let { rename } = start
  let waiting = unmatched
  while (waiting.length > 0) {
    const left: CatalogObject[] = []
    for (const part of waiting) {
      const match = partnerOf(part, waiting, free, rename)
      if (match === undefined) {
        left.push(part)
        continue
      }
      free.delete(match)
      pairs.push([part, match])
      const seen = rename(match)
      if (seen.name === part.name) continue
      parts.push([part, match])
      rename = chain(rename, renamer(part, seen))
    }
    // A part comes after what holds it, so another round may find more.
    if (left.length === waiting.length) return undefined
    waiting = left
  }
  return { pairs, parts, rename }
}

function chain(first: Rename, second: Rename): Rename {
  return (object) => second(first(object))
}

/** By name, or else by facts; what is the only one of its kind may have facts in which other new names stand. */
function partnerOf(
  part: CatalogObject,
  waiting: readonly CatalogObject[],
  free: ReadonlySet<CatalogObject>,
  rename: Rename,
): CatalogObject | undefined {
  const candidates = [...free]
    .map((one) => ({ one, seen: rename(one) }))
    .filter(({ seen }) => seen.kind === part.kind && seen.parent === part.parent)
  const alike =
    candidates.find(({ seen }) => seen.name === part.name) ??
    candidates.find(({ seen }) => differingFacts(part, renamer(part, seen)(seen)).length === 0)
  if (alike !== undefined) return alike.one
  const rivals = waiting.filter(({ kind, parent }) => kind === part.kind && parent === part.parent)
  return rivals.length === 1 && candidates.length === 1 ? candidates[0]?.one : undefined
}

function partsOf(object: CatalogObject, { objects }: CatalogSnapshot): CatalogObject[] {
  const parts: CatalogObject[] = []
  const holders = new Set([objectKey(object)])
  // Parents may come after their parts, so this goes on until nothing is added; the depth is two or three.
  for (let size = 0; size !== holders.size; ) {
    size = holders.size
    for (const [key, other] of objects) {
      const within = object.kind === 'schema' && isInSchema(other, object.name)
      const part = within || (other.parent !== undefined && holders.has(other.parent))
      if (!part || holders.has(key)) continue
      holders.add(key)
      parts.push(other)
    }
  }
  return parts
}

/** Puts the old name in the place of the new one, wherever it stands as a whole name. */
function renamer(old: CatalogObject, now: CatalogObject): Rename {
  const replace = namesReplacer(old, now)
  return (object) => ({
    ...object,
    name: replace(object.name),
    parent: object.parent === undefined ? undefined : (replace(object.parent) as ObjectKey),
    facts: Object.fromEntries(
      Object.entries(object.facts).map(([fact, value]) => [
        fact,
        typeof value === 'string' ? replace(value) : value.map(replace),
      ]),
    ),
  })
}

function namesReplacer(old: CatalogObject, now: CatalogObject): (text: string) => string {
  const whole = wholeName(now.name)
  const local = localName(now)
  const bare = lastPart(local) ?? ''
  const oldBare = lastPart(localName(old)) ?? ''
  const inner = bare === '' ? undefined : wholeName(bare)
  const schema = schemaOf(now.name)
  // What is part of a relation moves to its schema with it: indexes and sequences too (manual, ALTER TABLE).
  const moved =
    schema === schemaOf(old.name) ? undefined : new RegExp(`${wholeName(schema).source}(?=\\.)`, 'g')
  return (text) => {
    const named = text.replace(whole, () => old.name)
    const replaced = moved === undefined ? named : named.replace(moved, () => schemaOf(old.name))
    if (inner === undefined) return replaced
    // A view keeps the names of its columns: SELECT a.k becomes SELECT a.new AS k.
    return replaced.replace(inner, () => oldBare).replaceAll(`${oldBare} AS ${oldBare}`, oldBare)
  }
}

function wholeName(name: string): RegExp {
  return new RegExp(`(?<![\\w$"\\u0080-\\uffff])${escapeRegExp(name)}(?![\\w$"\\u0080-\\uffff])`, 'g')
}

function takeConsequences(raw: RawDifferences, rename: Rename): CatalogObject[] {
  const taken: CatalogObject[] = []
  for (const [key, change] of raw.changed) {
    if (differingFacts(change.before, rename(change.after)).some((fact) => fact !== 'position')) continue
    raw.changed.delete(key)
    taken.push(change.before)
  }
  return taken
}
