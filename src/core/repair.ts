import {
  type CatalogObject,
  type CatalogSnapshot,
  kindOf,
  nameOf,
  type ObjectKey,
  objectKey,
} from './catalog.ts'
import { commonAlter, commonCreate } from './ddl/common.ts'
import { DDL_WRITERS } from './ddl/index.ts'
import { ownedBySql } from './ddl/sequence.ts'
import { rebuildEnum } from './ddl/type.ts'
import type { CreateContext } from './ddl/writer.ts'
import { type Difference, differingFacts, isInSchema, localName } from './difference.ts'
import { lastPart, schemaOf } from './object-name.ts'

/** What should be there and what is there. */
export interface Sides {
  readonly before: CatalogSnapshot
  readonly after: CatalogSnapshot
}

/**
 * The statements that would take a difference away, without semicolons, names qualified; empty where no SQL can, as for the order of
 * columns. What depends on what is known only to the server: a caller that runs them has to be ready to try them in another order.
 */
export function repairSql(difference: Difference, sides: Sides): string[] {
  switch (difference.type) {
    case 'leftover':
      return [...dropSql(difference.object, difference.inside), ...changesInside(difference, sides)]
    case 'lost': {
      const { object, inside } = difference
      const lost = inside.filter((one) => !sides.after.objects.has(objectKey(one)))
      // What stands in its place under its name.
      const instead = inside.filter(
        (one) => one.parent === undefined && !sides.before.objects.has(objectKey(one)),
      )
      return [
        ...instead.flatMap((one) => dropSql(one, [])),
        ...createSql(
          [object, ...lost.filter((one) => sides.before.objects.has(objectKey(one)))],
          sides.before,
        ),
        ...changesInside(difference, sides),
      ]
    }
    case 'changed':
      return [
        ...changeSql(difference.after, difference.before, difference.facts, sides),
        ...changesInside(difference, sides),
      ]
    case 'renamed':
      // What is inside goes first, while what holds it still has the name that it has now.
      return [
        ...difference.parts.toReversed().flatMap(([was, is]) => renameSql(inPlaceOf(was, is), is)),
        ...renameSql(difference.before, difference.after),
      ]
    case 'column-order':
      return []
  }
}

function dropSql(object: CatalogObject, inside: readonly CatalogObject[]): string[] {
  // A schema goes only when it is empty; what else is inside goes with its parent.
  const members = inside.filter(
    (one) => object.kind === 'schema' && one.parent === undefined && isInSchema(one, object.name),
  )
  const newestFirst = [...members].sort((a, b) => b.order - a.order)
  return [...newestFirst, object].flatMap((one) => DDL_WRITERS[one.kind].drop(one))
}

/** Parents before their parts, as they were made; columns come with their relation, and only say what it cannot say for them. */
function createSql(objects: readonly CatalogObject[], snapshot: CatalogSnapshot): string[] {
  const keys = new Set(objects.map(objectKey))
  const within = createContext(snapshot)
  const comesWithParent = ({ kind, parent }: CatalogObject) =>
    kind === 'column' && parent !== undefined && keys.has(parent)
  const made = objects.filter((one) => !comesWithParent(one)).sort(byOrder)
  const statements: string[] = []
  for (const object of made) {
    const writer = DDL_WRITERS[object.kind]
    statements.push(...writer.create(object, within), ...commonCreate(writer, object))
    for (const column of within.childrenOf(object)) {
      if (column.kind !== 'column' || !keys.has(objectKey(column))) continue
      // A view's columns have defaults and settings of which its definition says nothing.
      if (isView(object.kind)) statements.push(...DDL_WRITERS.column.create(column, within))
      statements.push(...commonCreate(DDL_WRITERS.column, column))
    }
  }
  for (const object of made) {
    if (object.kind === 'sequence') statements.push(...ownedBySql(object))
    statements.push(...(DDL_WRITERS[object.kind].complete?.(object, within) ?? []))
  }
  return statements
}

function isView(kind: CatalogObject['kind']): boolean {
  return kind === 'view' || kind === 'materialized-view'
}

function byOrder(a: CatalogObject, b: CatalogObject): number {
  // A column's order counts within its table only; alone, it comes before what needs it.
  if ((a.kind === 'column') !== (b.kind === 'column')) return a.kind === 'column' ? -1 : 1
  return a.order - b.order
}

