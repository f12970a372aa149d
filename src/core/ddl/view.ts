import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import { storageOptionChanges, storageOptions } from './relation-text.ts'
import { only } from './routine-text.ts'
import type { DdlWriter } from './writer.ts'

export const viewDdl: DdlWriter = {
  target: ({ name }) => `VIEW ${name}`,
  grantTarget: ({ name }) => `TABLE ${name}`,
  create: (view) => [`CREATE VIEW ${body(view)}`],
  drop: ({ name }) => [`DROP VIEW ${name}`],
  alter(from, to, changed) {
    if (only(changed, ['options'])) {
      const clauses = storageOptionChanges(listFact(from, 'options'), listFact(to, 'options'))
      return clauses.map((clause) => `ALTER VIEW ${to.name} ${clause}`)
    }
    return onlyAddsColumns(from, to) && only(changed, ['options', 'columns', 'definition'])
      ? [`CREATE OR REPLACE VIEW ${body(to)}`]
      : undefined
  },
}

function body(view: CatalogObject): string {
  const options = listFact(view, 'options')
  const clause = options.length > 0 ? ` WITH (${storageOptions(options)})` : ''
  return `${view.name}${clause} AS\n${textFact(view, 'definition')}`
}

/** CREATE OR REPLACE VIEW keeps names, types and collations of the columns that there are, and adds further ones behind. */
function onlyAddsColumns(from: CatalogObject, to: CatalogObject): boolean {
  const columns = listFact(to, 'columns')
  return listFact(from, 'columns').every((column, index) => column === columns[index])
}
