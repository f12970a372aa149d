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
  | 'COPY_DATA'
  | 'DIRECTIVE_INVALID'
  | 'DOWN_MISSING'
  | 'ENCODING_INVALID'
  | 'FILE_IGNORED'
  | 'FILE_UNREADABLE'
  | 'INCOMPLETE'
  | 'META_COMMAND'
  | 'MIGRATION_MISSING'
  | 'MIGRATION_RENAMED'
  | 'NO_TRANSACTION_REQUIRED'
  | 'OUT_OF_ORDER'
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
}

export function hasErrors(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error')
}
