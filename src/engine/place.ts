import { type CatalogSnapshot, kindOf, type ObjectKey } from '../core/catalog.ts'
import { type Difference, differingFacts, keysOf } from '../core/difference.ts'
import { replayStatements } from './replay.ts'
import type { PlannedStep } from './run-statements.ts'
import type { Moment, ScratchRoom } from './scratch-room.ts'

/** What has to be found in the file: a difference of the schema, or a table whose rows differ. */
export type Sought = { readonly difference: Difference } | { readonly table: string }

/**
 * Runs a file statement by statement and looks after each, so that what a DO block or a function makes is placed too.
 * @returns for each thing sought the 0-based number of the statement that made it as it is, undefined where none did
 */
export async function placeDifferences(
  room: ScratchRoom,
  planned: PlannedStep,
  before: Moment,
  sought: readonly Sought[],
): Promise<Array<number | undefined>> {
  const places: Array<number | undefined> = sought.map(() => undefined)
  const kinds = new Set(sought.flatMap((one) => ('table' in one ? [] : keysOf(one.difference).map(kindOf))))
  const rows = sought.some((one) => 'table' in one) ? 'with rows' : 'without rows'
  let last = before
  await replayStatements(room.tools, planned, async (index, transaction) => {
    const now = await room.glance(last, transaction, kinds, rows)
    for (const [number, one] of sought.entries())
      if (
        'table' in one
          ? contentChanged(one.table, last, now)
          : came(one.difference, last.catalog, now.catalog)
      )
        places[number] = index
    last = now
  })
  return places
}

function contentChanged(table: string, before: Moment, after: Moment): boolean {
  const was = before.data.get(table)
  const is = after.data.get(table)
  return was?.hash !== is?.hash || was?.rows !== is?.rows
}

/** Whether the difference, or a part of it, came about between two snapshots. */
function came(difference: Difference, before: CatalogSnapshot, after: CatalogSnapshot): boolean {
  if (before === after) return false
  const keys = keysOf(difference)
  switch (difference.type) {
    case 'leftover':
    case 'renamed':
      return keys.slice(0, 1).some((key) => !before.objects.has(key) && after.objects.has(key))
    case 'lost':
    case 'column-order':
      return keys.some((key) => before.objects.has(key) && !after.objects.has(key))
    case 'changed':
      return keys.some((key) => factsChanged(key, difference.facts, before, after))
  }
}

function factsChanged(
  key: ObjectKey,
  facts: readonly string[],
  before: CatalogSnapshot,
  after: CatalogSnapshot,
): boolean {
  if (before.hashes.get(key) === after.hashes.get(key)) return false
  const was = before.objects.get(key)
  const is = after.objects.get(key)
  if (was === undefined || is === undefined) return was !== is
  return differingFacts(was, is).some((fact) => facts.includes(fact))
}
