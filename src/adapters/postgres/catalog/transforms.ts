import type { CatalogKind } from './kind.ts'
import { comment, FIRST_USER_OID, facts, functionName, madeByUser, notExtensionMember } from './sql.ts'

/** The functions take an argument of type internal, and nothing else (manual, CREATE TRANSFORM). */
export const transforms: CatalogKind = {
  kinds: ['transform'],
  rare: madeByUser('pg_transform'),
  query:
    () => `select 'transform' as kind, 'FOR ' || format_type(t.trftype, null) || ' LANGUAGE ' || quote_ident(l.lanname) as name, null as parent, t.oid::bigint as seq,
    ${facts({
      comment: comment('pg_transform', 't.oid'),
      fromSql: functionName('t.trffromsql'),
      toSql: functionName('t.trftosql'),
    })} as facts
  from pg_transform t join pg_language l on l.oid = t.trflang
  where t.oid >= ${FIRST_USER_OID} and ${notExtensionMember('pg_transform', 't.oid')}`,
}
