import { type CatalogObject, listFact, type ObjectKey, textFact } from '../catalog.ts'
import { localName } from '../difference.ts'
import { alterColumn } from './column-alter.ts'
import { asDefined, columnConstraints, columnDefinition, defaultComesLater } from './column-definition.ts'
import { alterRelation } from './relation-text.ts'
import type { CreateContext } from './writer.ts'

/** How CREATE TABLE says where the columns come from. */
export type Origin = 'own' | 'type' | 'partition' | 'inherited' | 'attached later'

/** The columns of a relation in their order. */
export function columnsOf(relation: CatalogObject, within: CreateContext): readonly CatalogObject[] {
  const columns = within.childrenOf(relation).filter(({ kind }) => kind === 'column')
  return [...columns].sort((a, b) => Number(textFact(a, 'position')) - Number(textFact(b, 'position')))
}

/** The parents of a table, in order. */
export function parentsOf(relation: CatalogObject): readonly string[] {
  const partitioned = textFact(relation, 'partitionOf')
  return partitioned === undefined ? listFact(relation, 'inherits') : [partitioned]
}

/**
 * INHERITS and PARTITION OF put the parents' columns first and in their order. Where a table has them in another it was made by itself and
 * attached later, and has to be again.
 */
export function originOf(
  relation: CatalogObject,
  columns: readonly CatalogObject[],
  within: CreateContext,
): Origin {
  if (textFact(relation, 'ofType') !== undefined) return 'type'
  const parents = parentsOf(relation)
  if (parents.length === 0) return 'own'
  const inherited = new Set(parents.flatMap((parent) => columnsOfParent(parent, within)))
  const names = columns.map(localName)
  const order = [...inherited, ...names.filter((name) => !inherited.has(name))]
  const sameOrder = order.join() === names.join()
  const isPartition = textFact(relation, 'partitionOf') !== undefined
  if (sameOrder || (!isPartition && columns.some((column) => textFact(column, 'inherited') === 'yes')))
    return isPartition ? 'partition' : 'inherited'
  return 'attached later'
}

function columnsOfParent(parent: string, within: CreateContext): string[] {
  const relation = parentRelation(parent, within)
  return relation === undefined ? [] : columnsOf(relation, within).map(localName)
}

function parentRelation(name: string, { snapshot }: CreateContext): CatalogObject | undefined {
  return snapshot.objects.get(`table ${name}`) ?? snapshot.objects.get(`foreign-table ${name}`)
}

/** What stands between the parentheses of CREATE TABLE. */
export function columnList(
  relation: CatalogObject,
  columns: readonly CatalogObject[],
  origin: Origin,
  within: CreateContext,
): readonly string[] {
  const withDefault = (column: CatalogObject) => !defaultComesLater(column, relation.order, within)
  if (origin === 'type') {
    const constraints = columns.map((column) => [
      localName(column),
      columnConstraints(column, withDefault(column)),
    ])
    return constraints.filter(([, text]) => text !== '').map(([name, text]) => `${name} WITH OPTIONS ${text}`)
  }
  const own = columns.filter(
    (column) => origin === 'attached later' || textFact(column, 'inherited') !== 'yes',
  )
  return own.map((column) => columnDefinition(column, { withDefault: withDefault(column) }))
}

/** What CREATE TABLE or ADD COLUMN cannot say of a column and ALTER has to. */
export function columnAfterwards(
  column: CatalogObject,
  within: CreateContext,
  origin?: Origin,
): readonly string[] {
  const inherited = textFact(column, 'inherited')
  const follows =
    origin === undefined
      ? inherited === 'yes' || inherited === 'from its type'
      : inherited === 'yes' && origin !== 'attached later'
  const made = follows ? asInherited(column, within) : asDefined(column)
  return alterColumn(made, column, differing(made, column)) ?? []
}

const NOT_ALTERED = ['owner', 'privileges', 'comment', 'labels', 'position', 'inherited']

