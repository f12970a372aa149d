import { type CatalogObject, kindOf, textFact } from '../catalog.ts'
import { localName } from '../difference.ts'
import { alterColumn } from './column-alter.ts'
import { columnDefinition, defaultComesLater } from './column-definition.ts'
import { columnAfterwards, laterDefault } from './relation-columns.ts'
import { alterRelation } from './relation-text.ts'
import type { DdlWriter } from './writer.ts'

// Before anything: a column that is added comes before the sequence that belongs to it.
const BEFORE_ALL = 0

function follows(column: CatalogObject): boolean {
  return ['yes', 'from its type'].includes(textFact(column, 'inherited') ?? '')
}

function isViewColumn({ parent }: CatalogObject): boolean {
  return parent !== undefined && ['view', 'materialized-view'].includes(kindOf(parent))
}

/** A column of a relation that is there already: what makes the relation makes its columns too. */
export const column: DdlWriter = {
  target: ({ name }) => `COLUMN ${name}`,
  create(object, within) {
    const { parent } = object
    if (parent === undefined) return []
    if (isViewColumn(object))
      return alterColumn({ ...object, facts: {} }, object, Object.keys(object.facts)) ?? []
    const afterwards = columnAfterwards(object, within)
    if (follows(object)) return afterwards
    if (kindOf(parent) === 'type')
      return [`${alterRelation(parent)} ADD ATTRIBUTE ${columnDefinition(object)}`]
    const withDefault = !defaultComesLater(object, BEFORE_ALL, within)
    return [`${alterRelation(parent)} ADD COLUMN ${columnDefinition(object, { withDefault })}`, ...afterwards]
  },
  complete: (object, within) => laterDefault(object, BEFORE_ALL, within),
  drop(object) {
    const { parent } = object
    if (parent === undefined || isViewColumn(object) || follows(object)) return []
    const part = kindOf(parent) === 'type' ? 'ATTRIBUTE' : 'COLUMN'
    return [`${alterRelation(parent)} DROP ${part} ${localName(object)}`]
  },
  alter: alterColumn,
}
