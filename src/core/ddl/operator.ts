import { type CatalogObject, textFact } from '../catalog.ts'
import { argumentsOf, only, parameters } from './routine-text.ts'
import type { DdlWriter } from './writer.ts'

export const operatorDdl: DdlWriter = {
  target: ({ name }) => `OPERATOR ${name}`,
  create,
  drop: ({ name }) => [`DROP OPERATOR ${name}`],
  alter(from, to, changed) {
    // CREATE OPERATOR completes a shell.
    if (textFact(from, 'shell') !== undefined && textFact(to, 'shell') === undefined) return create(to)
    // Before 17 ALTER OPERATOR changes nothing else.
    if (!only(changed, ['restrict', 'join'])) return undefined
    const entries = changed.map((fact) => [fact, textFact(to, fact) ?? 'NONE'] as const)
    return [`ALTER OPERATOR ${to.name} SET (${parameters(entries)})`]
  },
}

/** A shell is made by the operator that names it. */
function create(operator: CatalogObject): readonly string[] {
  if (textFact(operator, 'shell') !== undefined) return []
  const comma = argumentsOf(operator.name).lastIndexOf(', ')
  const left = argumentsOf(operator.name).slice(0, comma)
  const list = parameters([
    ['function', textFact(operator, 'function')],
    ['leftarg', left === 'NONE' ? undefined : left],
    ['rightarg', argumentsOf(operator.name).slice(comma + 2)],
    ['commutator', textFact(operator, 'commutator')],
    ['negator', textFact(operator, 'negator')],
    ['restrict', textFact(operator, 'restrict')],
    ['join', textFact(operator, 'join')],
    ['hashes', textFact(operator, 'hashes') && ''],
    ['merges', textFact(operator, 'merges') && ''],
  ])
  return [`CREATE OPERATOR ${operator.name.slice(0, -argumentsOf(operator.name).length - 2)} (${list})`]
}
