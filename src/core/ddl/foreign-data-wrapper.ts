import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import { foreignOptionChanges, foreignOptions } from './relation-text.ts'
import type { DdlWriter } from './writer.ts'

const FUNCTIONS = ['handler', 'validator'] as const

function functionClauses(
  object: CatalogObject,
  facts: readonly string[],
  absent: (word: string) => string[],
) {
  return FUNCTIONS.filter((fact) => facts.includes(fact)).flatMap((fact) => {
    const name = textFact(object, fact)
    return name === undefined ? absent(fact.toUpperCase()) : [`${fact.toUpperCase()} ${name}`]
  })
}

export const foreignDataWrapperDdl: DdlWriter = {
  target: ({ name }) => `FOREIGN DATA WRAPPER ${name}`,
  create: (object) => {
    const options = foreignOptions(listFact(object, 'options'))
    return [
      [
        `CREATE FOREIGN DATA WRAPPER ${object.name}`,
        ...functionClauses(object, FUNCTIONS, () => []),
        ...(options === '' ? [] : [options]),
      ].join(' '),
    ]
  },
  drop: ({ name }) => [`DROP FOREIGN DATA WRAPPER ${name}`],
  alter(from, to, changed) {
    const options = foreignOptionChanges(listFact(from, 'options'), listFact(to, 'options'))
    const clauses = [
      ...functionClauses(to, changed, (word) => [`NO ${word}`]),
      ...(options === '' ? [] : [options]),
    ]
    return clauses.length === 0 ? [] : [`ALTER FOREIGN DATA WRAPPER ${to.name} ${clauses.join(' ')}`]
  },
}
