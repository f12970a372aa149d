import { type Session, StatementError } from '../../ports.ts'
import { literal, quoteName } from './literal.ts'

/** The first OID that initdb does not give away (access/transam.h, FirstNormalObjectId). */
const FIRST_USER_OID = 16_384

/** Schemas that a new database has. A renamed one keeps its OID, so names decide. */
const SYSTEM_SCHEMAS = "('pg_catalog', 'information_schema', 'pg_toast', 'public')"
const OF_SYSTEM_SCHEMA = `(select oid from pg_namespace where nspname in ${SYSTEM_SCHEMAS})`

/** Catalogs whose objects have no schema, in the order in which they are to be dropped. */
const WITHOUT_SCHEMA = [
  'pg_event_trigger',
  'pg_publication',
  'pg_extension',
  'pg_foreign_data_wrapper',
  'pg_foreign_server',
  'pg_cast',
  'pg_transform',
  'pg_language',
  'pg_am',
]

/** Catalogs whose objects lie in a schema, with the column that says which. */
const IN_SCHEMA: ReadonlyArray<readonly [catalog: string, schema: string]> = [
  ['pg_class', 'relnamespace'],
  ['pg_proc', 'pronamespace'],
  ['pg_type', 'typnamespace'],
  ['pg_operator', 'oprnamespace'],
  ['pg_opclass', 'opcnamespace'],
  ['pg_opfamily', 'opfnamespace'],
  ['pg_collation', 'collnamespace'],
  ['pg_conversion', 'connamespace'],
  ['pg_ts_config', 'cfgnamespace'],
  ['pg_ts_dict', 'dictnamespace'],
  ['pg_ts_parser', 'prsnamespace'],
  ['pg_ts_template', 'tmplnamespace'],
  ['pg_statistic_ext', 'stxnamespace'],
]

/**
 * What a database has that a new one has not. Objects inside a further schema and those that go with another object (pg_depend.deptype)
 * are left out. Temporary schemas stay for ever once they were used.
 */
const ADDED = [
  `select 0 as rank, 'pg_namespace'::regclass::oid as class, oid as object from pg_namespace
    where nspname not in ${SYSTEM_SCHEMAS} and nspname !~ '^pg_(toast_)?temp_[0-9]+$'`,
  ...IN_SCHEMA.map(
    ([catalog, schema], i) =>
      `select ${i + 1}, tableoid, oid from ${catalog} where oid >= ${FIRST_USER_OID} and ${schema} in ${OF_SYSTEM_SCHEMA}`,
  ),
  ...WITHOUT_SCHEMA.map(
    (catalog, i) => `select ${i - WITHOUT_SCHEMA.length}, tableoid, oid from ${catalog}
      where oid >= ${FIRST_USER_OID}${catalog === 'pg_extension' ? " and extname <> 'plpgsql'" : ''}`,
  ),
].join(' union all ')

const ADDED_OBJECTS = `select o.type, o.identity, added.rank::text as rank from (${ADDED}) added,
  pg_identify_object(added.class, added.object, 0) o
  where not exists (select from pg_depend d where d.classid = added.class and d.objid = added.object and d.objsubid = 0
    and d.deptype in ('i', 'a', 'e', 'P', 'S')) and o.type is not null order by added.rank, o.type, o.identity`

const LARGE_OBJECTS = 'select oid::text as oid from pg_largeobject_metadata order by oid'

const SUBSCRIPTIONS = `select subname::text as name from pg_subscription
  where subdbid = (select oid from pg_database where datname = current_database())`

/** Default privileges with what a role's objects are given where there is none; in a schema that is nothing (manual, pg_default_acl). */
const DEFAULT_PRIVILEGES = `select pg_get_userbyid(d.defaclrole)::text as role, n.nspname::text as schema,
    case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types'
      when 'n' then 'schemas' else 'large objects' end as objects,
    (select json_agg(distinct case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)::text) end)
      from aclexplode(d.defaclacl) a)::text as given,
    (select json_agg(json_build_array(a.privilege_type, case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)::text) end))
      from aclexplode(acldefault(case d.defaclobjtype when 'S' then 's'::"char" else d.defaclobjtype end, d.defaclrole)) a
      where d.defaclnamespace = 0)::text as built_in
  from pg_default_acl d left join pg_namespace n on n.oid = d.defaclnamespace`

