import type { Session } from '../../ports.ts'
import type { HistoryLocation } from './history-layout.ts'
import { literal } from './literal.ts'

/** A trigger of the table and the function that it calls. */
export interface TriggerFacts {
  readonly name: string
  /** pg_trigger.tgenabled: `A` fires whatever session_replication_role says. */
  readonly enabled: string
  readonly type: number
  /** Without condition, column list, arguments and constraint. */
  readonly plain: boolean
  readonly function: string
  readonly owner: string
  readonly source: string
  readonly language: string
  readonly config: readonly string[] | null
  readonly definer: boolean
}

export interface Grant {
  /** Null is PUBLIC. */
  readonly to: string | null
  readonly privilege: string
}

/** Everything about the table of the history that could run code of others or change what is written. */
export interface HistoryFacts {
  readonly persistence: string
  readonly owner: string
  readonly schemaOwner: string
  readonly rowSecurity: boolean
  readonly rules: readonly string[]
  readonly relatives: readonly string[]
  readonly triggers: readonly TriggerFacts[]
  readonly columns: readonly string[]
  readonly checks: readonly string[]
  readonly constraints: readonly string[]
  readonly indexes: readonly string[]
  readonly grants: readonly Grant[]
  /** Functions, types, operators and the like that did not come with the server and that the table's parts use. */
  readonly foreign: readonly string[]
}

export interface HistoryLook {
  readonly facts: HistoryFacts
  readonly comment: string | null
  readonly writable: boolean
  /** Roles that could do anyway what the session's role can, and so gain nothing by owning the table. */
  readonly trusted: ReadonlySet<string>
  /** What {@link tableState} says in the same snapshot. */
  readonly state: string
}

/** Reads all of it in one statement; undefined where there is no ordinary table of that name. */
export async function lookAtTable(
  session: Session,
  location: HistoryLocation,
): Promise<HistoryLook | undefined> {
  const { rows } = await session.send(lookQuery(location))
  const row = rows[0]
  if (row === undefined) return undefined
  return {
    facts: JSON.parse(row['facts'] ?? '{}') as HistoryFacts,
    comment: row['comment'] ?? null,
    writable: row['writable'] === 'true',
    trusted: new Set(JSON.parse(row['trusted'] ?? '[]') as string[]),
    state: row['state'] ?? '',
  }
}

/** The owner of a schema and whether it is trusted; undefined where there is no such schema. */
export async function lookAtSchema(
  session: Session,
  schema: string,
): Promise<{ owner: string; trusted: boolean } | undefined> {
  const { rows } = await session.send(`${TRUST}
    select pg_catalog.pg_get_userbyid(n.nspowner)::text as owner,
      (n.nspowner in (select trusted.role from trusted))::text as trusted
    from pg_catalog.pg_namespace n where n.nspname = ${literal(schema)}`)
  const row = rows[0]
  return row === undefined ? undefined : { owner: row['owner'] ?? '', trusted: row['trusted'] === 'true' }
}

/**
 * Superusers, the owner of the database (who decides over the search path of everybody's migrations), the role itself, and the roles of
 * which it is a member by the word of one of these. pg_has_role() is no evidence: it is true for a superuser whatever the role, and up to
 * PostgreSQL 15 any role may make others members of itself.
 */
const TRUST = `with recursive powers(role) as (
    select r.oid from pg_catalog.pg_roles r where r.rolsuper or r.rolname in (session_user, current_user, 'pg_database_owner')
    union select d.datdba from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()
  ), mine(role) as (
    select r.oid from pg_catalog.pg_roles r where r.rolname in (session_user, current_user)
    union select m.roleid from mine join pg_catalog.pg_auth_members m on m.member = mine.role
      where m.grantor in (select powers.role from powers)
  ), trusted(role) as (select powers.role from powers union select mine.role from mine)`

function lookQuery({ schema, table }: HistoryLocation): string {
  return `${TRUST}
  select ${FACTS} as facts, ${tableState('c.oid')} as state, pg_catalog.obj_description(c.oid, 'pg_class') as comment,
    (pg_catalog.has_schema_privilege(n.oid, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'INSERT'))::text as writable,
    (select pg_catalog.jsonb_agg(pg_catalog.pg_get_userbyid(trusted.role)) from trusted)::text as trusted
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = ${literal(schema)} and c.relname = ${literal(table)} and c.relkind = 'r'`
}

const list = (value: string, rest: string) =>
  `(select coalesce(pg_catalog.jsonb_agg(${value}), '[]') from ${rest})`

const COLUMN_LINE = `pg_catalog.concat_ws(' ', pg_catalog.quote_ident(a.attname), pg_catalog.format_type(a.atttypid, a.atttypmod),
  case when a.attnotnull then 'not null' end, 'identity ' || nullif(a.attidentity::text, ''),
  'generated ' || nullif(a.attgenerated::text, ''),
  case when a.attgenerated = '' then 'default ' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) end)`

/** The columns of the relation `c`, in order, as the shape of a layout lists them. */
export const COLUMN_LINES: string = list(
  `${COLUMN_LINE} order by a.attnum`,
  `pg_catalog.pg_attribute a left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped`,
)

const TRIGGER = `pg_catalog.jsonb_build_object('name', t.tgname, 'enabled', t.tgenabled::text, 'type', t.tgtype,
  'plain', t.tgqual is null and t.tgattr = '' and t.tgnargs = 0 and t.tgconstraint = 0,
  'function', p.oid::pg_catalog.regprocedure::text, 'owner', pg_catalog.pg_get_userbyid(p.proowner), 'source', p.prosrc,
  'language', (select l.lanname from pg_catalog.pg_language l where l.oid = p.prolang), 'config', p.proconfig, 'definer', p.prosecdef)`

