import { INHERITANCE_FACTS, PARTITION_JOIN, PARTITION_PARENT } from './inheritance.ts'
import type { CatalogKind } from './kind.ts'
import { comment, facts, labels, options, privileges, qualified, roleName, userObject } from './sql.ts'

// A partitioned table has no storage; since 17 it can name the access method of partitions to come.
const ACCESS_METHOD = `(select quote_ident(m.amname) from pg_am m where m.oid = c.relam and (m.amname <> 'heap' or c.relkind = 'p'))`

// DROP INDEX leaves relreplident at 'i': nothing identifies a row then, and a published UPDATE fails.
const REPLICA_IDENTITY = `case c.relreplident when 'f' then 'full' when 'n' then 'nothing'
  when 'i' then coalesce('index ' || ${indexWith('indisreplident')}, 'an index that is gone') end`

function indexWith(flag: string): string {
  return `(select quote_ident(x.relname) from pg_index xi join pg_class x on x.oid = xi.indexrelid where xi.indrelid = c.oid and xi.${flag})`
}

/** Ordinary and partitioned tables. */
export const tables: CatalogKind = {
  kinds: ['table'],
  query:
    () => `select 'table' as kind, ${qualified('n', 'c.relname')} as name, ${PARTITION_PARENT} as parent, c.oid::bigint as seq,
    ${facts({
      owner: roleName('c.relowner'),
      privileges: privileges('c.relacl', 'r', 'c.relowner'),
      comment: comment('pg_class', 'c.oid'),
      labels: labels('pg_class', 'c.oid'),
      persistence: `case c.relpersistence when 'u' then 'unlogged' end`,
      options: options('c.reloptions'),
      toastOptions: options('toast.reloptions'),
      accessMethod: ACCESS_METHOD,
      tablespace: `(select quote_ident(s.spcname) from pg_tablespace s where s.oid = c.reltablespace)`,
      partitionKey: `case c.relkind when 'p' then pg_get_partkeydef(c.oid) end`,
      ...INHERITANCE_FACTS,
      ofType: `case when c.reloftype <> 0 then format_type(c.reloftype, null) end`,
      rowSecurity: `case when c.relrowsecurity then 'enabled' end`,
      rowSecurityForced: `case when c.relforcerowsecurity then 'yes' end`,
      replicaIdentity: REPLICA_IDENTITY,
      cluster: `case when c.relhasindex then ${indexWith('indisclustered')} end`,
    })} as facts
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  left join pg_class toast on toast.oid = c.reltoastrelid
  ${PARTITION_JOIN}
  where c.relkind in ('r', 'p') and ${userObject('pg_class', 'c', 'n')}`,
}
