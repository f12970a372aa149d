import type { CatalogKind } from './kind.ts'
import { routineNameOf } from './routine-name.ts'
import { comment, FIRST_USER_OID, facts, madeByUser, notExtensionMember } from './sql.ts'

export const casts: CatalogKind = {
  kinds: ['cast'],
  rare: madeByUser('pg_cast'),
  query:
    () => `select 'cast' as kind, format_type(c.castsource, null) || ' AS ' || format_type(c.casttarget, null) as name,
    null as parent, c.oid::bigint as seq,
    ${facts({
      method: `case c.castmethod when 'b' then 'binary' when 'i' then 'inout' else 'function' end`,
      function: routineNameOf('c.castfunc'),
      context: `case c.castcontext when 'a' then 'assignment' when 'i' then 'implicit' end`,
      comment: comment('pg_cast', 'c.oid'),
    })} as facts
  from pg_cast c
  where c.oid >= ${FIRST_USER_OID} and ${notExtensionMember('pg_cast', 'c.oid')}
    -- the cast of a range to its multirange comes with the type
    and not exists (select from pg_range r where r.rngtypid = c.castsource and r.rngmultitypid = c.casttarget)`,
}
