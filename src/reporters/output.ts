import type { SqlmigEvent } from '../core/run.ts'

/** Where a reporter writes, and what it may assume about the reader. */
export interface Output {
  /** Results. */
  readonly data: (text: string) => void
  /** Progress, warnings and errors. */
  readonly log: (text: string) => void
  /** Whether the log goes to a terminal, on which a line can be rewritten. */
  readonly interactive: boolean
  /** The width of that terminal. */
  readonly columns?: number | undefined
  readonly color: boolean
  /** A path as the reader would write it. */
  readonly displayPath: (path: string) => string
  /** Adds Markdown to the page on which a CI service sums up a job; absent where there is none. */
  readonly summary?: (markdown: string) => void
  readonly verbosity: 'quiet' | 'normal' | 'verbose'
}

/** A fold over the events of a run. It can watch a run and not steer it. */
export interface Reporter {
  on(event: SqlmigEvent): void
}

export type ReporterFactory = (output: Output) => Reporter
