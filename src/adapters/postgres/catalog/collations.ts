import type { CatalogKind, CatalogScope } from './kind.ts'
import { comment, facts, madeByUser, qualified, roleName, userObject } from './sql.ts'

/** The locale of an ICU or builtin collation: collcollate up to 14, colliculocale in 15 and 16, colllocale since. */
function locale({ major }: CatalogScope): string {
  if (major < 15) return `case when c.collprovider = 'i' then c.collcollate::text end`
  return major < 17 ? 'c.colliculocale' : 'c.colllocale'
}

/** The version of a collation is the operating system's business and no part of its definition. */
export const collations: CatalogKind = {
  kinds: ['collation'],
  rare: madeByUser('pg_collation'),
  query: (
    scope,
  ) => `select 'collation' as kind, ${qualified('n', 'c.collname')} as name, null as parent, c.oid::bigint as seq,
    ${facts({
      provider: `case c.collprovider when 'i' then 'icu' when 'b' then 'builtin' when 'd' then 'default' end`,
      locale: locale(scope),
      lcCollate: `case when c.collprovider = 'c' then c.collcollate::text end`,
      lcCtype: `case when c.collprovider = 'c' then c.collctype::text end`,
      deterministic: `case when not c.collisdeterministic then 'no' end`,
      ...(scope.major >= 16 ? { rules: 'c.collicurules' } : {}),
      owner: roleName('c.collowner'),
      comment: comment('pg_collation', 'c.oid'),
    })} as facts
  from pg_collation c join pg_namespace n on n.oid = c.collnamespace
  where ${userObject('pg_collation', 'c', 'n')}`,
}
