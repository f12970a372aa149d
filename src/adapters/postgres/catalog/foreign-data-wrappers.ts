import { fdwOptions } from './fdw-options.ts'
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

export const foreignDataWrappers: CatalogKind = {
  kinds: ['foreign-data-wrapper'],
  rare: madeByUser('pg_foreign_data_wrapper'),
  query:
    () => `select 'foreign-data-wrapper' as kind, quote_ident(w.fdwname) as name, null as parent, w.oid::bigint as seq,
    ${facts({
      owner: roleName('w.fdwowner'),
      privileges: privileges('w.fdwacl', 'F', 'w.fdwowner'),
      comment: comment('pg_foreign_data_wrapper', 'w.oid'),
      labels: labels('pg_foreign_data_wrapper', 'w.oid'),
      handler: functionName('w.fdwhandler'),
      validator: functionName('w.fdwvalidator'),
      options: fdwOptions('w.fdwoptions'),
    })} as facts
  from pg_foreign_data_wrapper w
  where w.oid >= ${FIRST_USER_OID} and ${notExtensionMember('pg_foreign_data_wrapper', 'w.oid')}`,
}
