import { fdwOptions } from './fdw-options.ts'
import type { CatalogKind } from './kind.ts'
import { anyRow, facts, notExtensionMember, roleName } from './sql.ts'

/** By the view: it shows options to whoever may see them, while only superusers may read pg_user_mapping itself (manual, section 54.37). */
export const userMappings: CatalogKind = {
  kinds: ['user-mapping'],
  // Only superusers may read pg_user_mapping; without a server there is none.
  rare: anyRow('pg_foreign_server'),
  query:
    () => `select 'user-mapping' as kind, case u.umuser when 0 then 'PUBLIC' else ${roleName('u.umuser')} end || ' SERVER ' || quote_ident(u.srvname) as name, null as parent, u.umid::bigint as seq,
    ${facts({ options: fdwOptions('u.umoptions') })} as facts
  from pg_user_mappings u
  where ${notExtensionMember('pg_user_mapping', 'u.umid')}`,
}
