import { type CatalogObject, textFact } from '../catalog.ts'
import type { DdlWriter } from './writer.ts'

function createLanguage(object: CatalogObject, verb: string): string {
  const clause = (word: string, fact: string) => {
    const name = textFact(object, fact)
    return name === undefined ? '' : ` ${word} ${name}`
  }
  const trusted = textFact(object, 'trusted') === undefined ? '' : 'TRUSTED '
  const functions = `${clause('HANDLER', 'handler')}${clause('INLINE', 'inline')}${clause('VALIDATOR', 'validator')}`
  return `${verb} ${trusted}LANGUAGE ${object.name}${functions}`
}

export const languageDdl: DdlWriter = {
  target: ({ name }) => `LANGUAGE ${name}`,
  create: (object) => [createLanguage(object, 'CREATE')],
  drop: ({ name }) => [`DROP LANGUAGE ${name}`],
  alter: (_from, to) => [createLanguage(to, 'CREATE OR REPLACE')],
}
