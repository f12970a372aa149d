import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import type { DdlWriter } from './writer.ts'

const ALL_EVENTS = 'insert, update, delete, truncate'

/** Options by the fact that they come from, as WITH (…) and SET (…) take them. */
const OPTIONS: Readonly<Record<string, (value: string | undefined) => string>> = {
  publish: (value) => `publish = '${value ?? ALL_EVENTS}'`,
  viaRoot: (value) => `publish_via_partition_root = ${value === undefined ? 'false' : 'true'}`,
  generatedColumns: (value) => `publish_generated_columns = ${value ?? 'none'}`,
}

function createPublication(object: CatalogObject): string {
  // ONLY: otherwise tables that inherit would be added too
  const tables = listFact(object, 'tables').map(
    (table, index) => `${index === 0 ? 'TABLE ' : ''}ONLY ${table}`,
  )
  const schemas = listFact(object, 'schemas').map((schema) => `TABLES IN SCHEMA ${schema}`)
  const members =
    textFact(object, 'allTables') === undefined ? [...tables, ...schemas].join(', ') : 'ALL TABLES'
  const options = Object.entries(OPTIONS).flatMap(([fact, option]) => {
    const value = textFact(object, fact)
    return value === undefined ? [] : [option(value)]
  })
  return [
    `CREATE PUBLICATION ${object.name}`,
    ...(members === '' ? [] : [`FOR ${members}`]),
    ...(options.length === 0 ? [] : [`WITH (${options.join(', ')})`]),
  ].join(' ')
}

/** A table is taken out and put back to change its columns and filter: what comes out goes first. */
function memberChanges(from: CatalogObject, to: CatalogObject): readonly string[] {
  const without = (one: CatalogObject, other: CatalogObject, fact: string) =>
    listFact(one, fact).filter((entry) => !listFact(other, fact).includes(entry))
  const alter = (clause: string) => `ALTER PUBLICATION ${to.name} ${clause}`
  return [
    ...without(from, to, 'tables').map((table) => alter(`DROP TABLE ONLY ${tableOf(table)}`)),
    ...without(from, to, 'schemas').map((schema) => alter(`DROP TABLES IN SCHEMA ${schema}`)),
    ...without(to, from, 'tables').map((table) => alter(`ADD TABLE ONLY ${table}`)),
    ...without(to, from, 'schemas').map((schema) => alter(`ADD TABLES IN SCHEMA ${schema}`)),
  ]
}

/** `app.t (a, b) WHERE (…)` → `app.t`. */
function tableOf(entry: string): string {
  return /^(?:"(?:[^"]|"")*"|[^"\s])+/.exec(entry)?.[0] ?? entry
}

export const publicationDdl: DdlWriter = {
  target: ({ name }) => `PUBLICATION ${name}`,
  create: (object) => [createPublication(object)],
  drop: ({ name }) => [`DROP PUBLICATION ${name}`],
  alter(from, to, changed) {
    if (changed.includes('allTables')) return undefined
    const options = Object.entries(OPTIONS).flatMap(([fact, option]) =>
      changed.includes(fact) ? [option(textFact(to, fact))] : [],
    )
    return [
      ...memberChanges(from, to),
      ...(options.length === 0 ? [] : [`ALTER PUBLICATION ${to.name} SET (${options.join(', ')})`]),
    ]
  },
}