function createContext(snapshot: CatalogSnapshot): CreateContext {
  const children = new Map<ObjectKey, CatalogObject[]>()
  for (const object of snapshot.objects.values()) {
    if (object.parent === undefined) continue
    const list = children.get(object.parent)
    if (list === undefined) children.set(object.parent, [object])
    else list.push(object)
  }
  for (const list of children.values()) list.sort((a, b) => a.order - b.order)
  return { snapshot, childrenOf: (object) => children.get(objectKey(object)) ?? [] }
}

const COMMON_FACTS = ['owner', 'comment', 'privileges', 'labels']

/** From how it is to how it should be. */
function changeSql(
  is: CatalogObject,
  should: CatalogObject,
  facts: readonly string[],
  { before, after }: Sides,
): string[] {
  const writer = DDL_WRITERS[is.kind]
  const common = commonAlter(writer, is, should)
  const own = facts.filter((fact) => !COMMON_FACTS.includes(fact))
  if (own.length === 0) return [...common]
  const altered = writer.alter(is, should, own)
  if (altered !== undefined) return [...altered, ...common]
  if (is.kind === 'type' && is.facts['variant'] === 'enum')
    return [...rebuildEnum(is, should, createContext(after)), ...common]
  const context = createContext(before)
  return [...writer.drop(is), ...createSql([should, ...descendants(should, context)], before)]
}

function descendants(object: CatalogObject, context: CreateContext): CatalogObject[] {
  return context.childrenOf(object).flatMap((child) => [child, ...descendants(child, context)])
}

/** Columns that changed together with their cause: NOT NULL stays when a primary key goes. A view's columns come with its definition. */
function changesInside({ inside }: Difference, sides: Sides): string[] {
  return inside.flatMap((object) => {
    const is = sides.after.objects.get(objectKey(object))
    const should = sides.before.objects.get(objectKey(object))
    if (is === undefined || should === undefined || is.kind !== 'column') return []
    const ofView = is.parent !== undefined && isView(kindOf(is.parent))
    return changeSql(
      is,
      should,
      ofView ? [] : differingFacts(is, should).filter((fact) => fact !== 'position'),
      sides,
    )
  })
}

/** ALTER … RENAME TO; parts of a relation are renamed by it (manual, ALTER TABLE). */
function renameSql(before: CatalogObject, after: CatalogObject): string[] {
  const to = simpleName(before)
  const relation = after.parent === undefined ? undefined : nameOf(after.parent)
  const local = localName(after)
  switch (after.kind) {
    case 'column':
      return [
        after.parent?.startsWith('type ') === true
          ? `ALTER TYPE ${relation} RENAME ATTRIBUTE ${local} TO ${to}`
          : `ALTER TABLE ${relation} RENAME COLUMN ${local} TO ${to}`,
      ]
    case 'constraint':
      return [
        `ALTER ${after.parent?.startsWith('domain ') === true ? 'DOMAIN' : 'TABLE'} ${relation} RENAME CONSTRAINT ${local} TO ${to}`,
      ]
    case 'trigger':
    case 'rule':
    case 'policy':
      return [`ALTER ${after.kind.toUpperCase()} ${local} ON ${relation} RENAME TO ${to}`]
    default:
      return renameInSchema(before, after)
  }
}

function renameInSchema(before: CatalogObject, after: CatalogObject): string[] {
  const { target } = DDL_WRITERS[after.kind]
  const from = schemaOf(after.name)
  const schema = schemaOf(before.name)
  const statements = schema === from ? [] : [`ALTER ${target(after)} SET SCHEMA ${schema}`]
  const moved = { ...after, name: `${schema}${after.name.slice(from.length)}` }
  if (simpleName(before) !== simpleName(after))
    statements.push(`ALTER ${target(moved)} RENAME TO ${simpleName(before)}`)
  return statements
}

/** A part moves to another schema with what holds it. */
function inPlaceOf(was: CatalogObject, is: CatalogObject): CatalogObject {
  return { ...was, name: `${schemaOf(is.name)}${was.name.slice(schemaOf(was.name).length)}` }
}

/** The last part of a name: `app."a.b"` → `"a.b"`, `app.f(integer)` → `f`. */
function simpleName(object: CatalogObject): string {
  return lastPart(localName(object)) ?? object.name
}
