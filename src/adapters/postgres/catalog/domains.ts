import type { CatalogKind } from './kind.ts'
import { comment, FIRST_USER_OID, facts, labels, privileges, qualified, roleName, userObject } from './sql.ts'

export const domains: CatalogKind = {
  kinds: ['domain'],
  rare: `exists (select from pg_type where oid >= ${FIRST_USER_OID} and typtype = 'd')`,
  query:
    () => `select 'domain' as kind, ${qualified('n', 't.typname')} as name, null as parent, t.oid::bigint as seq,
    ${facts({
      type: 'format_type(t.typbasetype, t.typtypmod)',
      collation: `(select ${qualified('ln', 'l.collname')} from pg_collation l join pg_namespace ln on ln.oid = l.collnamespace
        where l.oid = t.typcollation and l.oid <> (select b.typcollation from pg_type b where b.oid = t.typbasetype))`,
      default: `coalesce(pg_get_expr(t.typdefaultbin, 'pg_catalog.pg_type'::regclass), t.typdefault)`,
      notNull: `case when t.typnotnull then 'yes' end`,
      owner: roleName('t.typowner'),
      privileges: privileges('t.typacl', 'T', 't.typowner'),
      comment: comment('pg_type', 't.oid'),
      labels: labels('pg_type', 't.oid'),
    })} as facts
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  where t.typtype = 'd' and ${userObject('pg_type', 't', 'n')}`,
}
