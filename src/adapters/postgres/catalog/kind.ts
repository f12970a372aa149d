import type { ObjectKind } from '../../../core/catalog.ts'

/** What a query has to know of the server and of the run. */
export interface CatalogScope {
  /** Such as 17. */
  readonly major: number
  /** Whether the role may read what only superusers see (pg_authid, pg_subscription.subconninfo, pg_user_mapping.umoptions). */
  readonly superuser: boolean
}

/**
 * How one family of objects is read. The query returns the columns
 * `kind text, name text, parent text, seq bigint, facts record`: name as {@link CatalogObject} has it, parent as `kind name` or null,
 * seq the OID (columns: attnum), facts as `facts()` of sql.ts makes them, null where there is nothing to tell or it is the default. It runs
 * under an empty search_path, beside `RELATIONS` of sql.ts: everything is qualified by hand or lies in pg_catalog.
 */
export interface CatalogKind {
  readonly kinds: readonly ObjectKind[]
  /**
   * For kinds that most databases have none of: a cheap condition without which the query answers with no row, for any role that may connect.
   * Setting the queries up takes longer than running them, so this one is then left out. Without a condition it always runs.
   */
  readonly rare?: string
  readonly query: (scope: CatalogScope) => string
}
