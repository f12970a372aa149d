import { dependsOnExtensions } from './depends-on-extension.ts'
import type { CatalogKind } from './kind.ts'
import { comment, facts, options, qualified } from './sql.ts'

// WITH (…) as pg_get_indexdef prints it (get_reloptions, src/backend/utils/adt/ruleutils.c). Its order tells how often ALTER INDEX was
// used, not what the index is; the options are a fact of their own.
const WITH = `(select ' WITH (' || string_agg(o.name || '=' || case when quote_ident(o.value) = o.value then o.value else quote_literal(o.value) end, ', ' order by o.at) || ')'
  from (select quote_ident(split_part(u.entry, '=', 1)) as name, substr(u.entry, strpos(u.entry, '=') + 1) as value, u.at
    from unnest(x.reloptions) with ordinality u(entry, at)) o)`

const DEFINITION = `case when k.oid is not null then null when x.reloptions is null then pg_get_indexdef(x.oid)
  else replace(pg_get_indexdef(x.oid), ${WITH}, '') end`

const INHERITED = `case when x.relispartition then (select ${qualified('pn', 'p.relname')} from pg_inherits h
  join pg_class p on p.oid = h.inhparent join pg_namespace pn on pn.oid = p.relnamespace where h.inhrelid = x.oid) end`

// Columns that are expressions can have a target of their own; the others go by the table's. -1 before 17, null since.
const STATISTICS = `case when i.indexprs is not null then (select jsonb_agg(a.attnum || '=' || a.attstattarget order by a.attnum)
  from pg_attribute a where a.attrelid = x.oid and a.attnum > 0 and a.attstattarget >= 0) end`

/**
 * Indexes of tables and materialized views. One that makes a constraint has no definition of its own, belongs to the constraint and has its
 * place in the order of creation.
 */
export const indexes: CatalogKind = {
  kinds: ['index'],
  query: () => `select 'index' as kind, ${qualified('n', 'x.relname')} as name,
    case when k.oid is null then rel.key
      else 'constraint ' || rel.name || '.' || quote_ident(k.conname) end as parent,
    coalesce(k.oid, x.oid)::bigint as seq,
    ${facts({
      definition: DEFINITION,
      options: options('x.reloptions'),
      tablespace: `(select quote_ident(s.spcname) from pg_tablespace s where s.oid = x.reltablespace)`,
      valid: `case when not i.indisvalid then 'no' end`,
      ready: `case when not i.indisready then 'no' end`,
      statistics: STATISTICS,
      inherited: INHERITED,
      dependsOnExtensions: dependsOnExtensions('pg_class', 'x.oid'),
      comment: comment('pg_class', 'x.oid'),
    })} as facts
  from pg_index i join relation rel on rel.oid = i.indrelid join pg_class x on x.oid = i.indexrelid
  join pg_namespace n on n.oid = x.relnamespace
  left join pg_constraint k on k.conrelid = i.indrelid and k.conindid = i.indexrelid and k.contype in ('p', 'u', 'x')`,
}
