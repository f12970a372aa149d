import type { CatalogObject, CatalogSnapshot } from '../catalog.ts'

/**
 * Writes the SQL of one object kind. Every statement ends without a semicolon and with names qualified, so that it means the same under
 * any search path. Owner, comment, privileges and security labels are not its business: `common.ts` writes them for every kind by `target`.
 */
export interface DdlWriter {
  /** What COMMENT ON, ALTER … OWNER TO and SECURITY LABEL call the object: `TABLE app.users`, `COLUMN app.users.email`, `CONSTRAINT c ON app.t`. */
  target(object: CatalogObject): string
  /** What GRANT … ON calls it, where that differs from `target`: a view is granted on as a TABLE, a column not at all (`common.ts` knows). */
  readonly grantTarget?: (object: CatalogObject) => string
  /**
   * The statements that make the object as its facts say. What its parent's statement makes anyway (a table's columns, constraints without
   * a statement of their own) gives none, unless the parent is there already: see `within`.
   */
  create(object: CatalogObject, within: CreateContext): readonly string[]
  /**
   * The statements that bring the object to its facts once its children are there too: a table's CLUSTER ON names an index, the default of a
   * column the sequence that belongs to it. To be asked of the objects for which `create` was called.
   */
  readonly complete?: (object: CatalogObject, within: CreateContext) => readonly string[]
  /** The statements that remove it. None where it goes with its parent. */
  drop(object: CatalogObject): readonly string[]
  /**
   * The statements that change `from` into `to`, which differ in the facts named (owner, comment, privileges, labels and position never
   * among them); undefined where no ALTER can do it and the object has to be dropped and made again.
   */
  alter(from: CatalogObject, to: CatalogObject, changed: readonly string[]): readonly string[] | undefined
}

export interface CreateContext {
  /** The snapshot that holds the object: where its children and everything it refers to are found. */
  readonly snapshot: CatalogSnapshot
  /** The children of an object, in order of creation. */
  childrenOf(object: CatalogObject): readonly CatalogObject[]
}