function differing(from: CatalogObject, to: CatalogObject): string[] {
  const names = new Set([...Object.keys(from.facts), ...Object.keys(to.facts)])
  return [...names].filter(
    (name) =>
      !NOT_ALTERED.includes(name) && JSON.stringify(from.facts[name]) !== JSON.stringify(to.facts[name]),
  )
}

/** What a child's column takes over from its parent's (manual, CREATE TABLE, INHERITS and PARTITION OF). */
const TAKEN_OVER = [
  'type',
  'collation',
  'default',
  'generated',
  'expression',
  'notNull',
  'notNullName',
  'storage',
  'compression',
]

/** The column as the parent's column makes it. */
function asInherited(column: CatalogObject, within: CreateContext): CatalogObject {
  const { snapshot } = within
  const relation = column.parent === undefined ? undefined : snapshot.objects.get(column.parent)
  const parents = relation === undefined ? [] : parentsOf(relation)
  const keys = parents.map((parent): ObjectKey => `column ${parent}.${localName(column)}`)
  const source = keys.map((key) => snapshot.objects.get(key)).find((found) => found !== undefined)
  const taken = source === undefined ? ['type', 'collation'] : TAKEN_OVER
  const facts = Object.fromEntries(
    Object.entries((source ?? column).facts).filter(([name]) => taken.includes(name)),
  )
  if (source !== undefined && textFact(source, 'notNullInherit') !== undefined) delete facts['notNull']
  // Partitions share the parent's identity since 17; other children have none or their own.
  const identity = textFact(column, 'identity')
  const shared =
    relation !== undefined && textFact(relation, 'partitionOf') !== undefined && identity !== undefined
  return { ...column, facts: { ...facts, ...(shared ? { identity } : {}) } }
}

/** Defaults that ask a sequence which belongs to the column and is younger than it. */
export function laterDefault(column: CatalogObject, made: number, within: CreateContext): readonly string[] {
  if (column.parent === undefined || !defaultComesLater(column, made, within)) return []
  return [
    `${alterRelation(column.parent)} ALTER COLUMN ${localName(column)} SET DEFAULT ${textFact(column, 'default')}`,
  ]
}

/** DETACH, NO INHERIT, ATTACH and INHERIT that lead from one ancestry to the other. */
export function alterAncestry(from: CatalogObject, to: CatalogObject): readonly string[] {
  const { name } = to
  const self = alterRelation(`${to.kind} ${name}`)
  const [was, is] = [listFact(from, 'inherits'), listFact(to, 'inherits')]
  const different = is.findIndex((parent, at) => was[at] !== parent)
  const kept = different === -1 ? Math.min(is.length, was.length) : different
  return [
    ...detach(from, to),
    ...was.slice(kept).map((parent) => `${self} NO INHERIT ${parent}`),
    ...is.slice(kept).map((parent) => `${self} INHERIT ${parent}`),
    ...attach(from, to),
  ]
}

function sameBound(from: CatalogObject, to: CatalogObject): boolean {
  return ['partitionOf', 'partitionBound', 'partitionDetach'].every(
    (fact) => from.facts[fact] === to.facts[fact],
  )
}

function detach(from: CatalogObject, to: CatalogObject): readonly string[] {
  const parent = textFact(from, 'partitionOf')
  if (parent === undefined || sameBound(from, to)) return []
  const finalize = textFact(from, 'partitionDetach') === undefined ? '' : ' FINALIZE'
  return [`ALTER TABLE ${parent} DETACH PARTITION ${from.name}${finalize}`]
}

function attach(from: CatalogObject, to: CatalogObject): readonly string[] {
  const parent = textFact(to, 'partitionOf')
  if (parent === undefined || sameBound(from, to)) return []
  return [`ALTER TABLE ${parent} ATTACH PARTITION ${to.name} ${textFact(to, 'partitionBound')}`]
}
