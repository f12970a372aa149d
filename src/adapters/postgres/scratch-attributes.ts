import type { Session } from '../../ports.ts'
import { literal, quoteName } from './literal.ts'
import { settingOf } from './scratch-database.ts'

interface Attributes {
  /** Null where there is no such schema. */
  readonly owner: string | null
  readonly comment: string | null
  readonly grants: readonly Grant[] | null
}

type Grant = readonly [grantee: string, privilege: string, grantable: boolean]

/** What belongs to a database itself and not to the objects in it. */
export interface DatabaseAttributes {
  readonly name: string
  readonly database: Attributes
  readonly schema: Attributes
  /** A role (empty: all) and its settings in this database, as pg_db_role_setting stores them. */
  readonly settings: ReadonlyArray<readonly [role: string, items: readonly string[]]>
}

const grantsOf = (acl: string) => `(select json_agg(json_build_array(
    case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)::text) end, a.privilege_type, a.is_grantable)) from aclexplode(${acl}) a)`

const ATTRIBUTES = `select json_build_object(
    'name', d.datname,
    'database', json_build_object('owner', pg_get_userbyid(d.datdba), 'comment', shobj_description(d.oid, 'pg_database'),
      'grants', ${grantsOf("coalesce(d.datacl, acldefault('d', d.datdba))")}),
    'schema', json_build_object('owner', pg_get_userbyid(n.nspowner), 'comment', obj_description(n.oid, 'pg_namespace'),
      'grants', case when n.oid is not null then ${grantsOf("coalesce(n.nspacl, acldefault('n', n.nspowner))")} end),
    'settings', coalesce((select json_agg(json_build_array(coalesce(r.rolname, ''), s.setconfig) order by r.rolname)
      from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole where s.setdatabase = d.oid), '[]'))::text as attributes
  from pg_database d left join pg_namespace n on n.nspname = 'public' where d.datname = current_database()`

export async function readAttributes(session: Session): Promise<DatabaseAttributes> {
  const { rows } = await session.send(ATTRIBUTES)
  return JSON.parse(rows[0]?.['attributes'] ?? '{}')
}

/** The statements that bring a database, and its schema public, from one state back to another. */
export function restoreStatements(from: DatabaseAttributes, to: DatabaseAttributes): string[] {
  return [
    ...restoreSchema(from.schema, to.schema),
    ...restoreObject(`database ${quoteName(to.name)}`, from.database, to.database),
    ...restoreSettings(from, to),
  ]
}

function restoreSchema(from: Attributes, to: Attributes): string[] {
  if (to.owner === null) return from.owner === null ? [] : ['drop schema public cascade']
  if (from.owner !== null) return restoreObject('schema public', from, to)
  const owner = quoteName(to.owner)
  const made: Attributes = {
    owner: to.owner,
    comment: null,
    grants: [
      [owner, 'CREATE', false],
      [owner, 'USAGE', false],
    ],
  }
  return [`create schema public authorization ${owner}`, ...restoreObject('schema public', made, to)]
}

function restoreObject(object: string, from: Attributes, to: Attributes): string[] {
  const grantees = new Set((from.grants ?? []).map(([grantee]) => grantee))
  return [
    ...(from.owner === to.owner ? [] : [`alter ${object} owner to ${quoteName(to.owner ?? '')}`]),
    ...(from.comment === to.comment ? [] : [`comment on ${object} is ${literal(to.comment)}`]),
    ...(sameJson(from.grants, to.grants)
      ? []
      : [
          ...[...grantees].map((grantee) => `revoke all on ${object} from ${grantee}`),
          ...(to.grants ?? []).map(
            ([grantee, privilege, grantable]) =>
              `grant ${privilege.toLowerCase()} on ${object} to ${grantee}${grantable ? ' with grant option' : ''}`,
          ),
        ]),
  ]
}

function restoreSettings(from: DatabaseAttributes, to: DatabaseAttributes): string[] {
  const before = new Map(to.settings)
  const after = new Map(from.settings)
  const roles = new Set([...before.keys(), ...after.keys()])
  return [...roles]
    .filter((role) => !sameJson(before.get(role), after.get(role)))
    .flatMap((role) => {
      const database = quoteName(to.name)
      const target =
        role === '' ? `alter database ${database}` : `alter role ${quoteName(role)} in database ${database}`
      const items = (before.get(role) ?? []).map((item) => {
        const end = item.indexOf('=')
        return `${target} set ${settingOf(item.slice(0, end), item.slice(end + 1))}`
      })
      return [`${target} reset all`, ...items]
    })
}

function sameJson(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
