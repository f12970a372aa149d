import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import {
  alterAncestry,
  columnAfterwards,
  columnList,
  columnsOf,
  laterDefault,
  originOf,
} from './relation-columns.ts'
import { foreignOptionChanges, foreignOptions } from './relation-text.ts'
import type { CreateContext, DdlWriter } from './writer.ts'

function createForeignTable(object: CatalogObject, within: CreateContext): string[] {
  const columns = columnsOf(object, within)
  const origin = originOf(object, columns, within)
  const list = columnList(object, columns, origin, within)
  const body = `(${list.map((line) => `\n  ${line}`).join(',')}${list.length > 0 ? '\n' : ''})`
  const partition = origin === 'partition'
  const statement = [
    `CREATE FOREIGN TABLE ${object.name}`,
    partition ? `PARTITION OF ${textFact(object, 'partitionOf')}` : body,
    partition ? textFact(object, 'partitionBound') : '',
    origin === 'inherited' ? `INHERITS (${listFact(object, 'inherits').join(', ')})` : '',
    `SERVER ${textFact(object, 'server')}`,
    foreignOptions(listFact(object, 'options')),
  ]
  return [
    statement.filter(Boolean).join(' '),
    ...(origin === 'attached later' ? alterAncestry({ ...object, facts: {} }, object) : []),
    ...columns.flatMap((column) => columnAfterwards(column, within, origin)),
  ]
}

export const foreignTable: DdlWriter = {
  target: ({ name }) => `FOREIGN TABLE ${name}`,
  // GRANT knows no FOREIGN TABLE.
  grantTarget: ({ name }) => `TABLE ${name}`,
  create: createForeignTable,
  complete: (object, within) =>
    columnsOf(object, within).flatMap((column) => laterDefault(column, object.order, within)),
  drop: ({ name }) => [`DROP FOREIGN TABLE ${name}`],
  alter(from, to, changed) {
    if (changed.includes('server')) return undefined
    const options = foreignOptionChanges(listFact(from, 'options'), listFact(to, 'options'))
    return [
      ...alterAncestry(from, to),
      ...(options === '' ? [] : [`ALTER FOREIGN TABLE ${to.name} ${options}`]),
    ]
  },
}
