import type { CatalogKind } from './kind.ts'
import {
  comment,
  FIRST_USER_OID,
  facts,
  functionName,
  labels,
  madeByUser,
  notExtensionMember,
  privileges,
  roleName,
} from './sql.ts'

export const languages: CatalogKind = {
  kinds: ['language'],
  rare: madeByUser('pg_language'),
  query:
    () => `select 'language' as kind, quote_ident(pl.lanname) as name, null as parent, pl.oid::bigint as seq,
    ${facts({
      owner: roleName('pl.lanowner'),
      privileges: privileges('pl.lanacl', 'l', 'pl.lanowner'),
      comment: comment('pg_language', 'pl.oid'),
      labels: labels('pg_language', 'pl.oid'),
      trusted: `case when pl.lanpltrusted then 'yes' end`,
      handler: functionName('pl.lanplcallfoid'),
      inline: functionName('pl.laninline'),
      validator: functionName('pl.lanvalidator'),
    })} as facts
  from pg_language pl
  where pl.oid >= ${FIRST_USER_OID} and ${notExtensionMember('pg_language', 'pl.oid')}`,
}
