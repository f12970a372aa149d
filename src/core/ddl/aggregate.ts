import { type CatalogObject, textFact } from '../catalog.ts'
import { literal } from '../sql-literal.ts'
import { argumentsOf, only, parameters, withoutArguments } from './routine-text.ts'
import type { DdlWriter } from './writer.ts'

/** Facts that are parameters of CREATE AGGREGATE of the same name. */
const PARAMETERS = [
  'sfunc',
  'stype',
  'sspace',
  'finalfunc',
  'finalfunc_extra',
  'finalfunc_modify',
  'combinefunc',
  'serialfunc',
  'deserialfunc',
  'initcond',
  'msfunc',
  'minvfunc',
  'mstype',
  'msspace',
  'mfinalfunc',
  'mfinalfunc_extra',
  'mfinalfunc_modify',
  'minitcond',
  'sortop',
  'parallel',
]

export const aggregateDdl: DdlWriter = {
  target,
  // GRANT knows aggregates as functions, by the types of their arguments alone.
  grantTarget: ({ name }) => `FUNCTION ${argumentsOf(name) === '*' ? `${withoutArguments(name)}()` : name}`,
  create: (aggregate) => [`CREATE ${definition(aggregate)}`],
  drop: (aggregate) => [`DROP ${target(aggregate)}`],
  alter: (_from, to, changed) =>
    only(changed, PARAMETERS) ? [`CREATE OR REPLACE ${definition(to)}`] : undefined,
}

/** The signature of an aggregate tells direct arguments from those after ORDER BY. */
function target(aggregate: CatalogObject): string {
  return `AGGREGATE ${withoutArguments(aggregate.name)}(${textFact(aggregate, 'arguments') ?? '*'})`
}

function definition(aggregate: CatalogObject): string {
  const entries = PARAMETERS.map((name) => [name, value(name, textFact(aggregate, name))] as const)
  const hypothetical = textFact(aggregate, 'variant') === 'hypothetical' ? '' : undefined
  return `${target(aggregate)} (${parameters([...entries, ['hypothetical', hypothetical]])})`
}

function value(name: string, fact: string | undefined): string | undefined {
  if (fact === undefined) return undefined
  if (name.endsWith('_extra')) return ''
  return name.endsWith('initcond') ? literal(fact).trim() : fact
}
