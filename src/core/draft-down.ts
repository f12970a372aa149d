import type { CatalogObject } from './catalog.ts'
import type { Difference } from './difference.ts'

/** A statement of a drafted down, and the difference that it takes away; undefined for rows. */
export interface DraftStatement {
  readonly sql: string
  readonly difference: Difference | undefined
}

const HOLDS_DATA = ['table', 'column', 'large-object']

/** The text of a down. What it destroys for good, or cannot bring back, is marked. */
export function draftDown(upFile: string, statements: readonly DraftStatement[]): string {
  const lines = [`-- Draft by sqlmig: takes back ${upFile}. It was tried in a scratch database; review it.`]
  let marked: Difference | undefined
  for (const { sql, difference } of statements) {
    const mark = difference === undefined || difference === marked ? undefined : markOf(difference)
    marked = difference
    lines.push('', ...(mark === undefined ? [] : [mark]), `${sql};`)
  }
  return `${lines.join('\n')}\n`
}

function markOf(difference: Difference): string | undefined {
  if (difference.type !== 'leftover' && difference.type !== 'lost') return undefined
  const holders = [difference.object, ...difference.inside].filter(holdsData)
  // The rows of a table say all about its columns.
  const first = holders.find(({ kind }) => kind !== 'column') ?? holders[0]
  if (first === undefined) return undefined
  return difference.type === 'leftover'
    ? `-- LOSES DATA: whatever ${first.name} holds by then is gone.`
    : `-- COMES BACK EMPTY: what ${first.name} held when the up dropped it is not brought back.`
}

function holdsData({ kind, parent }: CatalogObject): boolean {
  return HOLDS_DATA.includes(kind) && (kind !== 'column' || parent?.startsWith('table ') === true)
}
