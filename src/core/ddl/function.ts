import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import { literal } from '../sql-literal.ts'
import { dollarTag } from './common.ts'
import { extensionChanges } from './depends-on-extension.ts'
import { only, withoutArguments } from './routine-text.ts'
import { settingChanges, settingClause } from './setting-text.ts'
import type { DdlWriter } from './writer.ts'

/** Functions and procedures. One that belongs to a type (its input function, say) is made and dropped with it. */
export const functionDdl: DdlWriter = {
  target,
  create: (routine) => [
    ...(routine.parent === undefined ? [createFunction(routine, 'CREATE')] : []),
    ...extensionChanges(target(routine), { ...routine, facts: {} }, routine),
  ],
  drop: (routine) => (routine.parent === undefined ? [`DROP ${target(routine)}`] : []),
  alter(from, to, changed) {
    const extensions = extensionChanges(target(to), from, to)
    const own = changed.filter((fact) => fact !== 'dependsOnExtensions')
    if (own.length === 0) return extensions
    const clauses = own.map((fact) => alterClause(from, to, fact))
    const known = clauses.filter((clause) => clause !== undefined)
    if (known.length === clauses.length) return [`ALTER ${target(to)} ${known.join(' ')}`, ...extensions]
    return canReplace(from, to, own) ? [createFunction(to, 'CREATE OR REPLACE'), ...extensions] : undefined
  },
}

function target({ kind, name }: CatalogObject): string {
  return `${kind.toUpperCase()} ${name}`
}

export function createFunction(routine: CatalogObject, verb: 'CREATE' | 'CREATE OR REPLACE'): string {
  const returns = textFact(routine, 'returns')
  const head = `${verb} ${routine.kind.toUpperCase()} ${withoutArguments(routine.name)}(${listFact(routine, 'arguments').join(', ')})`
  const clauses = [
    ...(returns === undefined || routine.kind === 'procedure' ? [] : [`RETURNS ${returns}`]),
    `LANGUAGE ${textFact(routine, 'language')}`,
    ...transforms(routine),
    ...CREATE_FACTS.flatMap((fact) => propertyClause(routine, fact) ?? []),
    ...listFact(routine, 'settings').map(settingClause),
  ]
  return `${head}\n${clauses.map((clause) => `  ${clause}`).join('\n')}\n${bodyOf(routine)}`
}

const CREATE_FACTS = [
  'window',
  'volatility',
  'strict',
  'leakproof',
  'security',
  'parallel',
  'cost',
  'rows',
  'support',
] as const

/** How CREATE FUNCTION says the fact; undefined for the default. */
function propertyClause(routine: CatalogObject, fact: string): string | undefined {
  const value = textFact(routine, fact)
  if (value === undefined) return undefined
  switch (fact) {
    case 'volatility':
      return value.toUpperCase()
    case 'security':
    case 'parallel':
      return `${fact} ${value}`.toUpperCase()
    case 'cost':
    case 'rows':
    case 'support':
      return `${fact.toUpperCase()} ${value}`
    default:
      return fact.toUpperCase()
  }
}

function transforms(routine: CatalogObject): string[] {
  const types = listFact(routine, 'transforms')
  return types.length > 0 ? [`TRANSFORM ${types.map((type) => `FOR TYPE ${type}`).join(', ')}`] : []
}

function bodyOf(routine: CatalogObject): string {
  const sqlBody = textFact(routine, 'sqlBody')
  if (sqlBody !== undefined) return sqlBody
  const symbol = textFact(routine, 'symbol')
  const file = textFact(routine, 'file')
  if (symbol !== undefined)
    return `AS ${file === undefined ? '' : `${literal(file).trim()}, `}${literal(symbol).trim()}`
  const body = textFact(routine, 'body') ?? ''
  const tag = dollarTag(body)
  return `AS ${tag}${body}${tag}`
}

/** What ALTER FUNCTION calls the default. */
const DEFAULT_CLAUSE: Readonly<Record<string, string>> = {
  volatility: 'VOLATILE',
  strict: 'CALLED ON NULL INPUT',
  leakproof: 'NOT LEAKPROOF',
  security: 'SECURITY INVOKER',
  parallel: 'PARALLEL UNSAFE',
  rows: 'ROWS 1000',
}

/** The action of ALTER FUNCTION for a fact; undefined where there is none. */
function alterClause(from: CatalogObject, to: CatalogObject, fact: string): string | undefined {
  if (fact === 'settings')
    return settingChanges(listFact(from, 'settings'), listFact(to, 'settings')).join(' ')
  if (fact === 'cost' && textFact(to, 'cost') === undefined)
    return `COST ${textFact(to, 'symbol') === undefined ? 100 : 1}`
  if (fact === 'window' || !CREATE_FACTS.some((known) => known === fact)) return undefined
  return propertyClause(to, fact) ?? DEFAULT_CLAUSE[fact]
}

/** Neither the result nor the names of arguments can be replaced, and defaults can be added and changed but not taken away. */
function canReplace(from: CatalogObject, to: CatalogObject, changed: readonly string[]): boolean {
  const properties = CREATE_FACTS.filter((fact) => fact !== 'window')
  const body = ['arguments', 'language', 'transforms', 'settings', 'body', 'sqlBody', 'file', 'symbol']
  if (!only(changed, [...properties, ...body])) return false
  const before = listFact(from, 'arguments').map(parseArgument)
  const after = listFact(to, 'arguments').map(parseArgument)
  return (
    before.length === after.length &&
    before.every(
      ({ declaration, hasDefault }, index) =>
        declaration === after[index]?.declaration && (!hasDefault || after[index].hasDefault),
    )
  )
}

function parseArgument(text: string): { readonly declaration: string; readonly hasDefault: boolean } {
  const at = text.indexOf(' DEFAULT ')
  return { declaration: at < 0 ? text : text.slice(0, at), hasDefault: at >= 0 }
}
