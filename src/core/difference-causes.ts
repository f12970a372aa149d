import {
  type CatalogObject,
  type CatalogSnapshot,
  listFact,
  nameOf,
  type ObjectKey,
  type ObjectKind,
  objectKey,
} from './catalog.ts'
import { type Difference, isInSchema, localName, type RawDifferences, subjectOf } from './difference.ts'
import { foldChanges, foldPartsOfChanged } from './folded-changes.ts'

/** Puts under each cause what goes with it. Gives the differences in the order in which their objects were made. */
export function gatherCauses(
  { leftover, lost, changed }: RawDifferences,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): Difference[] {
  const changes = foldChanges(changed, leftover, lost)
  const parts = foldPartsOfChanged(changes, leftover, lost)
  const replaced = takeReplaced(leftover, lost)
  const differences: Difference[] = [
    ...gatherObjects(leftover, after).map(
      ([object, inside]): Difference => ({
        type: 'leftover',
        object,
        inside: [...inside, ...changes.takenBy(objectKey(object))],
      }),
    ),
    ...gatherObjects(lost, before).map(
      ([object, inside]): Difference => ({
        type: 'lost',
        object,
        inside: [
          ...inside,
          ...changes.takenBy(objectKey(object)),
          ...(replaced.get(objectKey(object)) ?? []),
        ],
      }),
    ),
    ...changes.roots().map(
      ([key, change]): Difference => ({
        type: 'changed',
        ...change,
        inside: [...changes.takenBy(key), ...(parts.get(key) ?? [])],
      }),
    ),
  ]
  return differences.sort((a, b) => orderOf(a) - orderOf(b))
}

function orderOf(difference: Difference): number {
  return subjectOf(difference).order
}

/** A relation that came back as one of another kind, such as a view instead of a materialized view: one cause, not two. */
function takeReplaced(
  leftover: Map<ObjectKey, CatalogObject>,
  lost: ReadonlyMap<ObjectKey, CatalogObject>,
): Map<ObjectKey, CatalogObject[]> {
  const relations = new Map(
    [...lost].flatMap(([key, { kind, name }]) => (RELATIONS.includes(kind) ? [[name, key]] : [])),
  )
  const replaced = new Map<ObjectKey, CatalogObject[]>()
  for (const [key, object] of leftover) {
    const instead = RELATIONS.includes(object.kind) ? relations.get(object.name) : undefined
    if (instead === undefined) continue
    const parts = [...leftover.values()].filter(({ parent }) => parent === key)
    replaced.set(instead, [object, ...parts])
    for (const one of [object, ...parts]) leftover.delete(objectKey(one))
  }
  return replaced
}

const RELATIONS: readonly ObjectKind[] = ['table', 'foreign-table', 'view', 'materialized-view', 'sequence']

/** The objects that nothing else in the group takes along, each with what goes with it. */
function gatherObjects(
  group: ReadonlyMap<ObjectKey, CatalogObject>,
  snapshot: CatalogSnapshot,
): Array<[CatalogObject, CatalogObject[]]> {
  const schemas = [...group.values()].filter(({ kind }) => kind === 'schema')
  const causeOf = (object: CatalogObject): CatalogObject | undefined => {
    const parent = object.parent === undefined ? undefined : group.get(object.parent)
    return (
      parent ??
      inheritedFrom(object, group, snapshot) ??
      schemas.find((schema) => isInSchema(object, schema.name))
    )
  }
  const roots = new Map<CatalogObject, CatalogObject[]>()
  for (const object of group.values()) {
    let root = object
    for (let cause = causeOf(root); cause !== undefined; cause = causeOf(root)) root = cause
    const inside = roots.get(root) ?? []
    if (root !== object) inside.push(object)
    roots.set(root, inside)
  }
  return [...roots]
}

/** The same part of the table that this one's table inherits from or is a partition of. */
function inheritedFrom(
  object: CatalogObject,
  group: ReadonlyMap<ObjectKey, CatalogObject>,
  { objects }: CatalogSnapshot,
): CatalogObject | undefined {
  const named = listFact(object, 'inherited').map((name) => group.get(`${object.kind} ${name}`))
  const above = named.find((one) => one !== undefined)
  if (above !== undefined) return above
  const relation = object.parent === undefined ? undefined : objects.get(object.parent)
  if (relation === undefined || (object.kind !== 'column' && object.kind !== 'constraint')) return undefined
  const relations = [
    ...(relation.parent === undefined ? [] : [nameOf(relation.parent)]),
    ...listFact(relation, 'inherits'),
  ]
  for (const name of relations) {
    const found = group.get(`${object.kind} ${name}.${localName(object)}`)
    if (found !== undefined) return found
  }
  return undefined
}
