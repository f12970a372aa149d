import { type CatalogSnapshot, type ObjectKey, objectKey } from '../core/catalog.ts'
import type { Difference } from '../core/difference.ts'
import { sourcesOf } from '../core/view-rows.ts'
import type { DataDifference, DerivedDifference, Differences } from './differences.ts'

/** Tells materialized views whose rows differ by themselves from those that hold what something else gave them. */
export function byCause(
  schema: readonly Difference[],
  tables: readonly DataDifference[],
  views: readonly DataDifference[],
  before: CatalogSnapshot,
): Pick<Differences, 'data' | 'derived'> {
  if (views.length === 0) return { data: tables, derived: [] }
  const data = [...tables]
  const derived: DerivedDifference[] = []
  const keyOf = ({ kind, table }: DataDifference): ObjectKey => `${kind} ${table.table}`
  const orderOf = (one: DataDifference) => before.objects.get(keyOf(one))?.order ?? 0
  for (const view of [...views].sort((a, b) => orderOf(a) - orderOf(b))) {
    const object = before.objects.get(keyOf(view))
    if (object === undefined) continue
    const sources = sourcesOf(object, before)
    const fromRows = data.findIndex((one) => sources.has(keyOf(one)))
    const told = schema.findIndex((one) => tellsRowsOf(one, keyOf(view)))
    if (told >= 0) {
      // What makes it again may do so before the rows that it is made of are right.
      if (fromRows >= 0) derived.push({ ...view, cause: told })
      continue
    }
    const fromSchema = schema.findIndex(
      (one) => one.type === 'changed' && sources.has(objectKey(one.before)) && changesRows(one),
    )
    if (fromRows >= 0) derived.push({ ...view, cause: schema.length + fromRows })
    else if (fromSchema >= 0) derived.push({ ...view, cause: fromSchema })
    else data.push(view)
  }
  return { data, derived }
}

/** Whether the rows of a materialized view are no second cause beside a difference of the schema. */
export function tellsRowsOf(difference: Difference, view: ObjectKey): boolean {
  switch (difference.type) {
    case 'changed':
      return (
        objectKey(difference.before) === view && difference.facts.some((fact) => MADE_AGAIN.includes(fact))
      )
    case 'column-order':
      return false
    case 'renamed':
      return [difference.before, difference.after, ...difference.inside].some(
        (one) => objectKey(one) === view,
      )
    default:
      return [difference.object, ...difference.inside].some((one) => objectKey(one) === view)
  }
}

/** Facts of a materialized view with which its rows change too. */
const MADE_AGAIN = ['columns', 'definition', 'populated']

/** Whether a view or function gives other rows now. */
function changesRows({ before, facts }: Extract<Difference, { type: 'changed' }>): boolean {
  return before.kind !== 'table' && facts.some((fact) => [...MADE_AGAIN, 'body', 'sqlBody'].includes(fact))
}
