import type { Migration } from '../core/migration.ts'
import { type Unsteady, unsteadyBetween } from '../core/row-match.ts'
import { type Comparison, compareMoments } from './compare.ts'
import type { Differences } from './differences.ts'
import type { Moment, Refreshed } from './scratch-room.ts'
import { settingsFor } from './settings.ts'
import { unsteadyTable } from './unsteady.ts'
import type { UnsteadyTable, Walker } from './walker.ts'

/**
 * Compares the state after a down with the one before the up. Materialized views that seem to differ are refreshed twice, for a try: what
 * differs between the two comes from now() and the like and does not count, here and in whatever is compared after it.
 */
export async function compareWithUnsteadyViews(
  { room, context, compare }: Pick<Walker, 'room' | 'context' | 'compare'>,
  { up, down }: Migration,
  before: Moment,
  back: Moment,
): Promise<{ readonly found: Differences; readonly compare: Comparison }> {
  const found = compareMoments(room, before, back, compare)
  const views = [...found.data, ...found.derived]
    .filter(({ kind }) => kind === 'materialized-view')
    .map(({ table }) => table.table)
  if (views.length === 0) return { found, compare }
  const { searchPath } = settingsFor(down ?? up, context.policy, room.server)
  const first = await room.refreshed(views, searchPath)
  const unsteadyViews = differing(first, await room.refreshed(views, searchPath))
  const outdatedViews = outdated(found, first, back)
  if (unsteadyViews.size + outdatedViews.size === 0) return { found, compare }
  const without = { ...compare, unsteadyViews, outdatedViews }
  return { found: compareMoments(room, before, back, without), compare: without }
}

/**
 * Views that differ for no other reason than that they are up to date now: what they held before the up was older than what they are made
 * of, and nothing brings that back.
 */
function outdated(
  { data }: Differences,
  refreshed: ReadonlyMap<string, Refreshed>,
  back: Moment,
): ReadonlySet<string> {
  const views = data.flatMap(({ kind, table }) => (kind === 'materialized-view' ? [table.table] : []))
  return new Set(
    views.filter((view) => {
      const now = refreshed.get(view)
      return now !== undefined && now.hash === back.data.get(view)?.hash
    }),
  )
}

function differing(
  first: ReadonlyMap<string, Refreshed>,
  second: ReadonlyMap<string, Refreshed>,
): ReadonlyMap<string, Unsteady | undefined> {
  const views = new Map<string, Unsteady | undefined>()
  for (const [view, { hash, rows }] of first) {
    const other = second.get(view)
    if (other === undefined || other.hash === hash) continue
    const known = rows !== undefined && other.rows !== undefined
    views.set(view, known ? unsteadyBetween(rows, other.rows) : undefined)
  }
  return views
}

/** Adds the materialized views that are different after every refresh to what two ups made differently. */
export function withViews(
  tables: readonly UnsteadyTable[],
  { unsteadyViews = new Map() }: Comparison,
): readonly UnsteadyTable[] {
  const names = new Set(tables.map(({ table }) => table))
  const views = [...unsteadyViews].filter(([view]) => !names.has(view))
  return [...tables, ...views.map(([view, unsteady]) => unsteadyTable(view, unsteady))]
}
