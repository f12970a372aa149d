import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import type { ProofReport } from '../core/run.ts'
import type { Comparison } from './compare.ts'
import type { ScratchContext } from './context.ts'
import type { Moment, ScratchRoom, Unrepeatable } from './scratch-room.ts'

/** What the proof of one migration needs and moves on. */
export interface Walker {
  readonly context: ScratchContext
  readonly room: ScratchRoom
  /** Everything that is applied in the room now, in order. */
  readonly applied: readonly Migration[]
  /** The state of the room now. */
  readonly now: Moment
  readonly compare: Comparison
  /** What ended the walk in this room: its state is none to go on from. */
  readonly unrepeatable: Unrepeatable | undefined
  /** Brings the room to the state in which the given migrations are applied; undefined when one of them does not run again. */
  rebuild(applied: readonly Migration[]): Promise<Moment | undefined>
}

/** A table of which two ups gave different rows, and the columns that differ; none where even the keys do. */
export interface UnsteadyTable {
  readonly table: string
  readonly columns: readonly string[]
}

/** A proof, what came of it, and where the walk goes on from. */
export interface Proved {
  readonly proof: ProofReport
  readonly findings: readonly Finding[]
  readonly unsteady: readonly UnsteadyTable[]
  /** The SQL that the down lacks: empty when it lacks none, undefined when nobody knows for certain. */
  readonly fix: string | undefined
  /** Whether that SQL may be put into a file: it costs no rows in a database that holds more than this one. */
  readonly writable: boolean
  readonly now: Moment
  /** Whether the migration is applied now. */
  readonly applied: boolean
}