const GRANT = `distinct pg_catalog.jsonb_build_object(
  'to', case when g.grantee <> 0 then pg_catalog.pg_get_userbyid(g.grantee) end, 'privilege', g.privilege_type)`

/** An index that does not hold for certain (deferrable, partial, by an expression, not valid) is another thing than one that does. */
const INDEX = `pg_catalog.concat_ws(' ', case when i.indisprimary then 'primary' when i.indisunique then 'unique' else 'plain' end,
  case when not (i.indisvalid and i.indisready and i.indimmediate) or i.indpred is not null or i.indexprs is not null
    then 'doubtful' end, i.indkey::text)`

/** Objects that came with the server are pinned, and nothing that depends on them is recorded (manual, pg_depend). */
const FOREIGN = list(
  'distinct pg_catalog.pg_describe_object(d.refclassid, d.refobjid, 0)',
  `pg_catalog.pg_depend d join (
    select 'pg_catalog.pg_class'::pg_catalog.regclass as class, c.oid as object
    union all select 'pg_catalog.pg_class'::pg_catalog.regclass, i.indexrelid from pg_catalog.pg_index i where i.indrelid = c.oid
    union all select 'pg_catalog.pg_constraint'::pg_catalog.regclass, k.oid from pg_catalog.pg_constraint k where k.conrelid = c.oid
    union all select 'pg_catalog.pg_attrdef'::pg_catalog.regclass, x.oid from pg_catalog.pg_attrdef x where x.adrelid = c.oid
  ) part on d.classid = part.class and d.objid = part.object
  where d.deptype = 'n' and d.refclassid not in ('pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_namespace'::pg_catalog.regclass)`,
)

const FACTS = `pg_catalog.jsonb_build_object(
  'persistence', c.relpersistence::text,
  'owner', pg_catalog.pg_get_userbyid(c.relowner), 'schemaOwner', pg_catalog.pg_get_userbyid(n.nspowner),
  'rowSecurity', c.relrowsecurity or c.relforcerowsecurity,
  'rules', ${list('r.rulename order by r.rulename', 'pg_catalog.pg_rewrite r where r.ev_class = c.oid')},
  'relatives', ${list(
    'distinct (case when i.inhrelid = c.oid then i.inhparent else i.inhrelid end)::pg_catalog.regclass::text',
    'pg_catalog.pg_inherits i where i.inhrelid = c.oid or i.inhparent = c.oid',
  )},
  'triggers', ${list(
    `${TRIGGER} order by t.tgname`,
    'pg_catalog.pg_trigger t join pg_catalog.pg_proc p on p.oid = t.tgfoid where t.tgrelid = c.oid and not t.tgisinternal',
  )},
  'columns', ${COLUMN_LINES},
  'checks', ${list(
    "coalesce((select pg_catalog.string_agg(a.attname, ' ' order by a.attnum) from pg_catalog.pg_attribute a where a.attrelid = k.conrelid and a.attnum = any (k.conkey)), k.conname)",
    "pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'c'",
  )},
  'constraints', ${list('k.conname order by k.conname', "pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype not in ('p', 'u', 'c', 'n', 't')")},
  'indexes', ${list(INDEX, 'pg_catalog.pg_index i where i.indrelid = c.oid')},
  'grants', ${list(
    GRANT,
    `(select e.grantee, e.privilege_type from pg_catalog.aclexplode(c.relacl) e union all
      select e.grantee, e.privilege_type from pg_catalog.pg_attribute a, pg_catalog.aclexplode(a.attacl) e
      where a.attrelid = c.oid and a.attacl is not null) g`,
  )},
  'foreign', ${FOREIGN})::text`

/**
 * An SQL expression for a text that becomes another one when anything in the facts is changed, by whatever statement: for the rows of the
 * catalogs that make up the table, how many there are and by which transactions they were written. It costs a tenth of the facts, and
 * what only rewrites a catalog, such as VACUUM FULL, changes it as well: it says when to look again, not what is wrong.
 * @param oid an expression for the OID of the table
 */
export function tableState(oid: string): string {
  const rows = (from: string) =>
    `(select pg_catalog.count(*) || '/' || coalesce(pg_catalog.sum(z.xmin::text::bigint), 0) from pg_catalog.${from})`
  const parts = [
    `(${oid})::text`,
    rows(`pg_class z where z.oid = ${oid}`),
    rows(
      `pg_namespace z where z.oid = (select y.relnamespace from pg_catalog.pg_class y where y.oid = ${oid})`,
    ),
    rows(`pg_attribute z where z.attrelid = ${oid}`),
    rows(`pg_attrdef z where z.adrelid = ${oid}`),
    rows(`pg_trigger z where z.tgrelid = ${oid}`),
    rows(`pg_proc z where z.oid in (select y.tgfoid from pg_catalog.pg_trigger y where y.tgrelid = ${oid})`),
    rows(`pg_rewrite z where z.ev_class = ${oid}`),
    rows(`pg_constraint z where z.conrelid = ${oid}`),
    rows(`pg_index z where z.indrelid = ${oid}`),
    rows(`pg_inherits z where z.inhrelid = ${oid}`),
    rows(`pg_inherits z where z.inhparent = ${oid}`),
  ]
  return `pg_catalog.concat_ws(' ', ${parts.join(', ')})`
}
