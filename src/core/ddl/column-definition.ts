import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import { localName } from '../difference.ts'
import { foreignOptions } from './relation-text.ts'
import type { CreateContext } from './writer.ts'

/** What neither CREATE TABLE nor ADD COLUMN can say of a column, before 16 at least (storage). */
const LATER_FACTS = ['storage', 'statistics', 'options', 'notNullValid', 'notNullInherited']

/** `email text COLLATE "C" DEFAULT 'x'::text NOT NULL`: a column within CREATE TABLE or ADD COLUMN, an attribute within CREATE TYPE. */
export function columnDefinition(
  column: CatalogObject,
  { withDefault = true }: { readonly withDefault?: boolean } = {},
): string {
  const compression = textFact(column, 'compression')
  return [
    localName(column),
    textFact(column, 'type'),
    ...(compression === undefined ? [] : [`COMPRESSION ${compression}`]),
    foreignOptions(listFact(column, 'fdwOptions')),
    collate(column),
    columnConstraints(column, withDefault),
  ]
    .filter(Boolean)
    .join(' ')
}

/** `COLLATE "C"`, or nothing. */
export function collate(column: CatalogObject): string {
  const collation = textFact(column, 'collation')
  return collation === undefined ? '' : `COLLATE ${collation}`
}

/** Default, generation, identity and NOT NULL, as they follow the type. */
export function columnConstraints(column: CatalogObject, withDefault = true): string {
  const value = textFact(column, 'default')
  const identity = textFact(column, 'identity')
  const generated = textFact(column, 'generated')
  return [
    value !== undefined && withDefault ? `DEFAULT ${value}` : '',
    identity === undefined ? '' : `GENERATED ${identity.toUpperCase()} AS IDENTITY`,
    generated === undefined
      ? ''
      : `GENERATED ALWAYS AS (${textFact(column, 'expression')}) ${generated.toUpperCase()}`,
    textFact(column, 'notNull') !== undefined && textFact(column, 'notNullValid') === undefined
      ? notNullConstraint(column, 'NOT NULL')
      : '',
  ]
    .filter(Boolean)
    .join(' ')
}

/** A NOT NULL constraint with its name, where it has one of its own, and NO INHERIT. */
export function notNullConstraint(column: CatalogObject, constraint: string): string {
  const name = textFact(column, 'notNullName')
  const inherit = textFact(column, 'notNullInherit') === undefined ? '' : ' NO INHERIT'
  return `${name === undefined ? '' : `CONSTRAINT ${name} `}${constraint}${inherit}`
}

/** The column as its definition alone makes it. */
export function asDefined(column: CatalogObject): CatalogObject {
  const facts = Object.fromEntries(
    Object.entries(column.facts).filter(([name]) => !LATER_FACTS.includes(name)),
  )
  // NOT VALID cannot be said within a definition.
  if (textFact(column, 'notNullValid') !== undefined) delete facts['notNull']
  return { ...column, facts }
}

/**
 * Whether the default asks a sequence that is not there yet when the column is made: one that belongs to the column and is made after it.
 * The sequence of a serial is older than its table.
 */
export function defaultComesLater(column: CatalogObject, made: number, within: CreateContext): boolean {
  const value = textFact(column, 'default')
  return (
    value?.includes('nextval(') === true &&
    within.childrenOf(column).some(({ kind, order }) => kind === 'sequence' && order > made)
  )
}
