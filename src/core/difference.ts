import { type CatalogObject, nameOf, type ObjectKey, objectKey } from './catalog.ts'

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
      /** Parts of it that have another name of their own, holders first. */
      readonly parts: ReadonlyArray<readonly [before: CatalogObject, after: CatalogObject]>
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

/** Stands for the parent among the facts that differ. */
export const BELONGS_TO = 'belongsTo'

export function differingFacts(before: CatalogObject, after: CatalogObject): string[] {
  const names = new Set([...Object.keys(before.facts), ...Object.keys(after.facts)])
  const differing = [...names].filter((name) => !sameFact(before.facts[name], after.facts[name]))
  return before.parent === after.parent ? differing : [...differing, BELONGS_TO]
}

function sameFact(a: CatalogObject['facts'][string] | undefined, b: typeof a): boolean {
  if (typeof a === 'string' || typeof b === 'string' || a === undefined || b === undefined) return a === b
  return a.length === b.length && a.every((item, index) => item === b[index])
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
      return [...difference.before.map((column): ObjectKey => `column ${difference.object.name}.${column}`)]
  }
}

/** The object that a difference is about, as it should be where it is there at all. */
export function subjectOf(difference: Difference): CatalogObject {
  return 'object' in difference ? difference.object : difference.before
}
