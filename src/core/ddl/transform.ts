import { type CatalogObject, textFact } from '../catalog.ts'
import type { DdlWriter } from './writer.ts'

function createTransform(object: CatalogObject, verb: string): string {
  const clause = (word: string, fact: string) => {
    const name = textFact(object, fact)
    return name === undefined ? [] : [`${word} SQL WITH FUNCTION ${name}(internal)`]
  }
  return `${verb} TRANSFORM ${object.name} (${[...clause('FROM', 'fromSql'), ...clause('TO', 'toSql')].join(', ')})`
}

export const transformDdl: DdlWriter = {
  target: ({ name }) => `TRANSFORM ${name}`,
  create: (object) => [createTransform(object, 'CREATE')],
  drop: ({ name }) => [`DROP TRANSFORM ${name}`],
  alter: (_from, to) => [createTransform(to, 'CREATE OR REPLACE')],
}
