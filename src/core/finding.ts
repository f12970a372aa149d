import type { Excerpt } from './sql-text.ts'
import type { Version } from './version.ts'

/** Where in a migration file something is. Lines and columns are 1-based and count characters, not bytes. */
export interface SourceLocation {
  readonly file: string
  readonly line?: number
  readonly column?: number
}

/** Every code that a finding can have; stable once released. */
export type FindingCode =
  | 'CHAIN_BROKEN'
  | 'CHARACTER_SUSPICIOUS'
  | 'CHECKSUM_MISMATCH'
  | 'COLUMN_ORDER'
  | 'CONNECTION_UNVERIFIED'
  | 'COPY_DATA'
  | 'DIRECTIVE_INVALID'
  | 'DOWN_MISSING'
  | 'ENCODING_INVALID'
  | 'FILE_IGNORED'
  | 'FILE_UNREADABLE'
  | 'FIX_NOT_WRITTEN'
  | 'HEAD_BEHIND'
  | 'HEAD_MISMATCH'
  | 'HISTORY_UNTRUSTED'
  | 'INCOMPLETE'
  | 'LOCKFILE_INVALID'
  | 'LOCKFILE_MISMATCH'
  | 'META_COMMAND'
  | 'MIGRATION_MISSING'
  | 'MIGRATION_RENAMED'
  | 'NO_TRANSACTION_REQUIRED'
  | 'OUT_OF_ORDER'
  | 'PASSFILE_IGNORED'
  | 'PASSWORD_IN_FILE'
  | 'ROUNDTRIP_BATCH_FAILED'
  | 'ROUNDTRIP_CHANGED'
  | 'ROUNDTRIP_DATA'
  | 'ROUNDTRIP_DOWN_FAILED'
  | 'ROUNDTRIP_LEFTOVER'
  | 'ROUNDTRIP_LOST'
  | 'ROUNDTRIP_REDO_FAILED'
  | 'ROUNDTRIP_UP_FAILED'
  | 'TRANSACTION_CONTROL'
  | 'UP_MISSING'
  | 'VERSION_DUPLICATE'

export type Severity = 'error' | 'warning'

/** Something that is wrong or doubtful and that a person should look at. An `error` stops every command that writes. */
export interface Finding {
  readonly code: FindingCode
  readonly severity: Severity
  readonly message: string
  readonly hint?: string
  readonly version?: Version
  readonly name?: string
  readonly location?: SourceLocation
  /** What the finding is about, for machines; its keys depend on the code. */
  readonly facts?: Readonly<Record<string, string | number | boolean>>
  /** The object of the database that it is about. */
  readonly object?: ObjectName
  /** The lines of the file around the location. */
  readonly excerpt?: Excerpt
  /** What a round trip found different, and what would mend it. */
  readonly difference?: FoundDifference
}

/** An object as people and machines name it: the kind in PostgreSQL's words, the name qualified and, where it has to be, quoted. */
export interface ObjectName {
  readonly kind: string
  readonly name: string
}

/** The two sides of a difference. */
export interface FoundDifference {
  /** The definition that should be there, one fact a line; null where nothing should be. */
  readonly before: string | null
  /** The definition that is there; null where nothing is. */
  readonly after: string | null
  /** What goes with the object, such as a table's columns and indexes. */
  readonly inside: readonly ObjectName[]
  /** Rows that a down left, lost or changed: the first few, each as `column=value` pairs after a sign. */
  readonly rows?: readonly string[]
  /** The SQL that the down lacks; empty where none can be written, a comment where none could name the rows in other databases. */
  readonly missingSql: readonly string[]
  /** Whether that SQL was tried and brought everything back. */
  readonly proven: boolean
  /** What else fails because of it, such as the next up. */
  readonly consequence?: string
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error')
}
