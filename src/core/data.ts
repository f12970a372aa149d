/** What a table holds: how many rows, and a hash of their content that does not depend on their order. */
export interface TableContent {
  readonly rows: number
  readonly hash: string
}

/** Every table and materialized view that holds rows, by its qualified name. */
export type DataSnapshot = ReadonlyMap<string, TableContent>

/** All rows of a table, every value as stable text. */
export interface TableRows {
  /** In alphabetical order, without those that are declared volatile. */
  readonly columns: readonly string[]
  /** The columns of the primary key; empty without one. */
  readonly key: readonly string[]
  /** Columns that the server computes: nothing can be written to them. */
  readonly generated: readonly string[]
  /** Columns that take a value only in an INSERT that says OVERRIDING SYSTEM VALUE. */
  readonly identityAlways: readonly string[]
  /** Columns of types whose `=` is missing or does not tell all values apart, such as json. */
  readonly opaque: readonly string[]
  readonly rows: ReadonlyArray<ReadonlyArray<string | null>>
}

/** A column that a directive excludes from the comparison of data. Names are unquoted. */
export interface VolatileColumn {
  readonly schema: string
  readonly table: string
  readonly column: string
}
