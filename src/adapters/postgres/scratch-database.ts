import { randomBytes } from 'node:crypto'
import { literal, quoteName } from './literal.ts'

const PREFIX = 'sqlmig_scratch_'
const TIME = 'YYYYMMDDHH24MISS'
const SUFFIX_BYTES = 6
const NAME = `^${PREFIX}[0-9]{14}_[0-9a-f]{${SUFFIX_BYTES * 2}}$`

/** The comment by which a scratch database is known. A snapshot leaves it out: a new database has no comment. */
export const SCRATCH_MARK = 'sqlmig scratch database'

/** The first half of the advisory lock's key; the second is a hash of the name. */
const LOCK_CLASS = 0x73_71_6c_73
const ORPHAN_AGE = '1 hour'

/** What decides whether scratch databases can be made beside the current database, and how. */
export const SERVER_FACTS = `select (r.rolcreatedb or r.rolsuper)::text as may_create, pg_is_in_recovery()::text as standby,
    session_user::text as role, pg_encoding_to_char(d.encoding) as encoding, d.datcollate::text as collate, d.datctype::text as ctype,
    row_to_json(d)->>'datlocprovider' as provider, row_to_json(d)->>'daticurules' as icu_rules,
    coalesce(row_to_json(d)->>'datlocale', row_to_json(d)->>'daticulocale') as locale,
    (select substr(s.item, 13) from pg_db_role_setting, unnest(setconfig) s(item)
      where setdatabase = d.oid and setrole = 0 and s.item like 'search\\_path=%') as database_path,
    (select substr(s.item, 13) from pg_db_role_setting, unnest(setconfig) s(item)
      where setdatabase = d.oid and setrole = r.oid and s.item like 'search\\_path=%') as role_path
  from pg_database d, pg_roles r where d.datname = current_database() and r.rolname = session_user`

type Row = Readonly<Record<string, string | null>>

/**
 * A query that makes up a name by the server's clock, in UTC, and keeps other runs from taking the database for an orphan: pg_locks
 * shows advisory locks of every database, and they end with the session.
 */
export function reserveName(): string {
  const suffix = randomBytes(SUFFIX_BYTES).toString('hex')
  return `select name, pg_try_advisory_lock_shared(${LOCK_CLASS}, hashtext(name))
    from (select concat('${PREFIX}', to_char(clock_timestamp() at time zone 'UTC', '${TIME}'), '_${suffix}') as name) made`
}

export function lockNames(names: Iterable<string>): string {
  const list = [...names].map(literal).join(', ')
  return `select pg_try_advisory_lock_shared(${LOCK_CLASS}, hashtext(name)) from unnest(array[${list}]::text[]) name`
}

export function unlockName(name: string): string {
  return `select pg_advisory_unlock_shared(${LOCK_CLASS}, hashtext(${literal(name)}))`
}

/**
 * Nobody can connect to it before it is marked, so one without the mark is as empty as template0. Encoding and locale are those of the
 * given database: they decide how text is sorted and which text is accepted.
 */
export function createStatement(name: string, facts: Row): string {
  const given = (option: string, value: string | null | undefined) =>
    value === null || value === undefined ? '' : ` ${option} ${literal(value)}`
  const provider = facts['provider']
  const providerOptions: Record<string, string> = {
    c: ' locale_provider libc',
    i: ` locale_provider icu${given('icu_locale', facts['locale'])}${given('icu_rules', facts['icu_rules'])}`,
    b: ` locale_provider builtin${given('builtin_locale', facts['locale'])}`,
  }
  return `create database ${quoteName(name)} template template0 allow_connections false${given('encoding', facts['encoding'])}${given(
    'lc_collate',
    facts['collate'],
  )}${given('lc_ctype', facts['ctype'])}${providerOptions[provider ?? ''] ?? ''}`
}

/** Marks a database, gives it the search path that migrations have in the given one, and opens it. */
export function prepareStatements(name: string, facts: Row): string {
  const database = quoteName(name)
  const paths = [
    { of: `database ${database}`, path: facts['database_path'] },
    { of: `role ${quoteName(facts['role'] ?? '')} in database ${database}`, path: facts['role_path'] },
  ]
  return [
    `comment on database ${database} is ${literal(SCRATCH_MARK)}`,
    ...paths.flatMap(({ of, path }) =>
      typeof path === 'string' ? [`alter ${of} set ${settingOf('search_path', path)}`] : [],
    ),
    `alter database ${database} allow_connections true`,
  ].join('; ')
}

/**
 * Databases that killed runs left: of exactly our form of name, with our mark or never opened, older than an hour, owned by us, with
 * neither a session nor a run that answers for them.
 */
export const ORPHANS: string = `select d.datname::text as name from pg_database d
  where d.datname ~ '${NAME}' and pg_has_role(d.datdba, 'USAGE') and not d.datistemplate
    and substr(d.datname, ${PREFIX.length + 1}, 14) < to_char(clock_timestamp() at time zone 'UTC' - interval '${ORPHAN_AGE}', '${TIME}')
    and case when d.datallowconn then shobj_description(d.oid, 'pg_database') = ${literal(SCRATCH_MARK)}
      else coalesce(shobj_description(d.oid, 'pg_database'), ${literal(SCRATCH_MARK)}) = ${literal(SCRATCH_MARK)} end
    and not exists (select from pg_stat_activity a where a.datid = d.oid)
    and not exists (select from pg_locks l where l.locktype = 'advisory' and l.classid = ${LOCK_CLASS} and l.objsubid = 2
      and l.objid = (hashtext(d.datname)::bigint & 4294967295)::oid)`

/** Settings whose stored value is a list of quoted names: as one string it would become one name (pg_dump's variable_is_guc_list_quote). */
const NAME_LISTS = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
])

/** `name = value` for SET, of a setting as pg_db_role_setting stores it. */
export function settingOf(name: string, value: string): string {
  const key = name.split('.').map(quoteName).join('.')
  if (!NAME_LISTS.has(name.toLowerCase())) return `${key} = ${literal(value)}`
  const names = [...value.matchAll(/"((?:[^"]|"")*)"|([^\s,]+)/g)].map(
    ([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain,
  )
  return `${key} = ${names.length === 0 ? "''" : names.map(literal).join(', ')}`
}
