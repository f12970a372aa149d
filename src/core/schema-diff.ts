import { type CatalogObject, type CatalogSnapshot, nameOf, type ObjectKey, objectKey } from './catalog.ts'
import { gatherCauses } from './difference-causes.ts'
import { takeRenames } from './rename.ts'

/**
 * What is different between two snapshots, by cause: what goes with an object, or differs only because of it, is `inside`.
 * `leftover` is there and should not be, `lost` should be there and is not.
 */
export type Difference =
  | { readonly type: 'leftover'; readonly object: CatalogObject; readonly inside: readonly CatalogObject[] }
  | { readonly type: 'lost'; readonly object: CatalogObject; readonly inside: readonly CatalogObject[] }
  | {
      readonly type: 'changed'
      readonly before: CatalogObject
      readonly after: CatalogObject
      /** The names of the facts that differ. */
      readonly facts: readonly string[]
      readonly inside: readonly CatalogObject[]
    }
  | {
      readonly type: 'renamed'
      readonly before: CatalogObject
      readonly after: CatalogObject
      readonly inside: readonly CatalogObject[]
    }
  | {
      readonly type: 'column-order'
      readonly object: CatalogObject
      /** The columns that both have, in the order of each. */
      readonly before: readonly string[]
      readonly after: readonly string[]
      readonly inside: readonly CatalogObject[]
    }

export interface ChangedObject {
  readonly before: CatalogObject
  readonly after: CatalogObject
  readonly facts: readonly string[]
}

/** Differences object by object, before anything is known about what caused what. */
export interface RawDifferences {
  readonly leftover: Map<ObjectKey, CatalogObject>
  readonly lost: Map<ObjectKey, CatalogObject>
  readonly changed: Map<ObjectKey, ChangedObject>
}

/** The place of a column is compared by the order of the columns that both sides have: a column that left moves all behind it. */
const POSITION = 'position'

/**
 * Compares what is there with what should be.
 * @param ignored objects that do not count, such as roles of a server that others use too
 */
export function compareSnapshots(
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  ignored: (object: CatalogObject) => boolean = () => false,
): Difference[] {
  if (before === after) return []
  const { raw, moved } = compareObjects(before, after, ignored)
  const renamed = takeRenames(raw, before, after)
  const caused = gatherCauses(raw, before, after)
  return [...renamed, ...caused, ...findReordered(moved, renamed, before, after)]
}

function compareObjects(
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  ignored: (object: CatalogObject) => boolean,
): { raw: RawDifferences; moved: Set<ObjectKey> } {
  const raw: RawDifferences = { leftover: new Map(), lost: new Map(), changed: new Map() }
  const moved = new Set<ObjectKey>()
  for (const [key, object] of after.objects) {
    const old = before.objects.get(key)
    if (ignored(object)) continue
    if (old === undefined) raw.leftover.set(key, object)
    else if (before.hashes.get(key) !== after.hashes.get(key)) {
      const facts = differingFacts(old, object)
      const what = facts.filter((fact) => fact !== POSITION)
      if (what.length > 0) raw.changed.set(key, { before: old, after: object, facts: what })
      if (facts.length > what.length && object.parent !== undefined) moved.add(object.parent)
    }
  }
  for (const [key, object] of before.objects)
    if (!after.objects.has(key) && !ignored(object)) {
      raw.lost.set(key, object)
      // What came back under another name, or elsewhere, may have moved the columns behind it.
      if (object.kind === 'column' && object.parent !== undefined) moved.add(object.parent)
    }
  return { raw, moved }
}

export function differingFacts(before: CatalogObject, after: CatalogObject): string[] {
  const names = new Set([...Object.keys(before.facts), ...Object.keys(after.facts)])
  const differing = [...names].filter((name) => !sameFact(before.facts[name], after.facts[name]))
  return before.parent === after.parent ? differing : [...differing, 'belongs to']
}

function sameFact(a: CatalogObject['facts'][string] | undefined, b: typeof a): boolean {
  if (typeof a === 'string' || typeof b === 'string' || a === undefined || b === undefined) return a === b
  return a.length === b.length && a.every((item, index) => item === b[index])
}

/** Views are left out: the order of their columns stands in their definition. */
function findReordered(
  relations: ReadonlySet<ObjectKey>,
  renamed: readonly Difference[],
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): Difference[] {
  const differences: Difference[] = []
  for (const key of relations) {
    const object = before.objects.get(key)
    if (object === undefined || !after.objects.has(key) || object.kind.endsWith('view')) continue
    const names = new Map(renamed.flatMap((one) => (one.type === 'renamed' ? [[one.after.name, one.before.name]] : [])))
    const left = columnsOf(key, before)
    const right = columnsOf(key, after).map((name) => names.get(name) ?? name)
    const was = left.filter((name) => right.includes(name))
    const is = right.filter((name) => left.includes(name))
    if (was.some((name, index) => name !== is[index])) {
      const local = (name: string) => name.slice(object.name.length + 1)
      differences.push({
        type: 'column-order',
        object,
        before: was.map(local),
        after: is.map(local),
        inside: [],
      })
    }
  }
  return differences
}

function columnsOf(relation: ObjectKey, { objects }: CatalogSnapshot): string[] {
  const columns = [...objects.values()].filter(({ kind, parent }) => kind === 'column' && parent === relation)
  return columns.sort((a, b) => place(a) - place(b)).map(({ name }) => name)
}

function place({ facts }: CatalogObject): number {
  return Number(facts[POSITION])
}

/** The keys by which an observer can see when a difference came to be. */
export function keysOf(difference: Difference): ObjectKey[] {
  switch (difference.type) {
    case 'leftover':
    case 'lost':
      return [objectKey(difference.object)]
    case 'changed':
      return [objectKey(difference.before)]
    case 'renamed':
      return [objectKey(difference.after), objectKey(difference.before)]
    case 'column-order':
      return [
        ...difference.before.map((column): ObjectKey => `column ${difference.object.name}.${column}`),
      ]
  }
}

/** Whether an object lies in a schema, by its name. */
export function isInSchema(object: CatalogObject, schema: string): boolean {
  return object.kind !== 'schema' && object.name.startsWith(`${schema}.`)
}

/** The object's own name, without that of what it is part of. */
export function localName(object: CatalogObject): string {
  const parent = object.parent === undefined ? undefined : nameOf(object.parent)
  return parent !== undefined && object.name.startsWith(`${parent}.`)
    ? object.name.slice(parent.length + 1)
    : object.name
}
