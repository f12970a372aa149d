import { type CatalogObject, textFact } from '../catalog.ts'
import { localName } from '../difference.ts'
import { literal } from '../sql-literal.ts'
import { commonCreate } from './common.ts'
import { alterEnum, createEnum } from './enum.ts'
import { moveToNewEnum } from './enum-rebuild.ts'
import { createFunction } from './function.ts'
import { only, parameters } from './routine-text.ts'
import type { CreateContext, DdlWriter } from './writer.ts'

export const typeDdl: DdlWriter = {
  target: ({ name }) => `TYPE ${name}`,
  create,
  drop: (type) => [`DROP TYPE ${type.name}${hasOwnFunctions(type) ? ' CASCADE' : ''}`],
  alter(from, to, changed) {
    if (only(changed, ['values'])) return alterEnum(from, to)
    if (textFact(from, 'variant') === 'base' && only(changed, ALTERABLE)) return alterBase(to, changed)
    return undefined
  },
}

/**
 * The statements that take labels away from an enum, which no ALTER does: a new type under the old name, with owner, comment and privileges of
 * the old one. Rows that hold a label that goes make it fail.
 * @param context the state that the database is in
 */
export function rebuildEnum(
  from: CatalogObject,
  to: CatalogObject,
  context: CreateContext,
): readonly string[] {
  return [...moveToNewEnum(from, to, context), ...commonCreate(typeDdl, from)]
}

function create(type: CatalogObject, within: CreateContext): readonly string[] {
  switch (textFact(type, 'variant')) {
    case 'enum':
      return [createEnum(type)]
    case 'composite':
      return [`CREATE TYPE ${type.name} AS (${attributes(type, within)})`]
    case 'range':
      return [...shell(type, within), `CREATE TYPE ${type.name} AS RANGE (${rangeParameters(type)})`]
    case 'base':
      return [...shell(type, within), `CREATE TYPE ${type.name} (${baseParameters(type)})`]
    default:
      return [`CREATE TYPE ${type.name}`]
  }
}

function attributes(type: CatalogObject, within: CreateContext): string {
  return within
    .childrenOf(type)
    .filter(({ kind }) => kind === 'column')
    .map((column) => {
      const collation = textFact(column, 'collation')
      return `${localName(column)} ${textFact(column, 'type')}${collation === undefined ? '' : ` COLLATE ${collation}`}`
    })
    .join(', ')
}

/** Functions that the type needs and that need the type: its shell is made first, then they (manual, CREATE TYPE). */
function shell(type: CatalogObject, within: CreateContext): readonly string[] {
  if (!hasOwnFunctions(type)) return []
  const functions = within.childrenOf(type).filter(({ kind }) => kind === 'function')
  return [`CREATE TYPE ${type.name}`, ...functions.map((one) => createFunction(one, 'CREATE'))]
}

/** Only CASCADE drops a type and functions that need each other. */
function hasOwnFunctions(type: CatalogObject): boolean {
  return textFact(type, 'variant') === 'base' || textFact(type, 'canonical') !== undefined
}

function rangeParameters(type: CatalogObject): string {
  return parameters([
    ['subtype', textFact(type, 'subtype')],
    ['subtype_opclass', textFact(type, 'subtypeOpclass')],
    ['collation', textFact(type, 'collation')],
    ['canonical', textFact(type, 'canonical')],
    ['subtype_diff', textFact(type, 'subtypeDiff')],
    ['multirange_type_name', textFact(type, 'multirange')],
  ])
}

const FUNCTIONS = [
  'input',
  'output',
  'receive',
  'send',
  'typmod_in',
  'typmod_out',
  'analyze',
  'subscript',
  'alignment',
  'storage',
  'element',
] as const
const LITERALS = ['category', 'default', 'delimiter'] as const
const FLAGS = ['preferred', 'collatable'] as const

function baseParameters(type: CatalogObject): string {
  return parameters([
    ...FUNCTIONS.map((name) => [name, textFact(type, name)] as const),
    ['internallength', textFact(type, 'internallength') ?? 'VARIABLE'],
    ['passedbyvalue', textFact(type, 'passedbyvalue') && ''],
    ...FLAGS.map((name) => [name, textFact(type, name) && 'true'] as const),
    ...LITERALS.map((name) => [name, quoted(textFact(type, name))] as const),
  ])
}

function quoted(text: string | undefined): string | undefined {
  return text === undefined ? undefined : literal(text).trim()
}

/** What ALTER TYPE … SET can change (manual, ALTER TYPE). */
const ALTERABLE = ['receive', 'send', 'typmod_in', 'typmod_out', 'analyze', 'subscript', 'storage']

function alterBase(to: CatalogObject, changed: readonly string[]): readonly string[] | undefined {
  // A type that TOAST can hold never loses that again.
  if (changed.includes('storage') && textFact(to, 'storage') === undefined) return undefined
  return [
    `ALTER TYPE ${to.name} SET (${parameters(changed.map((name) => [name, textFact(to, name) ?? 'NONE']))})`,
  ]
}
