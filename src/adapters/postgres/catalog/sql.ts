/**
 * Pieces of SQL that the queries of all kinds share. An argument is an alias or an SQL expression.
 */

/**
 * Objects with an OID from here on were made after initdb (FirstNormalObjectId, src/include/access/transam.h); pg_dump draws the same line.
 */
export const FIRST_USER_OID = 16384

/** True for schemas whose objects are compared: not those of the system for temporary and TOAST tables, nor the history's own. */
export function comparedSchema(namespace: string): string {
  // No backslash: what it means in a literal is a setting of the session.
  return `${namespace}.nspname !~ '^pg_(toast|temp_)' and ${namespace}.nspname <> current_setting('sqlmig.history_schema')`
}

/** True for what no extension owns (manual, section 38.17: members are dumped with their extension). */
export function notExtensionMember(catalog: string, oid: string): string {
  // A scalar subquery is looked up in the index for each object; NOT EXISTS would be made an anti join, which reads all of pg_depend.
  return `coalesce((select false from pg_depend x where x.classid = 'pg_catalog.${catalog}'::regclass and x.objid = ${oid} and x.objsubid = 0 and x.deptype = 'e' limit 1), true)`
}

/** The usual condition on an object of a schema: made by a user, in a compared schema, no extension's member. */
export function userObject(catalog: string, alias: string, namespace: string): string {
  return `${alias}.oid >= ${FIRST_USER_OID} and ${comparedSchema(namespace)} and ${notExtensionMember(catalog, `${alias}.oid`)}`
}

/**
 * The relations of the user that have columns, as `relation` with a key and a qualified name: most kinds are about parts of them, and whether
 * an extension owns one is looked up once for all. It owns a composite type by its row in pg_type, anything else by its row in pg_class.
 */
export const RELATIONS: string = `relation as materialized (select c.oid, c.relkind, c.relowner, c.reloftype, ${relationKey('c', 'n')} as key, ${qualified('n', 'c.relname')} as name
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'f', 'v', 'm', 'c') and ${userObject('pg_class', 'c', 'n')}
    and (c.relkind <> 'c' or ${notExtensionMember('pg_type', 'c.reltype')}))`

export function qualified(namespace: string, name: string): string {
  return `quote_ident(${namespace}.nspname) || '.' || quote_ident(${name})`
}

/** A function and not a look-up in pg_roles: planning that view dozens of times takes longer than everything else. */
export function roleName(oid: string): string {
  return `quote_ident(pg_get_userbyid(${oid}))`
}

/** The key of the relation `alias` in the schema `namespace`: its kind follows relkind. */
export function relationKey(alias: string, namespace: string): string {
  return `${relationKind(alias)} || ' ' || ${qualified(namespace, `${alias}.relname`)}`
}

export function relationKind(alias: string): string {
  return `case ${alias}.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view' when 'm' then 'materialized-view' when 'f' then 'foreign-table' when 'S' then 'sequence' when 'i' then 'index' when 'I' then 'index' when 'c' then 'type' end`
}

/** A function by its name alone, as in HANDLER; regproc would leave out the schema where the search path makes it needless. */
export function functionName(oid: string): string {
  return `(select ${qualified('fn', 'f.proname')} from pg_proc f join pg_namespace fn on fn.oid = f.pronamespace where f.oid = ${oid})`
}

/** The fact `comment`. */
export function comment(catalog: string, oid: string, subId = '0'): string {
  return `(select d.description from pg_description d where d.classoid = 'pg_catalog.${catalog}'::regclass and d.objoid = ${oid} and d.objsubid = ${subId})`
}

/** The fact `labels`: `provider=label`, sorted. */
export function labels(catalog: string, oid: string, subId = '0'): string {
  // Few databases have any, and setting up the sort takes longer than all the rest of a row.
  return `case when (select exists (select from pg_seclabel)) then
    (select jsonb_agg(l.provider || '=' || l.label order by l.provider) from pg_seclabel l where l.classoid = 'pg_catalog.${catalog}'::regclass and l.objoid = ${oid} and l.objsubid = ${subId}) end`
}

/** The fact `comment` of what belongs to the whole server: a role, a database. */
export function sharedComment(catalog: string, oid: string): string {
  return `(select d.description from pg_shdescription d where d.classoid = 'pg_catalog.${catalog}'::regclass and d.objoid = ${oid})`
}

/** The fact `labels` of what belongs to the whole server. */
export function sharedLabels(catalog: string, oid: string): string {
  return `(select jsonb_agg(l.provider || '=' || l.label order by l.provider) from pg_shseclabel l where l.classoid = 'pg_catalog.${catalog}'::regclass and l.objoid = ${oid})`
}

/**
 * The fact `privileges`: how they differ from the default, so that a NULL ACL equals acldefault() (manual, section 5.8). `+role=SELECT` is
 * granted beyond it, `-PUBLIC=EXECUTE` is missing from it; `*` marks a grant option, `/role` a grantor who is not the owner.
 * @param type the object type letter of acldefault(); '' where the default is that nobody has any (columns)
 */
export function privileges(acl: string, type: string, owner: string): string {
  return privilegesBeyond(acl, type === '' ? 'null::aclitem[]' : `acldefault('${type}', ${owner})`, owner)
}

/** The same, compared with any other ACL. */
export function privilegesBeyond(acl: string, initial: string, owner: string): string {
  const entries = (source: string) =>
    `select case a.grantee when 0 then 'PUBLIC' else ${roleName('a.grantee')} end || '=' || a.privilege_type || case when a.is_grantable then '*' else '' end || case when a.grantor <> ${owner} then '/' || ${roleName('a.grantor')} else '' end as entry from aclexplode(${source}) a`
  const granted = entries(acl)
  const standard = entries(initial)
  return `case when ${acl} is not null then (select jsonb_agg(e.entry order by e.entry collate "C") from (
    (select '+' || g.entry as entry from (${granted} except ${standard}) g) union all (select '-' || m.entry from (${standard} except ${granted}) m)) e) end`
}

/** Options such as reloptions, sorted. */
export function options(array: string): string {
  return `case when ${array} is not null then (select jsonb_agg(o order by o collate "C") from unnest(${array}) o) end`
}

/**
 * Facts as a record: their names, then their values, which are text, jsonb or null. Making jsonb of them all takes half of the time of a
 * query, and only the few that have changed are ever read; `readFacts` of facts.ts understands what to_jsonb() makes of them.
 */
export function facts(entries: Readonly<Record<string, string>>): string {
  return `row('${Object.keys(entries).join(' ')}'::text, ${Object.values(entries).join(', ')})`
}

/** Whether a catalog has rows that a user or an extension made. */
export function madeByUser(catalog: string, oid = 'oid'): string {
  return `exists (select from ${catalog} where ${oid} >= ${FIRST_USER_OID})`
}

/** Whether a catalog that is empty after initdb still is. */
export function anyRow(catalog: string): string {
  return `exists (select from ${catalog})`
}
