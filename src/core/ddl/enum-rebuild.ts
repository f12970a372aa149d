import { type CatalogObject, kindOf, listFact, type ObjectKey, textFact } from '../catalog.ts'
import { localName } from '../difference.ts'
import { escapeRegExp } from '../object-name.ts'
import { commonCreate } from './common.ts'
import { constraintDdl } from './constraint.ts'
import { createEnum, quoted } from './enum.ts'
import { functionDdl } from './function.ts'
import { indexDdl } from './indexes.ts'
import { alterRelation, bareName, identifier } from './relation-text.ts'
import { viewDdl } from './view.ts'
import type { CreateContext, DdlWriter } from './writer.ts'

/**
 * Makes an enum again with other labels and moves every column over to it: the only way to take a label away. Indexes, constraints, views and
 * functions that name the type, and views on the tables, are made again as well. Rows that hold a label that goes make it fail. Owner, comment
 * and privileges of the new type are left to the caller.
 * @param context the state that the database is in
 */
export function moveToNewEnum(
  from: CatalogObject,
  to: CatalogObject,
  context: CreateContext,
): readonly string[] {
  const columns = [...context.snapshot.objects.values()].filter((object) => isColumnOf(object, from.name))
  const withDefault = columns.filter((column) => textFact(column, 'default') !== undefined)
  const users = usersOf(from.name, columns, context)
  const oldName = identifier(`${bareName(from.name)}__old`)
  return [
    ...users.toReversed().flatMap(({ object, writer }) => writer.drop(object)),
    ...withDefault.map((column) => `${alterColumn(column)} DROP DEFAULT`),
    `ALTER TYPE ${from.name} RENAME TO ${oldName}`,
    createEnum(to),
    // A parent's ALTER COLUMN reaches the column in its partitions and children too.
    ...columns.filter((column) => textFact(column, 'inherited') === undefined).map(changeType),
    ...withDefault.filter((column) => isValidDefault(column, from, to)).map(restoreDefault),
    ...users.flatMap(({ object, writer }) => [
      ...writer.create(object, context),
      ...commonCreate(writer, object),
    ]),
    `DROP TYPE ${schemaPart(from.name)}${oldName}`,
  ]
}

/** `app.` of `app.mood`. */
function schemaPart(name: string): string {
  return name.replace(/(?:"(?:[^"]|"")*"|[^".]+)$/, '')
}

function isColumnOf({ kind, parent, facts }: CatalogObject, type: string): boolean {
  if (kind !== 'column' || parent === undefined || facts['expression'] !== undefined) return false
  const isWritten = ['table', 'foreign-table', 'type'].includes(kindOf(parent))
  return isWritten && (facts['type'] === type || facts['type'] === `${type}[]`)
}

function alterColumn(column: CatalogObject): string {
  const { parent } = column
  if (parent === undefined) throw new Error(`column ${column.name} has no parent`)
  const part = kindOf(parent) === 'type' ? 'ATTRIBUTE' : 'COLUMN'
  return `${alterRelation(parent)} ALTER ${part} ${localName(column)}`
}

/** Only the columns of a table have values to convert. */
function changeType(column: CatalogObject): string {
  const type = textFact(column, 'type') ?? ''
  const text = type.endsWith('[]') ? 'text[]' : 'text'
  const using = column.parent?.startsWith('table ') ? ` USING ${localName(column)}::${text}::${type}` : ''
  return `${alterColumn(column)} TYPE ${type}${using}`
}

function restoreDefault(column: CatalogObject): string {
  return `${alterColumn(column)} SET DEFAULT ${textFact(column, 'default')}`
}

/** A default that is a label which goes cannot come back. */
function isValidDefault(column: CatalogObject, from: CatalogObject, to: CatalogObject): boolean {
  const gone = listFact(from, 'values').filter((label) => !listFact(to, 'values').includes(label))
  const value = textFact(column, 'default') ?? ''
  return !gone.some((label) => value.includes(`${quoted(label)}::${from.name}`))
}

const WRITERS: Readonly<Partial<Record<CatalogObject['kind'], DdlWriter>>> = {
  constraint: constraintDdl,
  function: functionDdl,
  procedure: functionDdl,
  index: indexDdl,
  view: viewDdl,
}

interface User {
  readonly object: CatalogObject
  readonly writer: DdlWriter
}

/** What the server would keep on the old type, or what keeps a column's type from being changed, in order of creation. */
function usersOf(type: string, columns: readonly CatalogObject[], context: CreateContext): readonly User[] {
  const tables = new Set(columns.flatMap(({ parent }) => parent ?? []))
  const objects = [...context.snapshot.objects.values()].sort((a, b) => a.order - b.order)
  const users: User[] = []
  const names = new Set([...tables].map((key) => key.slice(key.indexOf(' ') + 1)))
  for (const object of objects) {
    const writer = WRITERS[object.kind]
    if (writer === undefined || !isUser(object, type, tables, names)) continue
    users.push({ object, writer })
    if (object.kind === 'view') names.add(object.name)
  }
  return users
}

function isUser(
  object: CatalogObject,
  type: string,
  tables: ReadonlySet<ObjectKey>,
  names: ReadonlySet<string>,
): boolean {
  const definition = textFact(object, 'definition') ?? ''
  switch (object.kind) {
    case 'view':
      return [type, ...names].some((name) => mentions(definition, name))
    case 'function':
    case 'procedure':
      return [
        object.name,
        textFact(object, 'returns') ?? '',
        textFact(object, 'sqlBody') ?? '',
        ...listFact(object, 'arguments'),
      ].some((text) => mentions(text, type))
    default:
      return object.parent !== undefined && tables.has(object.parent) && mentions(definition, type)
  }
}

function mentions(text: string, name: string): boolean {
  const escaped = escapeRegExp(name)
  return new RegExp(`(?<![\\w."])${escaped}(?![\\w"$])`).test(text)
}
