import type { Migration } from '../core/migration.ts'
import type { Analysis } from './analyse.ts'

/** Which walks are done: file by file, all in one transaction, or both. */
export type WalkMode = 'each' | 'batch' | 'both'

/** What a round trip is asked for. */
export interface RoundtripRequest {
  /** All migrations of the folder, in order. */
  readonly migrations: readonly Migration[]
  /** Those that are proven; the others are only applied. */
  readonly selected: ReadonlySet<Migration>
  readonly mode: WalkMode
  /** The statements of the files, parsed once. */
  readonly analysis: Analysis
}

type Selection = Pick<RoundtripRequest, 'migrations' | 'selected'>

/** Whether every migration is proven. */
export function isWhole({ migrations, selected }: Selection): boolean {
  return selected.size === migrations.length
}

/** Nothing behind the last one that is proven has to be applied. */
export function walkedOf({ migrations, selected }: Selection): readonly Migration[] {
  return migrations.slice(0, migrations.findLastIndex((migration) => selected.has(migration)) + 1)
}

/** Fewer migrations are not worth a second database. */
const FEWEST_FOR_TWO_LANES = 10
/** The second lane has to apply what the first one proves, which takes a tenth of the time. */
const SHARE_OF_FIRST_LANE = 0.64

export function isWorthTwoLanes({ selected, mode }: Omit<RoundtripRequest, 'analysis'>): boolean {
  return mode !== 'batch' && selected.size >= FEWEST_FOR_TWO_LANES
}

/** What each of two lanes proves. */
export function divide(
  walked: readonly Migration[],
): readonly [first: readonly Migration[], second: readonly Migration[]] {
  const middle = Math.ceil(walked.length * SHARE_OF_FIRST_LANE)
  return [walked.slice(0, middle), walked.slice(middle)]
}
