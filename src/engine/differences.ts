import type { RowsDifference, TableDifference } from '../core/data-diff.ts'
import type { Difference } from '../core/difference.ts'
import { refreshSql } from '../core/view-rows.ts'

/** The rows of one table or materialized view that differ; `rows` is undefined where there are too many to tell which. */
export interface DataDifference {
  readonly kind: 'table' | 'materialized-view'
  readonly table: TableDifference
  readonly rows: RowsDifference | undefined
}

/** Rows of a materialized view that differ because of something else that does. */
export interface DerivedDifference extends DataDifference {
  /** The number of what they are made of: first those of the schema, then those of the rows. */
  readonly cause: number
}

export interface Differences {
  readonly schema: readonly Difference[]
  /** Tables by name, then materialized views in the order in which they can be refreshed. */
  readonly data: readonly DataDifference[]
  /** In the order in which they can be refreshed. */
  readonly derived: readonly DerivedDifference[]
}

export function hasDifferences({ schema, data }: Differences): boolean {
  return schema.length > 0 || data.length > 0
}

/** The statements that might bring the rows back, without semicolons. */
export function rowsSql({ kind, table, rows }: DataDifference): readonly string[] {
  return kind === 'materialized-view' ? [refreshSql(table.table)] : (rows?.missingSql ?? [])
}
