import { quoteName } from './sql-literal.ts'

/** A name as a statement writes it; without a schema the search path finds it. Both parts without quotes. */
export interface WrittenName {
  readonly schema: string | undefined
  readonly name: string
}

/**
 * What a statement leaves in the catalogs, as far as it can be looked for afterwards: by this an interrupted statement is judged. What has
 * no effect here leaves nothing by which one could tell whether it ran.
 */
export type StatementEffect =
  | {
      readonly kind: 'create-index'
      /** Without a name the server chooses one. */
      readonly index: string | undefined
      readonly table: WrittenName
      readonly concurrent: boolean
      readonly ifNotExists: boolean
    }
  | { readonly kind: 'drop-index'; readonly indexes: readonly WrittenName[]; readonly concurrent: boolean }
  /** Of a whole schema or database, `name` is that; the name of a database is not looked at. */
  | {
      readonly kind: 'reindex'
      readonly what: 'index' | 'table' | 'schema' | 'database'
      readonly name: WrittenName
      readonly concurrent: boolean
    }
  | {
      readonly kind: 'detach-partition'
      readonly table: WrittenName
      readonly partition: WrittenName
      readonly concurrent: boolean
    }
  | { readonly kind: 'add-enum-value'; readonly type: WrittenName; readonly label: string }
  /** A setting of the session: it ends with it, so that whoever goes on in another session has to make it again. */
  | { readonly kind: 'setting'; readonly setting: string }
  /** VACUUM, ANALYZE and the like: running it twice does what running it once does. */
  | { readonly kind: 'repeatable' }
  /** DO and CALL may commit in their middle, so that they leave something although they failed. */
  | { readonly kind: 'procedure' }

/** As it stands in a statement of our own. */
export function quotedName({ schema, name }: WrittenName): string {
  return schema === undefined ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`
}

/** For people: quoted only where it looks strange. */
export function shownName({ schema, name }: WrittenName): string {
  const shown = (part: string) => (/^[a-z_][a-z0-9_$]*$/.test(part) ? part : quoteName(part))
  return schema === undefined ? shown(name) : `${shown(schema)}.${shown(name)}`
}
