import type { CatalogObject, CatalogSnapshot, ObjectKey } from './catalog.ts'
import { type Difference, differingFacts, type RawDifferences } from './difference.ts'
import { gatherCauses } from './difference-causes.ts'
import { takeRenames } from './rename.ts'

/** Says what does not count: an object as a whole, or one of its facts. */
export type Ignored = (object: CatalogObject, fact?: string) => boolean

/** The place of a column is compared by the order of the columns that both sides have: a column that left moves all behind it. */
const POSITION = 'position'

/**
 * Compares what is there with what should be.
 * @param ignored objects, or single facts of them, that do not count, such as roles of a server that others use too
 */
export function compareSnapshots(
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  ignored: Ignored = () => false,
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
  ignored: Ignored,
): { raw: RawDifferences; moved: Set<ObjectKey> } {
  const raw: RawDifferences = { leftover: new Map(), lost: new Map(), changed: new Map() }
  const moved = new Set<ObjectKey>()
  for (const [key, object] of after.objects) {
    if (before.hashes.get(key) === after.hashes.get(key) || ignored(object)) continue
    const old = before.objects.get(key)
    if (old === undefined) raw.leftover.set(key, object)
    else if (addChange(raw, key, old, object, ignored)) addParent(moved, object)
  }
  for (const [key, object] of before.objects) {
    if (after.objects.has(key) || ignored(object)) continue
    raw.lost.set(key, object)
    // What came back under another name, or elsewhere, may have moved the columns behind it.
    if (object.kind === 'column') addParent(moved, object)
  }
  return { raw, moved }
}

function addParent(parents: Set<ObjectKey>, { parent }: CatalogObject): void {
  if (parent !== undefined) parents.add(parent)
}

/** True when the object, a column, stands in another place. */
function addChange(
  raw: RawDifferences,
  key: ObjectKey,
  before: CatalogObject,
  after: CatalogObject,
  ignored: Ignored,
): boolean {
  const facts = differingFacts(before, after).filter((fact) => !ignored(after, fact))
  const what = facts.filter((fact) => fact !== POSITION)
  if (what.length > 0) raw.changed.set(key, { before, after, facts: what })
  return what.length < facts.length
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
    const names = new Map(
      renamed.flatMap((one) => (one.type === 'renamed' ? [[one.after.name, one.before.name]] : [])),
    )
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
