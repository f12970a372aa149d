import { fdwOptions } from './fdw-options.ts'
import type { CatalogKind, CatalogScope } from './kind.ts'
import { FIRST_USER_OID, facts, sharedComment, sharedLabels } from './sql.ts'

/** The superuser that initdb made; memberships and settings are given to it as to any other. */
const BOOTSTRAP_SUPERUSER_OID = 10

/**
 * `role` and the options as GRANT takes them. Since 16 a membership has options of its own, and its grantor counts; before, whether
 * it is inherited is the member's affair.
 */
function memberships({ major }: CatalogScope): string {
  const options =
    major < 16
      ? `case when m.admin_option then ' WITH ADMIN OPTION' else '' end`
      : `' WITH ' || case when m.admin_option then 'ADMIN TRUE, ' else '' end || 'INHERIT ' || m.inherit_option || case when m.set_option then '' else ', SET FALSE' end
        || case when m.grantor <> ${BOOTSTRAP_SUPERUSER_OID} then coalesce(' GRANTED BY ' || (select quote_ident(b.rolname) from pg_roles b where b.oid = m.grantor), '') else '' end`
  return `(select jsonb_agg(e.entry order by e.entry collate "C") from (select quote_ident(g.rolname) || ${options} as entry
    from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid) e)`
}

// infinity means the same as none, and there is no way back to none
const VALID_UNTIL = `case when isfinite(r.rolvaliduntil) then to_char(r.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') || ' UTC' end`

/** Roles belong to the whole server. Whether there is a password only superusers can see, and its hash differs each time it is set. */
export const roles: CatalogKind = {
  kinds: ['role'],
  query: (
    scope,
  ) => `select 'role' as kind, quote_ident(r.rolname) as name, null as parent, r.oid::bigint as seq,
    ${facts({
      comment: sharedComment('pg_authid', 'r.oid'),
      labels: sharedLabels('pg_authid', 'r.oid'),
      superuser: `case when r.rolsuper then 'yes' end`,
      inherit: `case when not r.rolinherit then 'no' end`,
      createRole: `case when r.rolcreaterole then 'yes' end`,
      createDatabase: `case when r.rolcreatedb then 'yes' end`,
      login: `case when r.rolcanlogin then 'yes' end`,
      replication: `case when r.rolreplication then 'yes' end`,
      bypassRls: `case when r.rolbypassrls then 'yes' end`,
      connectionLimit: `case when r.rolconnlimit <> -1 then r.rolconnlimit::text end`,
      validUntil: VALID_UNTIL,
      ...(scope.superuser ? { password: `case when r.rolpassword is not null then 'yes' end` } : {}),
      memberOf: memberships(scope),
      settings: fdwOptions(
        '(select s.setconfig from pg_db_role_setting s where s.setdatabase = 0 and s.setrole = r.oid)',
      ),
    })} as facts
  from ${scope.superuser ? 'pg_authid' : 'pg_roles'} r
  where r.rolname not like 'pg\\_%' and (r.oid >= ${FIRST_USER_OID} or r.oid = ${BOOTSTRAP_SUPERUSER_OID})`,
}
