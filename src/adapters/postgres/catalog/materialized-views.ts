import { dependsOnExtensions } from './depends-on-extension.ts'
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
import { viewColumns, viewDefinition } from './views.ts'

function indexWith(flag: string): string {
  return `(select quote_ident(i.relname) from pg_index x join pg_class i on i.oid = x.indexrelid where x.indrelid = c.oid and x.${flag})`
}

export const materializedViews: CatalogKind = {
  kinds: ['materialized-view'],
  rare: madeByUser('pg_rewrite'),
  query:
    () => `select 'materialized-view' as kind, ${qualified('n', 'c.relname')} as name, null as parent, c.oid::bigint as seq,
    ${facts({
      columns: viewColumns('c.oid'),
      definition: viewDefinition('c.oid'),
      populated: `case when not c.relispopulated then 'no' end`,
      options: options('c.reloptions'),
      toastOptions: options('(select k.reloptions from pg_class k where k.oid = c.reltoastrelid)'),
      tablespace: `(select quote_ident(s.spcname) from pg_tablespace s where s.oid = c.reltablespace)`,
      accessMethod: `(select quote_ident(m.amname) from pg_am m where m.oid = c.relam and m.amname <> 'heap')`,
      replicaIdentity: `case c.relreplident when 'f' then 'full' when 'n' then 'nothing'
        when 'i' then coalesce('index ' || ${indexWith('indisreplident')}, 'an index that is gone') end`,
      cluster: `case when c.relhasindex then ${indexWith('indisclustered')} end`,
      dependsOnExtensions: dependsOnExtensions('pg_class', 'c.oid'),
      owner: roleName('c.relowner'),
      privileges: privileges('c.relacl', 'r', 'c.relowner'),
      comment: comment('pg_class', 'c.oid'),
      labels: labels('pg_class', 'c.oid'),
    })} as facts
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'm' and ${userObject('pg_class', 'c', 'n')}`,
}
