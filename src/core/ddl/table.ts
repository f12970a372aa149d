import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import {
  alterAncestry,
  columnAfterwards,
  columnList,
  columnsOf,
  laterDefault,
  type Origin,
  originOf,
} from './relation-columns.ts'
import { storageOptionChanges, storageOptions } from './relation-text.ts'
import type { CreateContext, DdlWriter } from './writer.ts'

function createTable(object: CatalogObject, within: CreateContext): string[] {
  const columns = columnsOf(object, within)
  const origin = originOf(object, columns, within)
  const unlogged = textFact(object, 'persistence') === 'unlogged' ? 'UNLOGGED ' : ''
  const key = textFact(object, 'partitionKey')
  const method = textFact(object, 'accessMethod')
  const tablespace = textFact(object, 'tablespace')
  const parts = [
    `CREATE ${unlogged}TABLE ${object.name}`,
    ...createdFrom(object, origin, columnList(object, columns, origin, within)),
    key === undefined ? '' : `PARTITION BY ${key}`,
    method === undefined ? '' : `USING ${method}`,
    withOptions(object),
    tablespace === undefined ? '' : `TABLESPACE ${tablespace}`,
  ]
  return [
    parts.filter(Boolean).join(' '),
    ...(origin === 'attached later' ? alterAncestry({ ...object, facts: {} }, object) : []),
    ...columns.flatMap((column) => columnAfterwards(column, within, origin)),
    ...rowSecurity(without(object, 'rowSecurity', 'rowSecurityForced'), object),
    ...(needsIndex(object) ? [] : replicaIdentity(without(object, 'replicaIdentity'), object)),
  ]
}

function createdFrom(object: CatalogObject, origin: Origin, list: readonly string[]): string[] {
  const body = `(${list.map((line) => `\n  ${line}`).join(',')}${list.length > 0 ? '\n' : ''})`
  switch (origin) {
    case 'type':
      return [`OF ${textFact(object, 'ofType')}`, list.length > 0 ? body : '']
    case 'partition':
      return [`PARTITION OF ${textFact(object, 'partitionOf')}`, textFact(object, 'partitionBound') ?? '']
    case 'inherited':
      return [body, `INHERITS (${listFact(object, 'inherits').join(', ')})`]
    default:
      return [body]
  }
}

function withOptions(object: CatalogObject): string {
  const options = [
    storageOptions(listFact(object, 'options')),
    storageOptions(listFact(object, 'toastOptions'), 'toast.'),
  ].filter(Boolean)
  return options.length > 0 ? `WITH (${options.join(', ')})` : ''
}

function without(object: CatalogObject, ...names: readonly string[]): CatalogObject {
  const facts = Object.entries(object.facts).filter(([name]) => !names.includes(name))
  return { ...object, facts: Object.fromEntries(facts) }
}

/** CLUSTER ON and REPLICA IDENTITY USING INDEX name what comes after the table. */
function needsIndex(object: CatalogObject): boolean {
  return textFact(object, 'replicaIdentity')?.startsWith('index ') === true
}

function rowSecurity(from: CatalogObject, to: CatalogObject): string[] {
  const differs = (name: string) => from.facts[name] !== to.facts[name]
  const enabled = textFact(to, 'rowSecurity') !== undefined
  const forced = textFact(to, 'rowSecurityForced') !== undefined
  return [
    ...(differs('rowSecurity') ? [`${enabled ? 'ENABLE' : 'DISABLE'} ROW LEVEL SECURITY`] : []),
    ...(differs('rowSecurityForced') ? [`${forced ? 'FORCE' : 'NO FORCE'} ROW LEVEL SECURITY`] : []),
  ].map((action) => `ALTER TABLE ${to.name} ${action}`)
}

function replicaIdentity(from: CatalogObject, to: CatalogObject): string[] {
  const identity = textFact(to, 'replicaIdentity')
  if (identity === textFact(from, 'replicaIdentity')) return []
  return [`ALTER TABLE ${to.name} REPLICA IDENTITY ${identityWords(identity)}`]
}

/** An index that is gone identifies as much as nothing does. */
function identityWords(identity: string | undefined): string {
  if (identity?.startsWith('index ')) return `USING INDEX ${identity.slice('index '.length)}`
  if (identity === undefined) return 'DEFAULT'
  return identity === 'full' ? 'FULL' : 'NOTHING'
}

function cluster(object: CatalogObject): string {
  const index = textFact(object, 'cluster')
  return `ALTER TABLE ${object.name} ${index === undefined ? 'SET WITHOUT CLUSTER' : `CLUSTER ON ${index}`}`
}

function storage(from: CatalogObject, to: CatalogObject): string[] {
  const differs = (name: string) => from.facts[name] !== to.facts[name]
  const method =
    textFact(to, 'accessMethod') ?? (textFact(to, 'partitionKey') === undefined ? 'heap' : 'DEFAULT')
  return [
    ...(differs('persistence')
      ? [textFact(to, 'persistence') === 'unlogged' ? 'SET UNLOGGED' : 'SET LOGGED']
      : []),
    ...(differs('accessMethod') ? [`SET ACCESS METHOD ${method}`] : []),
    ...(differs('tablespace') ? [`SET TABLESPACE ${textFact(to, 'tablespace') ?? 'pg_default'}`] : []),
    ...storageOptionChanges(listFact(from, 'options'), listFact(to, 'options')),
    ...storageOptionChanges(listFact(from, 'toastOptions'), listFact(to, 'toastOptions'), 'toast.'),
  ].map((action) => `ALTER TABLE ${to.name} ${action}`)
}

function typed(from: CatalogObject, to: CatalogObject): string[] {
  const type = textFact(to, 'ofType')
  if (type === textFact(from, 'ofType')) return []
  return [`ALTER TABLE ${to.name} ${type === undefined ? 'NOT OF' : `OF ${type}`}`]
}

/** Ordinary and partitioned tables, with their columns. */
export const table: DdlWriter = {
  target: ({ name }) => `TABLE ${name}`,
  create: createTable,
  complete: (object, within) => [
    ...columnsOf(object, within).flatMap((column) => laterDefault(column, object.order, within)),
    ...(needsIndex(object) ? replicaIdentity(without(object, 'replicaIdentity'), object) : []),
    ...(textFact(object, 'cluster') === undefined ? [] : [cluster(object)]),
  ],
  drop: ({ name }) => [`DROP TABLE ${name}`],
  alter(from, to, changed) {
    if (changed.includes('partitionKey')) return undefined
    return [
      ...typed(from, to),
      ...alterAncestry(from, to),
      ...storage(from, to),
      ...rowSecurity(from, to),
      ...replicaIdentity(from, to),
      ...(changed.includes('cluster') ? [cluster(to)] : []),
    ]
  },
}
