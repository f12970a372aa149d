import type { CatalogKind, CatalogScope } from './kind.ts'
import { anyRow, comment, facts, labels, privileges, roleName } from './sql.ts'

/** lo_get reads up to 1 GB at a time; others than superusers get a hash of the beginning, where they may read it at all. */
const READABLE_BYTES = 10_000_000

function content({ superuser }: CatalogScope): string {
  if (!superuser)
    return `case when pg_has_role(lo.lomowner, 'USAGE') then md5(lo_get(lo.oid, 0, ${READABLE_BYTES})) end`
  return `(select md5(string_agg(p.pageno || ':' || md5(p.data), ',' order by p.pageno)) from pg_largeobject p where p.loid = lo.oid)`
}

export const largeObjects: CatalogKind = {
  kinds: ['large-object'],
  rare: anyRow('pg_largeobject_metadata'),
  query: (
    scope,
  ) => `select 'large-object' as kind, lo.oid::text as name, null as parent, lo.oid::bigint as seq,
    ${facts({
      owner: roleName('lo.lomowner'),
      privileges: privileges('lo.lomacl', 'L', 'lo.lomowner'),
      comment: comment('pg_largeobject', 'lo.oid'),
      labels: labels('pg_largeobject', 'lo.oid'),
      content: content(scope),
    })} as facts
  from pg_largeobject_metadata lo`,
}
