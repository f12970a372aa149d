import { fdwOptions } from './fdw-options.ts'
import type { CatalogKind, CatalogScope } from './kind.ts'
import { FIRST_USER_OID, facts, labels, options, privileges, qualified } from './sql.ts'

// PostgreSQL's own names since 18: table_column_not_null, shortened to 63 bytes and numbered where taken. They keep the old names of tables
// and columns that are renamed.
const SYSTEM_NAME = '._.+_not_null[0-9]*$'

/** Since 18 NOT NULL is a constraint with a name; whether a column has one is asked of pg_attribute in every version. */
function notNullFacts({ major }: CatalogScope): Readonly<Record<string, string>> {
  const notNull = { notNull: `case when a.attnotnull then 'yes' end` }
  if (major < 18) return notNull
  return {
    ...notNull,
    notNullName: `case when k.conname !~ '${SYSTEM_NAME}' then quote_ident(k.conname) end`,
    notNullValid: `case when not k.convalidated then 'no' end`,
    notNullInherit: `case when k.connoinherit then 'no' end`,
    // pg_dump prints one that is local too in the child.
    notNullInherited: `case when k.coninhcount > 0 then case when k.conislocal then 'and local' else 'yes' end end`,
  }
}

function notNullJoin({ major }: CatalogScope): string {
  if (major < 18) return ''
  return `left join pg_constraint k on a.attnotnull and k.conrelid = a.attrelid and k.contype = 'n' and k.conkey = array[a.attnum]`
}

/**
 * Columns of tables, foreign tables, views and materialized views, and attributes of composite types. They are many: the comments, and the
 * rows of pg_attribute, are read in one range instead of one look-up each.
 */
export const columns: CatalogKind = {
  kinds: ['column'],
  query: (
    scope,
  ) => `select 'column' as kind, rel.name || '.' || quote_ident(a.attname) as name, rel.key as parent, a.attnum::bigint as seq,
    ${facts({
      privileges: privileges('a.attacl', '', 'rel.relowner'),
      comment: 'm.description',
      labels: labels('pg_class', 'a.attrelid', 'a.attnum'),
      position: `(row_number() over (partition by a.attrelid order by a.attnum))::text`,
      type: 'format_type(a.atttypid, a.atttypmod)',
      collation: `case when a.attcollation <> t.typcollation then (select ${qualified('n', 'l.collname')}
        from pg_collation l join pg_namespace n on n.oid = l.collnamespace where l.oid = a.attcollation) end`,
      default: `case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end`,
      generated: `case a.attgenerated when 's' then 'stored' when 'v' then 'virtual' end`,
      expression: `case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end`,
      identity: `case a.attidentity when 'a' then 'always' when 'd' then 'by default' end`,
      ...notNullFacts(scope),
      inherited: `case when rel.reloftype <> 0 then 'from its type' when a.attinhcount > 0 then case when a.attislocal then 'and local' else 'yes' end end`,
      storage: `case when a.attstorage <> t.typstorage then case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' when 'x' then 'extended' end end`,
      compression: `case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end`,
      // -1 before 17, null since.
      statistics: `case when a.attstattarget >= 0 then a.attstattarget::text end`,
      options: options('a.attoptions'),
      fdwOptions: fdwOptions('a.attfdwoptions'),
    })} as facts
  from relation rel
  join pg_attribute a on a.attrelid = rel.oid and a.attrelid >= ${FIRST_USER_OID} and a.attnum > 0 and not a.attisdropped
  join pg_type t on t.oid = a.atttypid
  left join pg_attrdef d on a.atthasdef and d.adrelid = a.attrelid and d.adnum = a.attnum
  left join pg_description m on m.objoid = a.attrelid and m.objoid >= ${FIRST_USER_OID} and m.classoid = 'pg_catalog.pg_class'::regclass and m.objsubid = a.attnum
  ${notNullJoin(scope)}`,
}