/** What is in a database, in words; empty for a database as CREATE DATABASE makes it. */
export async function contentsOf(session: Session): Promise<string[]> {
  const [objects, large, subscriptions, defaults] = await Promise.all(
    [ADDED_OBJECTS, LARGE_OBJECTS, SUBSCRIPTIONS, DEFAULT_PRIVILEGES].map((query) => session.send(query)),
  )
  return [
    ...(objects?.rows ?? []).map(({ type, identity }) => `${type} ${identity}`),
    ...(large?.rows ?? []).map(({ oid }) => `large object ${oid}`),
    ...(subscriptions?.rows ?? []).map(({ name }) => `subscription ${name}`),
    ...(defaults?.rows ?? []).map(({ role }) => `default privileges of ${role}`),
  ]
}

/** Drops everything that {@link contentsOf} names. What cannot be dropped stays, and is named by it afterwards. */
export async function emptyDatabase(session: Session): Promise<void> {
  await releaseDatabase(session)
  await resetDefaultPrivileges(session)
  // A schema takes most of the rest with it, and what depends on something else may come up only when that is gone.
  for (let last = -1; ; ) {
    const { rows } = await session.send(ADDED_OBJECTS)
    if (rows.length === 0 || rows.length === last) break
    last = rows.length
    const whole = rows.filter(({ rank }) => Number(rank) <= 0)
    for (const { type, identity } of whole.length > 0 ? whole : rows)
      await attempt(
        session,
        `drop ${dropWord(type ?? '')} if exists ${(identity ?? '').replace(' on language ', ' language ')} cascade`,
      )
  }
  const { rows } = await session.send(LARGE_OBJECTS)
  for (const { oid } of rows) await attempt(session, `select lo_unlink(${oid})`)
  await attempt(session, 'create extension if not exists plpgsql')
}

/** Takes away what keeps a database from being dropped or emptied: prepared transactions, replication slots and subscriptions. */
export async function releaseDatabase(session: Session): Promise<void> {
  const prepared = await session.send(
    'select gid::text as gid from pg_prepared_xacts where database = current_database()',
  )
  for (const { gid } of prepared.rows) await attempt(session, `rollback prepared ${literal(gid ?? '')}`)
  const subscriptions = await session.send(SUBSCRIPTIONS)
  for (const { name } of subscriptions.rows) {
    const subscription = `subscription ${quoteName(name ?? '')}`
    await attempt(session, `alter ${subscription} disable`)
    // Its slot is on another server, which is none of our business.
    await attempt(session, `alter ${subscription} set (slot_name = none)`)
    await attempt(session, `drop ${subscription}`)
  }
  await attempt(
    session,
    `select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = current_database()`,
  )
}

async function resetDefaultPrivileges(session: Session): Promise<void> {
  const { rows } = await session.send(DEFAULT_PRIVILEGES)
  for (const { role, schema, objects, given, built_in } of rows) {
    const within = schema === null ? '' : ` in schema ${quoteName(schema ?? '')}`
    const change = `alter default privileges for role ${quoteName(role ?? '')}${within}`
    const grantees: string[] = JSON.parse(given ?? '[]')
    const grants: Array<[privilege: string, grantee: string]> = JSON.parse(built_in ?? '[]')
    const steps = [
      ...grantees.map((grantee) => `${change} revoke all on ${objects} from ${grantee}`),
      ...grants.map(
        ([privilege, grantee]) => `${change} grant ${privilege.toLowerCase()} on ${objects} to ${grantee}`,
      ),
    ]
    if (steps.length > 0) await attempt(session, steps.join('; '))
  }
}

/** pg_identify_object's word where DROP has another one. */
function dropWord(type: string): string {
  if (type === 'statistics object') return 'statistics'
  return type === 'foreign-data wrapper' ? 'foreign data wrapper' : type
}

async function attempt(session: Session, statement: string): Promise<void> {
  try {
    await session.send(statement)
  } catch (error) {
    if (!(error instanceof StatementError)) throw error
  }
}
