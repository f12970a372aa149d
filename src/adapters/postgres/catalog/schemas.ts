import type { CatalogKind } from './kind.ts'
import {
  comment,
  comparedSchema,
  FIRST_USER_OID,
  facts,
  labels,
  notExtensionMember,
  privileges,
  roleName,
} from './sql.ts'

/** The schema public is older than FIRST_USER_OID, yet migrations change it. */
export const schemas: CatalogKind = {
  kinds: ['schema'],
  query: () => `select 'schema' as kind, quote_ident(n.nspname) as name, null as parent, n.oid::bigint as seq,
    ${facts({
      owner: roleName('n.nspowner'),
      privileges: privileges('n.nspacl', 'n', 'n.nspowner'),
      comment: comment('pg_namespace', 'n.oid'),
      labels: labels('pg_namespace', 'n.oid'),
    })} as facts
  from pg_namespace n
  where (n.oid >= ${FIRST_USER_OID} or n.nspname = 'public') and ${comparedSchema('n')} and ${notExtensionMember('pg_namespace', 'n.oid')}`,
}
