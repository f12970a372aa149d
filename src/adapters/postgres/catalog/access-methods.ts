import type { CatalogKind } from './kind.ts'
import { comment, FIRST_USER_OID, facts, functionName, madeByUser, notExtensionMember } from './sql.ts'

export const accessMethods: CatalogKind = {
  kinds: ['access-method'],
  rare: madeByUser('pg_am'),
  query:
    () => `select 'access-method' as kind, quote_ident(m.amname) as name, null as parent, m.oid::bigint as seq,
    ${facts({
      comment: comment('pg_am', 'm.oid'),
      type: `case m.amtype when 'i' then 'index' when 't' then 'table' end`,
      handler: functionName('m.amhandler'),
    })} as facts
  from pg_am m
  where m.oid >= ${FIRST_USER_OID} and ${notExtensionMember('pg_am', 'm.oid')}`,
}
