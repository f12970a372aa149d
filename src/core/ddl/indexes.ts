import { type CatalogObject, kindOf, listFact, textFact } from '../catalog.ts'
import { tokenize } from '../lexer.ts'
import { extensionChanges } from './depends-on-extension.ts'
import { storageOptionChanges, storageOptions } from './relation-text.ts'
import type { DdlWriter } from './writer.ts'

/**
 * Indexes. One that makes a constraint comes and goes with it, and one that is inherited with its partition or the index of the partitioned
 * table; what is left of these is ALTER INDEX.
 */
export const indexDdl: DdlWriter = {
  target: (index) => `INDEX ${index.name}`,
  create: (index) => {
    const bare = { ...index, facts: {} }
    if (madeByConstraint(index)) return [...storageChanges(bare, index), ...furtherChanges(bare, index)]
    return isInherited(index)
      ? furtherChanges(bare, index)
      : [createStatement(index), ...furtherChanges(bare, index)]
  },
  drop: (index) => (madeByConstraint(index) || isInherited(index) ? [] : [`DROP INDEX ${index.name}`]),
  alter: (from, to, changed) => {
    if (changed.some((fact) => !isAlterable(to, fact))) return undefined
    const inherited = textFact(to, 'inherited')
    return [
      ...storageChanges(from, to),
      ...furtherChanges(from, to),
      // it is no error when ATTACH PARTITION of the table did it
      ...(changed.includes('inherited') && inherited !== undefined
        ? [`ALTER INDEX ${inherited} ATTACH PARTITION ${to.name}`]
        : []),
      ...(changed.includes('valid') && inherited === undefined && !isPartitioned(to)
        ? [`REINDEX INDEX ${to.name}`]
        : []),
    ]
  },
}

function isAlterable(to: CatalogObject, fact: string): boolean {
  // nothing but a failure makes an index invalid
  if (fact === 'valid' || fact === 'ready') return textFact(to, fact) === undefined
  return ['options', 'tablespace', 'statistics', 'inherited', 'dependsOnExtensions'].includes(fact)
}

function madeByConstraint({ parent }: CatalogObject): boolean {
  return parent !== undefined && kindOf(parent) === 'constraint'
}

function isInherited(index: CatalogObject): boolean {
  return textFact(index, 'inherited') !== undefined
}

const ONLY = / ON ONLY (?=(?:"(?:[^"]|"")+"|[^".\s]+)\.)/

function isPartitioned(index: CatalogObject): boolean {
  return ONLY.test(textFact(index, 'definition') ?? '')
}

/** A valid index of a partitioned table has one on every partition. ONLY would make it invalid, and none there. */
function createStatement(index: CatalogObject): string {
  const written = textFact(index, 'definition') ?? ''
  const definition = textFact(index, 'valid') === undefined ? written.replace(ONLY, ' ON ') : written
  const options = storageOptions(listFact(index, 'options'))
  const tablespace = textFact(index, 'tablespace')
  const clauses = [
    ...(options === '' ? [] : [` WITH (${options})`]),
    ...(tablespace === undefined ? [] : [` TABLESPACE ${tablespace}`]),
  ].join('')
  const at = startOfPredicate(definition)
  return `${definition.slice(0, at)}${clauses}${definition.slice(at)}`
}

/** The place of ` WHERE …`, which comes last. */
function startOfPredicate(definition: string): number {
  let depth = 0
  for (const { start, end } of tokenize(definition)) {
    const token = definition.slice(start, end)
    if (token === '(') depth++
    else if (token === ')') depth--
    else if (token === 'WHERE' && depth === 0) return start - 1
  }
  return definition.length
}

function storageChanges(from: CatalogObject, to: CatalogObject): readonly string[] {
  const tablespace = textFact(to, 'tablespace')
  const moves = textFact(from, 'tablespace') !== tablespace
  return [
    ...storageOptionChanges(listFact(from, 'options'), listFact(to, 'options')),
    ...(moves ? [`SET TABLESPACE ${tablespace ?? 'pg_default'}`] : []),
  ].map((clause) => `ALTER INDEX ${to.name} ${clause}`)
}

function furtherChanges(from: CatalogObject, to: CatalogObject): readonly string[] {
  return [...statisticsChanges(from, to), ...extensionChanges(`INDEX ${to.name}`, from, to)]
}

/** Entries are `number of the column=target`; -1 is the default in all versions. */
function statisticsChanges(from: CatalogObject, to: CatalogObject): readonly string[] {
  const before = targets(from)
  const after = targets(to)
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((column) => before.get(column) !== after.get(column))
    .map(
      (column) => `ALTER INDEX ${to.name} ALTER COLUMN ${column} SET STATISTICS ${after.get(column) ?? '-1'}`,
    )
}

function targets(index: CatalogObject): ReadonlyMap<string, string> {
  return new Map(
    listFact(index, 'statistics').map((entry) => {
      const at = entry.indexOf('=')
      return [entry.slice(0, at), entry.slice(at + 1)]
    }),
  )
}
