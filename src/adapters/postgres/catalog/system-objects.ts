import type { CatalogKind, CatalogScope } from './kind.ts'
import { routineName } from './routine-name.ts'
import { FIRST_USER_OID, facts, privilegesBeyond, qualified } from './sql.ts'

/** One catalog whose rows have an ACL. */
interface Source {
  readonly catalog: string
  /** In FROM; the row is `o`. */
  readonly from: string
  readonly acl: string
  readonly owner: string
  /** The ACL of what has no row in pg_init_privs; absent: nobody has any. */
  readonly initial?: string
  /** What GRANT … ON calls it, in lower case. */
  readonly name: string
  readonly oid?: string
  readonly column?: string
}

const NAMESPACE = (oid: string) => `join pg_namespace n on n.oid = ${oid}`
const RELATION = qualified('n', 'c.relname')

/** Few rows have one: they are found by one scan, before anything is looked up for them. */
function withAcl(catalog: string, acl: string): string {
  return `(select * from ${catalog} where ${acl} is not null offset 0) o`
}

/** initdb keeps no record for information_schema, where everyone may read what anyone may. */
function readable(schema: string, owner: string, privilege: string): string {
  return `case when ${schema} = 'information_schema' then array[makeaclitem(0, ${owner}, '${privilege}', false)] end`
}

const SOURCES: readonly Source[] = [
  {
    catalog: 'pg_proc',
    from: `${withAcl('pg_proc', 'proacl')} ${NAMESPACE('o.pronamespace')}`,
    acl: 'o.proacl',
    owner: 'o.proowner',
    initial: `acldefault('f', o.proowner)`,
    name: `case o.prokind when 'p' then 'procedure ' else 'function ' end || ${routineName('o', 'n')}`,
  },
  {
    catalog: 'pg_class',
    from: `${withAcl('pg_class', 'relacl')} ${NAMESPACE('o.relnamespace')}`,
    acl: 'o.relacl',
    owner: 'o.relowner',
    initial: `acldefault(case o.relkind when 'S' then 's'::"char" else 'r'::"char" end, o.relowner)
      || ${readable('n.nspname', 'o.relowner', 'SELECT')}`,
    name: `case o.relkind when 'S' then 'sequence ' else 'table ' end || ${qualified('n', 'o.relname')}`,
  },
  {
    catalog: 'pg_class',
    from: `${withAcl('pg_attribute', 'attacl')} join pg_class c on c.oid = o.attrelid ${NAMESPACE('c.relnamespace')}`,
    acl: 'o.attacl',
    owner: 'c.relowner',
    name: `'column ' || ${RELATION}`,
    oid: 'o.attrelid',
    column: 'o.attname',
  },
  {
    catalog: 'pg_type',
    from: `${withAcl('pg_type', 'typacl')} ${NAMESPACE('o.typnamespace')}`,
    acl: 'o.typacl',
    owner: 'o.typowner',
    initial: `acldefault('T', o.typowner)`,
    name: `'type ' || ${qualified('n', 'o.typname')}`,
  },
  ...(
    [
      ['pg_namespace', 'nsp', 'n', 'schema'],
      ['pg_language', 'lan', 'l', 'language'],
      ['pg_foreign_data_wrapper', 'fdw', 'F', 'foreign data wrapper'],
      ['pg_foreign_server', 'srv', 'S', 'foreign server'],
    ] as const
  ).map(([catalog, prefix, type, word]) => ({
    catalog,
    from: withAcl(catalog, `${prefix}acl`),
    acl: `o.${prefix}acl`,
    owner: `o.${prefix}owner`,
    initial: `acldefault('${type}', o.${prefix}owner)${catalog === 'pg_namespace' ? ` || ${readable('o.nspname', 'o.nspowner', 'USAGE')}` : ''}`,
    name: `'${word} ' || quote_ident(o.${prefix}name)`,
  })),
]

/** Parameters belong to the whole server. */
const PARAMETERS = `select 'parameter ' || o.parname as name, o.oid, null as column, null as relation, o.paracl as acl, acldefault('p', 10) as initial, 10::oid as owner
  from pg_parameter_acl o`

function changed({ catalog, from, acl, owner, initial, name, oid = 'o.oid', column }: Source): string {
  const subId = column === undefined ? '0' : 'o.attnum'
  const standard = `coalesce(i.initprivs, ${initial ?? 'null::aclitem[]'})`
  const member = `exists (select from pg_depend x where x.classid = 'pg_catalog.${catalog}'::regclass and x.objid = ${oid} and x.objsubid = 0 and x.deptype = 'e')`
  // public is a schema like any other
  const own = catalog === 'pg_namespace' ? ` and o.nspname <> 'public'` : ''
  const ofColumn =
    column === undefined
      ? `${name} as name, ${oid}, null as column, null as relation`
      : `${name} || '.' || quote_ident(${column}) as name, ${oid}, quote_ident(${column}) as column, ${RELATION} as relation`
  return `select ${ofColumn}, ${acl} as acl, ${standard} as initial, ${owner} as owner
  from ${from}
  left join pg_init_privs i on i.classoid = 'pg_catalog.${catalog}'::regclass and i.objoid = ${oid} and i.objsubid = ${subId}
  where ${acl} is distinct from ${standard}${own} and (${oid} < ${FIRST_USER_OID} or ${member})`
}

/**
 * What initdb or an extension made and a migration granted or revoked something on. Owners and comments of such objects cannot be
 * compared: the catalog does not say what they were. An ACL in another order is the same, so those without a difference are left out.
 */
export const systemObjects: CatalogKind = {
  kinds: ['system-object'],
  query: ({ major }: CatalogScope) => {
    const all = [...SOURCES.map(changed), ...(major < 15 ? [] : [PARAMETERS])].join('\nunion all\n')
    const privileges = privilegesBeyond('so.acl', 'so.initial', 'so.owner')
    return `select 'system-object' as kind, s.name, null as parent, s.oid::bigint as seq,
    ${facts({ privileges: 's.privileges', column: 's.column', relation: 's.relation' })} as facts
  from (select so.name, so.oid, so.column, so.relation, ${privileges} as privileges from (${all}) so offset 0) s
  where s.privileges is not null`
  },
}
