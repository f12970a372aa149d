import {
  type CatalogObject,
  kindOf,
  listFact,
  type ObjectKey,
  type ObjectKind,
  objectKey,
  textFact,
} from './catalog.ts'
import { BELONGS_TO, type ChangedObject, localName } from './difference.ts'

/** Changed objects, some of which stand under another object's difference. */
export class FoldedChanges {
  private readonly own: Map<ObjectKey, ChangedObject>
  private readonly taken = new Map<ObjectKey, CatalogObject[]>()

  constructor(changed: ReadonlyMap<ObjectKey, ChangedObject>) {
    this.own = new Map(changed)
  }

  put(key: ObjectKey, under: ObjectKey): void {
    const change = this.own.get(key)
    if (change === undefined || key === under) return
    this.own.delete(key)
    this.taken.set(under, [...(this.taken.get(under) ?? []), change.before])
  }

  get(key: ObjectKey): ChangedObject | undefined {
    return this.own.get(key)
  }

  roots(): Array<[ObjectKey, ChangedObject]> {
    return [...this.own]
  }

  takenBy(key: ObjectKey): CatalogObject[] {
    return this.taken.get(key) ?? []
  }
}

/**
 * Puts under their cause what changed only because of something else: a primary key makes its columns NOT NULL, a view's columns follow its
 * definition, what is inherited follows what it is inherited from, and an index its constraint.
 */
export function foldChanges(
  changed: ReadonlyMap<ObjectKey, ChangedObject>,
  leftover: ReadonlyMap<ObjectKey, CatalogObject>,
  lost: ReadonlyMap<ObjectKey, CatalogObject>,
): FoldedChanges {
  const changes = new FoldedChanges(changed)
  const differs = (key: ObjectKey) => changed.has(key) || leftover.has(key) || lost.has(key)
  const primaryKeys = [...leftover.values(), ...lost.values()].filter(isPrimaryKey)
  for (const [key, change] of changed) {
    const cause =
      causeAbove(change, differs) ??
      (change.before.kind === 'column' ? primaryKeyOf(change, primaryKeys) : undefined)
    if (cause !== undefined) changes.put(key, cause)
  }
  return changes
}

function causeAbove(
  { before, after, facts }: ChangedObject,
  differs: (key: ObjectKey) => boolean,
): ObjectKey | undefined {
  const parents = [before.parent, after.parent].flatMap((parent) => parent ?? [])
  const inherited = [before, after].flatMap((object) =>
    listFact(object, 'inherited').map((name): ObjectKey => `${object.kind} ${name}`),
  )
  const above = inherited.find(differs)
  if (above !== undefined) return above
  const parent = parents.find(differs)
  if (parent === undefined) return undefined
  const follows =
    FOLLOWERS.includes(before.kind) ||
    facts.includes(BELONGS_TO) ||
    (facts.includes('inherited') && facts.every((fact) => INHERITANCE.has(fact)))
  return follows || kindOf(parent).endsWith('view') ? parent : undefined
}

/** What a column comes to have, or no longer has, because its table inherits; since 18 its NOT NULL is inherited too. */
const INHERITANCE: ReadonlySet<string> = new Set(['inherited', 'notNullInherited'])

/** What says nothing of its own when its parent differs: the sequence of a column, the index of a constraint. */
const FOLLOWERS: readonly ObjectKind[] = ['sequence']

function primaryKeyOf(
  { before, facts }: ChangedObject,
  primaryKeys: readonly CatalogObject[],
): ObjectKey | undefined {
  if (!facts.every((fact) => fact.startsWith('notNull'))) return undefined
  const name = localName(before)
  const found = primaryKeys.find((key) => key.parent === before.parent && keyColumns(key).includes(name))
  return found === undefined ? undefined : objectKey(found)
}

function isPrimaryKey({ kind, facts }: CatalogObject): boolean {
  return kind === 'constraint' && facts['type'] === 'primary key'
}

/** `PRIMARY KEY (a, "b c") INCLUDE (d)` → `a`, `"b c"` */
export function keyColumns(key: CatalogObject): string[] {
  const list = /\(((?:[^"()]|"(?:[^"]|"")*")*)\)/.exec(textFact(key, 'definition') ?? '')?.[1] ?? ''
  return list.match(/"(?:[^"]|"")+"|[^\s",]+/g) ?? []
}

/** Left or lost parts of something that changed: a view's columns, the sequence of an identity column. */
export function foldPartsOfChanged(
  changes: FoldedChanges,
  ...groups: Array<Map<ObjectKey, CatalogObject>>
): Map<ObjectKey, CatalogObject[]> {
  const parts = new Map<ObjectKey, CatalogObject[]>()
  for (const group of groups)
    for (const [key, object] of group) {
      const { kind, parent } = object
      if (parent === undefined || changes.get(parent) === undefined) continue
      const goesWith = kind === 'sequence' || (kind === 'column' && kindOf(parent).endsWith('view'))
      if (!goesWith) continue
      group.delete(key)
      parts.set(parent, [...(parts.get(parent) ?? []), object])
    }
  return parts
}
