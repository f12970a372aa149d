import type { SqlFile } from '../core/migration.ts'
import type { SessionInfo } from '../ports.ts'
import type { Policy } from './context.ts'

/** The settings that a file runs with; durations in milliseconds. */
export interface FileSettings {
  readonly lockTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly searchPath: string
}

/** The file's own directives, then the configuration, then what the database gives. */
export function settingsFor({ directives }: SqlFile, policy: Policy, info: SessionInfo): FileSettings {
  return {
    lockTimeoutMs: directives.lockTimeoutMs ?? policy.lockTimeoutMs,
    statementTimeoutMs: directives.statementTimeoutMs ?? policy.statementTimeoutMs,
    searchPath: policy.searchPath ?? info.searchPath,
  }
}
