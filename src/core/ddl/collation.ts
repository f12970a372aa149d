import { type CatalogObject, textFact } from '../catalog.ts'
import { literal } from '../sql-literal.ts'
import { parameters } from './routine-text.ts'
import type { DdlWriter } from './writer.ts'

export const collationDdl: DdlWriter = {
  target: ({ name }) => `COLLATION ${name}`,
  create: (collation) => [`CREATE COLLATION ${collation.name} (${list(collation)})`],
  drop: ({ name }) => [`DROP COLLATION ${name}`],
  alter: () => undefined,
}

function list(collation: CatalogObject): string {
  return parameters([
    ['provider', textFact(collation, 'provider')],
    ['locale', quoted(collation, 'locale')],
    ['lc_collate', quoted(collation, 'lcCollate')],
    ['lc_ctype', quoted(collation, 'lcCtype')],
    ['deterministic', textFact(collation, 'deterministic') && 'false'],
    ['rules', quoted(collation, 'rules')],
  ])
}

function quoted(collation: CatalogObject, fact: string): string | undefined {
  const text = textFact(collation, fact)
  return text === undefined ? undefined : literal(text).trim()
}
