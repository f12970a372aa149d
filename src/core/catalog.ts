/** Every kind of object that a snapshot tells apart. A hyphen stands for the blank of PostgreSQL's own word. */
export const OBJECT_KINDS = [
  'access-method',
  'aggregate',
  'cast',
  'collation',
  'column',
  'constraint',
  'conversion',
  'database',
  'default-privileges',
  'domain',
  'event-trigger',
  'extension',
  'foreign-data-wrapper',
  'foreign-table',
  'function',
  'index',
  'language',
  'large-object',
  'materialized-view',
  'operator',
  'operator-class',
  'operator-family',
  'policy',
  'procedure',
  'publication',
  'role',
  'rule',
  'schema',
  'sequence',
  'server',
  'statistics',
  'subscription',
  'system-object',
  'table',
  'text-search-configuration',
  'text-search-dictionary',
  'text-search-parser',
  'text-search-template',
  'transform',
  'trigger',
  'type',
  'user-mapping',
  'view',
] as const

export type ObjectKind = (typeof OBJECT_KINDS)[number]

/** `kind name`: identifies an object within a database. */
export type ObjectKey = `${ObjectKind} ${string}`

/** What is known of an object, as text or as a list of texts; a fact that has its default value is absent. */
export type Facts = Readonly<Record<string, string | readonly string[]>>

/**
 * One object as the catalog describes it. Two objects of the same key are equal when their facts are: nothing in it depends on OIDs, on
 * the search path or on the database's name.
 */
export interface CatalogObject {
  readonly kind: ObjectKind
  /** Qualified and, where it has to be, quoted: `app.users`, `app.users.email`, `app."Odd Name"`, `app.f(integer, text)`. */
  readonly name: string
  /** The object that it belongs to and is dropped with: a column's table, the column of an owned sequence, the constraint of an index. */
  readonly parent: ObjectKey | undefined
  readonly facts: Facts
  /** The order of creation, as far as OIDs tell it (columns: their number). Not compared. */
  readonly order: number
}

/** The whole catalog at one moment. */
export interface CatalogSnapshot {
  readonly objects: ReadonlyMap<ObjectKey, CatalogObject>
  /** A hash of each object by key; two snapshots are equal when these are. */
  readonly hashes: ReadonlyMap<ObjectKey, string>
}

export function objectKey({ kind, name }: Pick<CatalogObject, 'kind' | 'name'>): ObjectKey {
  return `${kind} ${name}`
}

/** The name of a key, without its kind. */
export function nameOf(key: ObjectKey): string {
  return key.slice(key.indexOf(' ') + 1)
}

export function kindOf(key: ObjectKey): ObjectKind {
  return key.slice(0, key.indexOf(' ')) as ObjectKind
}

/** The kind as PostgreSQL writes it: `materialized view`. */
export function kindInWords(kind: ObjectKind): string {
  return kind.replaceAll('-', ' ')
}

/** A fact that is a text; undefined when it is absent. */
export function textFact({ facts }: Pick<CatalogObject, 'facts'>, name: string): string | undefined {
  const value = facts[name]
  return typeof value === 'string' ? value : undefined
}

/** A fact that is a list; empty when it is absent. */
export function listFact({ facts }: Pick<CatalogObject, 'facts'>, name: string): readonly string[] {
  const value = facts[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}
