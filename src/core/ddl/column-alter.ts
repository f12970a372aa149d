import { type CatalogObject, kindOf, listFact, nameOf, type ObjectKind, textFact } from '../catalog.ts'
import { localName } from '../difference.ts'
import { collate, notNullConstraint } from './column-definition.ts'
import {
  alterRelation,
  bareName,
  foreignOptionChanges,
  identifier,
  storageOptionChanges,
} from './relation-text.ts'

/** What can be changed of a column by itself; the columns of a view are as its SELECT makes them. */
const ALTERABLE: Partial<Record<ObjectKind, readonly string[]>> = {
  view: ['default'],
  'materialized-view': ['storage', 'compression', 'statistics', 'options'],
  type: ['type', 'collation'],
}

// A child's column follows its parent's, and that of a typed table the attribute of its type.
const FOLLOWING = ['type', 'collation', 'identity', 'generated', 'expression']

/** The statements that change one state of a column into another; undefined where it has to be dropped and added again. */
export function alterColumn(
  from: CatalogObject,
  to: CatalogObject,
  changed: readonly string[],
): readonly string[] | undefined {
  const { parent } = to
  if (parent === undefined) return []
  const follows = (column: CatalogObject) =>
    ['yes', 'from its type'].includes(textFact(column, 'inherited') ?? '')
  const facts = changed
    .filter((fact) => ALTERABLE[kindOf(parent)]?.includes(fact) ?? true)
    .filter((fact) => !(follows(from) && follows(to) && FOLLOWING.includes(fact)))
  if (isGeneratedAnew(from, to, facts)) return undefined
  const change: Change = { from, to, has: (...names) => names.some((name) => facts.includes(name)) }
  if (kindOf(parent) === 'type')
    return attributeType(change).map((clause) => `${alterRelation(parent)} ${clause}`)
  const clauses = [
    ...before(change),
    ...columnType(change),
    ...after(change),
    ...storageClauses(change),
    ...optionClauses(change),
  ]
  return clauses.map((clause) => `${alterRelation(parent)} ${clause}`)
}

interface Change {
  readonly from: CatalogObject
  readonly to: CatalogObject
  /** Whether one of these facts changed. */
  has(...names: readonly string[]): boolean
}

/** A column cannot become generated, nor can one that is computed when read become stored; SET EXPRESSION of a stored one came with 17. */
function isGeneratedAnew(from: CatalogObject, to: CatalogObject, facts: readonly string[]): boolean {
  const [was, is] = [textFact(from, 'generated'), textFact(to, 'generated')]
  if (facts.includes('generated')) return !(was === 'stored' && is === undefined)
  return facts.includes('expression') && is !== 'virtual'
}

function alter(column: CatalogObject, action: string): string {
  return `ALTER COLUMN ${localName(column)} ${action}`
}

/** What has to go before the type can change or something else can take its place. */
function before(change: Change): string[] {
  const { from, to, has } = change
  const clauses: string[] = []
  if (has('identity') && textFact(to, 'identity') === undefined) clauses.push(alter(to, 'DROP IDENTITY'))
  if (has('generated')) clauses.push(alter(to, 'DROP EXPRESSION'))
  const dropsDefault = has('default') && textFact(to, 'default') === undefined
  if (textFact(from, 'default') !== undefined && (dropsDefault || changesBaseType(change)))
    clauses.push(alter(to, 'DROP DEFAULT'))
  return clauses
}

/** What is set once the type is right. An identity column has to be NOT NULL. */
function after(change: Change): string[] {
  const { from, to, has } = change
  const value = textFact(to, 'default')
  const identity = textFact(to, 'identity')
  const clauses: string[] = []
  if (value !== undefined && (has('default') || changesBaseType(change)))
    clauses.push(alter(to, `SET DEFAULT ${value}`))
  if (has('expression') && textFact(to, 'generated') === 'virtual')
    clauses.push(alter(to, `SET EXPRESSION AS (${textFact(to, 'expression')})`))
  clauses.push(...notNull(change))
  if (has('identity') && identity !== undefined) {
    const how = `GENERATED ${identity.toUpperCase()}`
    const added = textFact(from, 'identity') === undefined
    clauses.push(alter(to, added ? `ADD ${how} AS IDENTITY` : `SET ${how}`))
  }
  return clauses
}

