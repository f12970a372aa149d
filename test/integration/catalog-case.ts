import type { ObjectKey } from '../../src/core/catalog.ts'

/** How a fact gets from its default to another value and back. */
export interface Change {
  readonly fact: string
  readonly sql: string
  /** The value afterwards; undefined where the fact goes. */
  readonly value: string | readonly string[] | undefined
  /** In which directions ALTER can do it; in others the object is made again. */
  readonly alter: 'both' | 'forth' | 'back' | 'none'
  readonly since?: number
}

/** An object in its plainest form, and what can be different about it. */
export interface Case {
  readonly key: ObjectKey
  readonly base: string
  /** All facts of the base but its owner, and the definition where it depends on the server's version. */
  readonly facts: Readonly<Record<string, string | readonly string[]>>
  readonly changes: readonly Change[]
  readonly since?: number
}

export type Row = readonly [
  fact: string,
  alter: Change['alter'],
  value: Change['value'],
  sql: string,
  since?: number,
]

export function changes(rows: readonly Row[]): readonly Change[] {
  return rows.map(([fact, alter, value, sql, since]) => ({
    fact,
    alter,
    value,
    sql,
    ...(since && { since }),
  }))
}
