import type { CatalogKind } from './kind.ts'
import { anyRow, comment, facts, qualified, relationKey, userObject } from './sql.ts'

// One role 0 is PUBLIC, the default.
const ROLES = `case when p.polroles <> '{0}' then (select jsonb_agg(coalesce(quote_ident(r.rolname), g.role::text) order by r.rolname)
  from unnest(p.polroles) g(role) left join pg_roles r on r.oid = g.role) end`

/** Row-level security policies. */
export const policies: CatalogKind = {
  kinds: ['policy'],
  rare: anyRow('pg_policy'),
  query:
    () => `select 'policy' as kind, ${qualified('n', 'c.relname')} || '.' || quote_ident(p.polname) as name,
    ${relationKey('c', 'n')} as parent, p.oid::bigint as seq,
    ${facts({
      command: `case p.polcmd when 'r' then 'SELECT' when 'a' then 'INSERT' when 'w' then 'UPDATE' when 'd' then 'DELETE' end`,
      restrictive: `case when not p.polpermissive then 'yes' end`,
      roles: ROLES,
      using: 'pg_get_expr(p.polqual, p.polrelid)',
      check: 'pg_get_expr(p.polwithcheck, p.polrelid)',
      comment: comment('pg_policy', 'p.oid'),
    })} as facts
  from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
  where ${userObject('pg_class', 'c', 'n')}`,
}
