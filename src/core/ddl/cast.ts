import { type CatalogObject, textFact } from '../catalog.ts'
import type { DdlWriter } from './writer.ts'

export const castDdl: DdlWriter = {
  target: ({ name }) => `CAST (${name})`,
  create: (cast) => [`CREATE CAST (${cast.name}) ${method(cast)}${context(cast)}`],
  drop: ({ name }) => [`DROP CAST (${name})`],
  alter: () => undefined,
}

function method(cast: CatalogObject): string {
  switch (textFact(cast, 'method')) {
    case 'binary':
      return 'WITHOUT FUNCTION'
    case 'inout':
      return 'WITH INOUT'
    default:
      return `WITH FUNCTION ${textFact(cast, 'function')}`
  }
}

function context(cast: CatalogObject): string {
  const word = textFact(cast, 'context')
  return word === undefined ? '' : ` AS ${word.toUpperCase()}`
}
