import type { CatalogKind } from './kind.ts'
import {
  comment,
  facts,
  labels,
  madeByUser,
  options,
  privileges,
  qualified,
  roleName,
  userObject,
} from './sql.ts'

/** The SELECT of a view or materialized view, as pg_dump prints it, without its semicolon. */
export function viewDefinition(oid: string): string {
  return `rtrim(ltrim(pg_get_viewdef(${oid}), E' \\n'), ';')`
}

/** Names and types of the columns: whether CREATE OR REPLACE can do depends on them. */
export function viewColumns(oid: string): string {
  return `(select jsonb_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod) ||
      case when a.attcollation <> t.typcollation then (select ' COLLATE ' || ${qualified('ln', 'l.collname')}
        from pg_collation l join pg_namespace ln on ln.oid = l.collnamespace where l.oid = a.attcollation) else '' end order by a.attnum)
    from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped)`
}

export const views: CatalogKind = {
  kinds: ['view'],
  rare: madeByUser('pg_rewrite'),
  query:
    () => `select 'view' as kind, ${qualified('n', 'c.relname')} as name, null as parent, c.oid::bigint as seq,
    ${facts({
      columns: viewColumns('c.oid'),
      definition: viewDefinition('c.oid'),
      options: options('c.reloptions'),
      owner: roleName('c.relowner'),
      privileges: privileges('c.relacl', 'r', 'c.relowner'),
      comment: comment('pg_class', 'c.oid'),
      labels: labels('pg_class', 'c.oid'),
    })} as facts
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'v' and ${userObject('pg_class', 'c', 'n')}`,
}
