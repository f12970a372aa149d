import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import { extensionChanges } from './depends-on-extension.ts'
import { storageOptionChanges, storageOptions } from './relation-text.ts'
import type { DdlWriter } from './writer.ts'

export const materializedViewDdl: DdlWriter = {
  target,
  grantTarget: ({ name }) => `TABLE ${name}`,
  create,
  complete: (view) => INDEX_FACTS.flatMap((fact) => statements(view, change(NOTHING, view, fact) ?? [])),
  drop: ({ name }) => [`DROP MATERIALIZED VIEW ${name}`],
  alter(from, to, changed) {
    const clauses = changed.map((fact) => change(from, to, fact))
    const known = clauses.filter((clause) => clause !== undefined)
    if (known.length < clauses.length) return undefined
    return [
      ...statements(to, known.flat()),
      ...extensionChanges(target(to), from, to),
      ...(changed.includes('populated') ? [refresh(to)] : []),
    ]
  },
}

/** Facts about an index that comes after the view. */
const INDEX_FACTS = ['cluster', 'replicaIdentity']

const NOTHING = { facts: {} }

function target({ name }: CatalogObject): string {
  return `MATERIALIZED VIEW ${name}`
}

function statements(view: CatalogObject, clauses: readonly string[]): readonly string[] {
  return clauses.map((clause) => `ALTER ${target(view)} ${clause}`)
}

function create(view: CatalogObject): readonly string[] {
  const options = [
    storageOptions(listFact(view, 'options')),
    storageOptions(listFact(view, 'toastOptions'), 'toast.'),
  ].filter((text) => text !== '')
  const method = textFact(view, 'accessMethod')
  const tablespace = textFact(view, 'tablespace')
  const clauses = [
    `CREATE MATERIALIZED VIEW ${view.name}`,
    ...(method === undefined ? [] : [`USING ${method}`]),
    ...(options.length > 0 ? [`WITH (${options.join(', ')})`] : []),
    ...(tablespace === undefined ? [] : [`TABLESPACE ${tablespace}`]),
    'AS',
  ]
  const noData = textFact(view, 'populated') === 'no' ? '\nWITH NO DATA' : ''
  return [
    `${clauses.join(' ')}\n${textFact(view, 'definition')}${noData}`,
    ...extensionChanges(target(view), { ...view, facts: {} }, view),
  ]
}

/** What follows the name in ALTER MATERIALIZED VIEW; undefined where it cannot change the fact. */
function change(
  from: Pick<CatalogObject, 'facts'>,
  to: CatalogObject,
  fact: string,
): readonly string[] | undefined {
  const value = textFact(to, fact)
  switch (fact) {
    case 'populated':
    case 'dependsOnExtensions':
      return []
    case 'options':
      return storageOptionChanges(listFact(from, fact), listFact(to, fact))
    case 'toastOptions':
      return storageOptionChanges(listFact(from, fact), listFact(to, fact), 'toast.')
    case 'tablespace':
      return [`SET TABLESPACE ${value ?? 'pg_default'}`]
    case 'accessMethod':
      return [`SET ACCESS METHOD ${value ?? 'heap'}`]
    case 'cluster':
    case 'replicaIdentity':
      return value === textFact(from, fact) ? [] : [fact === 'cluster' ? cluster(value) : identity(value)]
    default:
      return undefined
  }
}

function cluster(index: string | undefined): string {
  return index === undefined ? 'SET WITHOUT CLUSTER' : `CLUSTER ON ${index}`
}

/** An index that is gone identifies as much as nothing does. */
function identity(value: string | undefined): string {
  if (value?.startsWith('index ')) return `REPLICA IDENTITY USING INDEX ${value.slice('index '.length)}`
  if (value === undefined) return 'REPLICA IDENTITY DEFAULT'
  return `REPLICA IDENTITY ${value === 'full' ? 'FULL' : 'NOTHING'}`
}

function refresh(view: CatalogObject): string {
  return `REFRESH ${target(view)}${textFact(view, 'populated') === 'no' ? ' WITH NO DATA' : ''}`
}