/** A type without its modifier: `numeric(10,2)` → `numeric`. */
function baseType(column: CatalogObject): string {
  return (textFact(column, 'type') ?? '').replace(/\([^")]*\)/, '')
}

/** A default is converted with the type only where a cast for assignment exists; it may name the old type. */
function changesBaseType({ from, to, has }: Change): boolean {
  return has('type') && baseType(from) !== baseType(to)
}

function columnType(change: Change): string[] {
  const { to, has } = change
  if (!has('type', 'collation')) return []
  // Neither a generated column nor a foreign one can say USING.
  const converts =
    changesBaseType(change) &&
    textFact(to, 'generated') === undefined &&
    to.parent?.startsWith('table ') === true
  return [
    ['ALTER COLUMN', localName(to), 'TYPE', textFact(to, 'type'), collate(to), converts ? using(change) : '']
      .filter(Boolean)
      .join(' '),
  ]
}

/** Between any two types there is a cast by way of text (manual, CREATE CAST); those of users, such as enums, rarely have another. */
function using({ from, to }: Change): string {
  const byText = [from, to].some((column) => baseType(column).includes('.'))
  return `USING ${localName(to)}${byText ? '::text' : ''}::${textFact(to, 'type')}`
}

function attributeType({ to, has }: Change): string[] {
  if (!has('type', 'collation')) return []
  return [
    ['ALTER ATTRIBUTE', localName(to), 'TYPE', textFact(to, 'type'), collate(to)].filter(Boolean).join(' '),
  ]
}

function notNull({ from, to, has }: Change): string[] {
  if (!has('notNull', 'notNullName', 'notNullValid', 'notNullInherit', 'notNullInherited')) return []
  const [was, is] = [textFact(from, 'notNull'), textFact(to, 'notNull')]
  // The parent's statement reaches it; saying it again would make it local.
  if (was !== is && [from, to].some((column) => textFact(column, 'notNullInherited') === 'yes')) return []
  if (is === undefined) return was === undefined ? [] : [alter(to, 'DROP NOT NULL')]
  if (was === undefined) return addNotNull(to)
  if (has('notNullValid') && textFact(to, 'notNullValid') !== undefined)
    return [alter(to, 'DROP NOT NULL'), ...addNotNull(to)]
  const [oldName, name] = [notNullName(from), notNullName(to)]
  const inherit = textFact(to, 'notNullInherit') === undefined ? 'INHERIT' : 'NO INHERIT'
  return [
    ...(oldName === name ? [] : [`RENAME CONSTRAINT ${oldName} TO ${name}`]),
    ...(has('notNullInherit') ? [`ALTER CONSTRAINT ${name} ${inherit}`] : []),
    ...(has('notNullValid') ? [`VALIDATE CONSTRAINT ${name}`] : []),
    ...(has('notNullInherited') && textFact(to, 'notNullInherited') === 'and local'
      ? [alter(to, 'SET NOT NULL')]
      : []),
  ]
}

function addNotNull(column: CatalogObject): string[] {
  const special = ['notNullName', 'notNullValid', 'notNullInherit'].some(
    (fact) => column.facts[fact] !== undefined,
  )
  if (!special) return [alter(column, 'SET NOT NULL')]
  const valid = textFact(column, 'notNullValid') === undefined ? '' : ' NOT VALID'
  return [`ADD ${notNullConstraint(column, `NOT NULL ${localName(column)}`)}${valid}`]
}

/** Its own name, else what PostgreSQL calls it while table and column have the names they were made with. */
function notNullName(column: CatalogObject): string {
  const table = column.parent === undefined ? '' : bareName(nameOf(column.parent))
  return textFact(column, 'notNullName') ?? identifier(`${table}_${bareName(localName(column))}_not_null`)
}

function storageClauses({ to, has }: Change): string[] {
  const clauses: string[] = []
  if (has('storage')) clauses.push(alter(to, `SET STORAGE ${textFact(to, 'storage') ?? usualStorage(to)}`))
  if (has('compression'))
    clauses.push(alter(to, `SET COMPRESSION ${textFact(to, 'compression') ?? 'default'}`))
  if (has('statistics')) clauses.push(alter(to, `SET STATISTICS ${textFact(to, 'statistics') ?? '-1'}`))
  return clauses
}

/** SET STORAGE DEFAULT came with 16. What can be stored in another way at all is extended, with few exceptions. */
function usualStorage(column: CatalogObject): string {
  const type = baseType(column)
  if (['numeric', 'inet', 'cidr'].includes(type)) return 'main'
  return /\.(?:geometry|geography)$/.test(type)
    ? 'main'
    : /\.(?:half|sparse)?vec(?:tor)?$/.test(type)
      ? 'external'
      : 'extended'
}

function optionClauses({ from, to, has }: Change): string[] {
  const clauses: string[] = []
  if (has('options'))
    clauses.push(
      ...storageOptionChanges(listFact(from, 'options'), listFact(to, 'options')).map((c) => alter(to, c)),
    )
  const foreign = has('fdwOptions')
    ? foreignOptionChanges(listFact(from, 'fdwOptions'), listFact(to, 'fdwOptions'))
    : ''
  return foreign === '' ? clauses : [...clauses, alter(to, foreign)]
}
