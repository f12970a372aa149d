import type { CatalogKind } from '../../src/adapters/postgres/catalog/kind.ts'
import type { DdlWriter } from '../../src/core/ddl/writer.ts'

/** What the tests replace: three roles, and who runs them. */
export const PLACEHOLDERS = ['@one', '@two', '@three', '@me'] as const

/** One object in two states. */
export interface Case {
  readonly title: string
  readonly family: readonly [CatalogKind, DdlWriter]
  readonly name: string
  /** The oldest version that knows it, and the newest that does not know better. */
  readonly since?: number
  readonly until?: number
  /** `no`: PGlite cannot. */
  readonly pglite?: 'no'
  readonly before?: string
  readonly make: string
  /** All facts; absent: there is no such object yet. */
  readonly made?: Readonly<Record<string, unknown>>
  readonly change: string
  readonly changed: Readonly<Record<string, unknown>>
  /** `one way`: it cannot go back; `no`: no ALTER can do it. */
  readonly alter?: 'one way' | 'no'
  /** What the statements cannot bring back. */
  readonly lost?: readonly string[]
  /** `always there`: it cannot be dropped. */
  readonly drop?: 'always there'
}

export const OWNED = { owner: '@me' }
