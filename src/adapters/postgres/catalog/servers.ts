import { fdwOptions } from './fdw-options.ts'
import type { CatalogKind } from './kind.ts'
import {
  anyRow,
  comment,
  FIRST_USER_OID,
  facts,
  labels,
  notExtensionMember,
  privileges,
  roleName,
} from './sql.ts'

export const servers: CatalogKind = {
  kinds: ['server'],
  rare: anyRow('pg_foreign_server'),
  query: () => `select 'server' as kind, quote_ident(s.srvname) as name, null as parent, s.oid::bigint as seq,
    ${facts({
      owner: roleName('s.srvowner'),
      privileges: privileges('s.srvacl', 'S', 's.srvowner'),
      comment: comment('pg_foreign_server', 's.oid'),
      labels: labels('pg_foreign_server', 's.oid'),
      wrapper: 'quote_ident(w.fdwname)',
      type: 's.srvtype',
      version: 's.srvversion',
      options: fdwOptions('s.srvoptions'),
    })} as facts
  from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw
  where s.oid >= ${FIRST_USER_OID} and ${notExtensionMember('pg_foreign_server', 's.oid')}`,
}
