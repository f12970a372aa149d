import type { CatalogKind, CatalogScope } from './kind.ts'
import { anyRow, comment, facts, labels, qualified, roleName } from './sql.ts'

// Column lists, row filters and schemas came with 15.
function memberFacts({ major }: CatalogScope): Readonly<Record<string, string>> {
  const columns = `coalesce((select ' (' || string_agg(quote_ident(a.attname), ', ' order by a.attname collate "C") || ')'
    from pg_attribute a where a.attrelid = m.prrelid and a.attnum = any (m.prattrs)), '')`
  const filter = `coalesce(' WHERE (' || pg_get_expr(m.prqual, m.prrelid) || ')', '')`
  const table = qualified('n', 'c.relname')
  const entry = major < 15 ? table : `${table} || ${columns} || ${filter}`
  const tables = `(select jsonb_agg(x.entry order by x.entry collate "C") from (select ${entry} as entry
    from pg_publication_rel m join pg_class c on c.oid = m.prrelid join pg_namespace n on n.oid = c.relnamespace where m.prpubid = p.oid) x)`
  const schemas = `(select jsonb_agg(quote_ident(n.nspname) order by n.nspname collate "C")
    from pg_publication_namespace m join pg_namespace n on n.oid = m.pnnspid where m.pnpubid = p.oid)`
  return major < 15 ? { tables } : { tables, schemas }
}

const EVENTS = `concat_ws(', ', case when p.pubinsert then 'insert' end, case when p.pubupdate then 'update' end, case when p.pubdelete then 'delete' end, case when p.pubtruncate then 'truncate' end)`

export const publications: CatalogKind = {
  kinds: ['publication'],
  rare: anyRow('pg_publication'),
  query: (
    scope,
  ) => `select 'publication' as kind, quote_ident(p.pubname) as name, null as parent, p.oid::bigint as seq,
    ${facts({
      owner: roleName('p.pubowner'),
      comment: comment('pg_publication', 'p.oid'),
      labels: labels('pg_publication', 'p.oid'),
      allTables: `case when p.puballtables then 'yes' end`,
      ...memberFacts(scope),
      publish: `nullif(${EVENTS}, 'insert, update, delete, truncate')`,
      viaRoot: `case when p.pubviaroot then 'yes' end`,
      ...(scope.major < 18 ? {} : { generatedColumns: `case p.pubgencols when 's' then 'stored' end` }),
    })} as facts
  from pg_publication p`,
}
