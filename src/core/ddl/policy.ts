import { type CatalogObject, listFact, nameOf, textFact } from '../catalog.ts'
import { localName } from '../difference.ts'
import type { DdlWriter } from './writer.ts'

/** Row-level security policies. */
export const policyDdl: DdlWriter = {
  target,
  create: (policy) => {
    const command = textFact(policy, 'command')
    const clauses = [
      `CREATE ${target(policy)}`,
      ...(textFact(policy, 'restrictive') === undefined ? [] : ['AS RESTRICTIVE']),
      ...(command === undefined ? [] : [`FOR ${command}`]),
      ...(listFact(policy, 'roles').length === 0 ? [] : [roles(policy)]),
      ...expressions(policy, ['using', 'check']),
    ]
    return [clauses.join(' ')]
  },
  drop: (policy) => [`DROP ${target(policy)}`],
  alter: (_from, to, changed) => {
    if (changed.some((fact) => !isAlterable(to, fact))) return undefined
    const clauses = [...(changed.includes('roles') ? [roles(to)] : []), ...expressions(to, changed)]
    return [`ALTER ${target(to)} ${clauses.join(' ')}`]
  },
}

function target(policy: CatalogObject): string {
  return `POLICY ${localName(policy)} ON ${policy.parent === undefined ? '' : nameOf(policy.parent)}`
}

/** ALTER POLICY changes an expression but does not take it away. */
function isAlterable(to: CatalogObject, fact: string): boolean {
  return fact === 'roles' || ((fact === 'using' || fact === 'check') && textFact(to, fact) !== undefined)
}

function roles(policy: CatalogObject): string {
  const names = listFact(policy, 'roles')
  return `TO ${names.length === 0 ? 'PUBLIC' : names.join(', ')}`
}

function expressions(policy: CatalogObject, wanted: readonly string[]): readonly string[] {
  const using = textFact(policy, 'using')
  const check = textFact(policy, 'check')
  return [
    ...(wanted.includes('using') && using !== undefined ? [`USING (${using})`] : []),
    ...(wanted.includes('check') && check !== undefined ? [`WITH CHECK (${check})`] : []),
  ]
}
