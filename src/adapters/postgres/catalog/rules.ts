import { enabled } from './enabled.ts'
import type { CatalogKind } from './kind.ts'
import { comment, FIRST_USER_OID, facts, qualified, relationKey, userObject } from './sql.ts'

/** Rules, but for those by which views are stored. */
export const rules: CatalogKind = {
  kinds: ['rule'],
  rare: `exists (select from pg_rewrite where oid >= ${FIRST_USER_OID} and rulename <> '_RETURN')`,
  query:
    () => `select 'rule' as kind, ${qualified('n', 'c.relname')} || '.' || quote_ident(r.rulename) as name,
    ${relationKey('c', 'n')} as parent, r.oid::bigint as seq,
    ${facts({
      definition: `rtrim(pg_get_ruledef(r.oid), ';')`,
      enabled: enabled('r.ev_enabled'),
      comment: comment('pg_rewrite', 'r.oid'),
    })} as facts
  from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace
  where r.oid >= ${FIRST_USER_OID} and r.rulename <> '_RETURN' and ${userObject('pg_class', 'c', 'n')}`,
}
