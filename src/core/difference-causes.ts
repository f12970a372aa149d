import {
  type CatalogObject,
  type CatalogSnapshot,
  listFact,
  nameOf,
  type ObjectKey,
  objectKey,
  textFact,
} from './catalog.ts'
import {
  type ChangedObject,
  type Difference,
  isInSchema,
  localName,
  type RawDifferences,
} from './difference.ts'

/** Puts under each cause what goes with it. Gives the differences in the order in which their objects were made. */
export function gatherCauses(
  { leftover, lost, changed }: RawDifferences,
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): Difference[] {
  const changes = new Gathered<ChangedObject>([...changed].map(([key, value]) => [key, value]))
  foldChanges(changes, leftover, lost)
  const parts = foldPartsOfChanged(changes, leftover, lost)
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
        inside: [...inside, ...changes.takenBy(objectKey(object))],
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
  return 'object' in difference ? difference.object.order : difference.before.order
}

/** Changed objects, some of which belong under another object's difference. */
class Gathered<T extends ChangedObject> {
  private readonly own: Map<ObjectKey, T>
  private readonly taken = new Map<ObjectKey, CatalogObject[]>()

  constructor(entries: ReadonlyArray<[ObjectKey, T]>) {
    this.own = new Map(entries)
  }

  put(key: ObjectKey, under: ObjectKey): void {
    const change = this.own.get(key)
    if (change === undefined || key === under) return
    this.own.delete(key)
    this.taken.set(under, [...(this.taken.get(under) ?? []), change.before])
  }

  keys(): ObjectKey[] {
    return [...this.own.keys()]
  }

  get(key: ObjectKey): T | undefined {
    return this.own.get(key)
  }

  roots(): Array<[ObjectKey, T]> {
    return [...this.own]
  }

  takenBy(key: ObjectKey): CatalogObject[] {
    return this.taken.get(key) ?? []
  }
}

/**
 * A primary key makes its columns NOT NULL, a view's columns follow its definition, and a child's column follows the parent's it is
 * inherited from: none of these is a second cause.
 */
function foldChanges(
  changes: Gathered<ChangedObject>,
  leftover: ReadonlyMap<ObjectKey, CatalogObject>,
  lost: ReadonlyMap<ObjectKey, CatalogObject>,
): void {
  const keys = [...leftover.values(), ...lost.values()].filter(isPrimaryKey)
  for (const key of changes.keys()) {
    const change = changes.get(key)
    if (change === undefined || change.before.kind !== 'column') continue
    const { parent } = change.before
    if (parent?.includes('view ') === true && changes.get(parent) !== undefined) changes.put(key, parent)
    const onlyNotNull = change.facts.every((fact) => fact.startsWith('notNull'))
    const primary = onlyNotNull ? keys.find((object) => object.parent === parent) : undefined
    if (primary !== undefined) changes.put(key, objectKey(primary))
  }
}

function isPrimaryKey({ kind, facts }: CatalogObject): boolean {
  return kind === 'constraint' && facts['type'] === 'primary key'
}

/** Left or lost parts of something that changed: a view's columns, the sequence of an identity column. */
function foldPartsOfChanged(
  changes: Gathered<ChangedObject>,
  ...groups: Array<Map<ObjectKey, CatalogObject>>
): Map<ObjectKey, CatalogObject[]> {
  const parts = new Map<ObjectKey, CatalogObject[]>()
  for (const group of groups)
    for (const [key, object] of group) {
      const { kind, parent } = object
      if (parent === undefined || changes.get(parent) === undefined) continue
      const goesWith = kind === 'sequence' || (kind === 'column' && parent.includes('view '))
      if (!goesWith) continue
      group.delete(key)
      parts.set(parent, [...(parts.get(parent) ?? []), object])
    }
  return parts
}

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
  if (object.kind === 'index') {
    const above = textFact(object, 'inherited')
    return above === undefined ? undefined : group.get(`index ${above}`)
  }
  const relation = object.parent === undefined ? undefined : objects.get(object.parent)
  if (relation === undefined || (object.kind !== 'column' && object.kind !== 'constraint')) return undefined
  const above = [
    ...(relation.parent === undefined ? [] : [nameOf(relation.parent)]),
    ...listFact(relation, 'inherits'),
  ]
  for (const name of above) {
    const found = group.get(`${object.kind} ${name}.${localName(object)}`)
    if (found !== undefined) return found
  }
  return undefined
}
