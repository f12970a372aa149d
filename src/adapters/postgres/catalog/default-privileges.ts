import type { CatalogKind } from './kind.ts'
import { anyRow, facts, privilegesBeyond, roleName } from './sql.ts'

const OBJECTS = `case da.defaclobjtype when 'r' then 'TABLES' when 'S' then 'SEQUENCES' when 'f' then 'FUNCTIONS' when 'T' then 'TYPES' when 'n' then 'SCHEMAS' when 'L' then 'LARGE OBJECTS' end`

/** Those of a schema are added to the global ones, which take the place of the built-in ones (manual, ALTER DEFAULT PRIVILEGES). */
const INITIAL = `case when da.defaclnamespace = 0 then acldefault(case da.defaclobjtype when 'S' then 's' else da.defaclobjtype end, da.defaclrole) end`

export const defaultPrivileges: CatalogKind = {
  kinds: ['default-privileges'],
  rare: anyRow('pg_default_acl'),
  query:
    () => `select 'default-privileges' as kind, 'FOR ROLE ' || ${roleName('da.defaclrole')} || coalesce(' IN SCHEMA ' || quote_ident(n.nspname), '') || ' ON ' || ${OBJECTS} as name, null as parent, da.oid::bigint as seq,
    ${facts({ privileges: privilegesBeyond('da.defaclacl', INITIAL, 'da.defaclrole') })} as facts
  from pg_default_acl da left join pg_namespace n on n.oid = da.defaclnamespace`,
}
