import { type CatalogObject, textFact } from '../catalog.ts'
import { memberClauses } from './operator-family.ts'
import type { DdlWriter } from './writer.ts'

export const operatorClassDdl: DdlWriter = {
  target: ({ name }) => `OPERATOR CLASS ${name}`,
  create,
  drop: ({ name }) => [`DROP OPERATOR CLASS ${name}`],
  alter: () => undefined,
}

function create(operatorClass: CatalogObject): readonly string[] {
  const at = operatorClass.name.lastIndexOf(' USING ')
  const type = textFact(operatorClass, 'type')
  const storage = textFact(operatorClass, 'storage')
  const members = memberClauses(operatorClass)
  // The list must not be empty; to store the type itself is the default.
  const items =
    storage !== undefined || members.length === 0 ? [...members, `STORAGE ${storage ?? type}`] : members
  const isDefault = textFact(operatorClass, 'default') === undefined ? '' : ' DEFAULT'
  return [
    `CREATE OPERATOR CLASS ${operatorClass.name.slice(0, at)}${isDefault} FOR TYPE ${type}${operatorClass.name.slice(at)} FAMILY ${textFact(operatorClass, 'family')} AS\n  ${items.join(',\n  ')}`,
  ]
}
