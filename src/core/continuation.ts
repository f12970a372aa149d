import type { IncompleteRecord } from './history.ts'

/** Where a migration that stopped midway goes on. */
export interface Resume {
  readonly record: IncompleteRecord
  /** Absent until it is decided, behind the lock. */
  readonly next?: Continuation
}

/** What is done first, and why that is right. */
export interface Continuation {
  /** The statement that is judged, 1-based; those before it are skipped. */
  readonly statement: number
  /** `run` it, or count it as `done`. */
  readonly action: 'run' | 'done'
  /** For people and the history. */
  readonly reason: string
  /** What has to be taken away first, such as an INVALID index. */
  readonly clear: readonly string[]
  /** What is sent in place of the statement, such as DETACH PARTITION … FINALIZE. */
  readonly instead?: string
}

/** Why a migration cannot go on as asked; `ask`: only a person can decide. */
export interface Obstacle {
  readonly kind: 'refuse' | 'ask'
  readonly reason: string
}
