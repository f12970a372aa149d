import { type CatalogObject, listFact } from '../catalog.ts'
import { literal } from '../sql-literal.ts'

export function createEnum(type: CatalogObject): string {
  return `CREATE TYPE ${type.name} AS ENUM (${listFact(type, 'values').map(quoted).join(', ')})`
}

/** ADD VALUE and RENAME VALUE; undefined where a label has to go or to move, which no ALTER TYPE does. */
export function alterEnum(from: CatalogObject, to: CatalogObject): readonly string[] | undefined {
  const before = listFact(from, 'values')
  const after = listFact(to, 'values')
  const alter = `ALTER TYPE ${to.name}`
  const kept = after.filter((label) => before.includes(label))
  if (kept.length === before.length && kept.every((label, index) => label === before[index]))
    return additions(before, after).map((clause) => `${alter} ${clause}`)
  const renamed = before.flatMap((label, index) => {
    const other = after[index]
    return other === undefined || other === label ? [] : [{ label, other }]
  })
  const isRename =
    before.length === after.length &&
    renamed.every(({ label, other }) => !after.includes(label) && !before.includes(other))
  if (!isRename) return undefined
  return renamed.map(({ label, other }) => `${alter} RENAME VALUE ${quoted(label)} TO ${quoted(other)}`)
}

/** From the first to the last, so that the label before each new one is there. */
function additions(before: readonly string[], after: readonly string[]): readonly string[] {
  return after.flatMap((label, index) => {
    if (before.includes(label)) return []
    const previous = after[index - 1]
    const next = previous === undefined ? before[0] : undefined
    const place =
      previous !== undefined
        ? ` AFTER ${quoted(previous)}`
        : next !== undefined
          ? ` BEFORE ${quoted(next)}`
          : ''
    return [`ADD VALUE ${quoted(label)}${place}`]
  })
}

/** A label as a constant. */
export function quoted(label: string): string {
  return literal(label).trim()
}
