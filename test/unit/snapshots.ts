import type { CatalogObject, CatalogSnapshot, Facts, ObjectKey } from '../../src/core/catalog.ts'
import { kindOf, nameOf, objectKey } from '../../src/core/catalog.ts'
import type { Difference } from '../../src/core/difference.ts'
import { compareSnapshots } from '../../src/core/schema-diff.ts'

/** What can be said of an object beside its facts. */
interface Place {
  readonly parent?: ObjectKey
  readonly order?: number
}

/** An object with its facts: `the('table app.t', { persistence: 'temporary' })`. */
export function the(key: ObjectKey, facts: Facts = {}, { parent, order = 1 }: Place = {}): CatalogObject {
  return { kind: kindOf(key), name: nameOf(key), facts, parent, order }
}

export function snapshot(
  ...objects: ReadonlyArray<CatalogObject | readonly CatalogObject[]>
): CatalogSnapshot {
  const entries = objects.flat().map((object) => [objectKey(object), object] as const)
  return {
    objects: new Map(entries),
    hashes: new Map(entries.map(([key, { parent, facts }]) => [key, JSON.stringify([parent, facts])])),
  }
}

/** A table with integer columns in this order. */
export function table(name: string, ...columns: readonly string[]): CatalogObject[] {
  return [
    the(`table ${name}`),
    ...columns.map((column, index) =>
      columnOf(`table ${name}`, column, { type: 'integer', position: `${index + 1}` }),
    ),
  ]
}

export function columnOf(relation: ObjectKey, column: string, facts: Facts = {}): CatalogObject {
  return the(`column ${nameOf(relation)}.${column}`, facts, { parent: relation })
}

export function constraintOf(relation: ObjectKey, name: string, facts: Facts): CatalogObject {
  return the(`constraint ${nameOf(relation)}.${name}`, facts, { parent: relation })
}

export function primaryKey(
  relation: ObjectKey,
  name: string,
  ...columns: readonly string[]
): CatalogObject[] {
  const constraint = constraintOf(relation, name, {
    type: 'primary key',
    definition: `PRIMARY KEY (${columns.join(', ')})`,
  })
  const schema = nameOf(relation).split('.')[0]
  return [
    constraint,
    the(`index ${schema}.${name}`, { definition: `UNIQUE INDEX ${name}` }, { parent: objectKey(constraint) }),
  ]
}

/** `leftover table app.t [column app.t.id]` for each difference. */
export function told(
  before: CatalogSnapshot,
  after: CatalogSnapshot,
  ignored?: (object: CatalogObject) => boolean,
): string[] {
  return compareSnapshots(before, after, ignored).map(inWords)
}

export function inWords(difference: Difference): string {
  const inside = difference.inside.map(objectKey).toSorted().join(', ')
  return `${subject(difference)}${inside === '' ? '' : ` [${inside}]`}`
}

function subject(difference: Difference): string {
  switch (difference.type) {
    case 'leftover':
    case 'lost':
      return `${difference.type} ${objectKey(difference.object)}`
    case 'changed':
      return `changed ${objectKey(difference.before)}: ${difference.facts.join(', ')}`
    case 'renamed':
      return `renamed ${objectKey(difference.before)} -> ${difference.after.name}`
    case 'column-order':
      return `order ${difference.object.name}: ${difference.before.join(' ')} -> ${difference.after.join(' ')}`
  }
}
