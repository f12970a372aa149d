import type { ObjectKind } from '../../../core/catalog.ts'
import type { CatalogKind } from './kind.ts'
import { comment, facts, functionName, madeByUser, qualified, roleName, userObject } from './sql.ts'

interface TextSearchCatalog {
  readonly kind: ObjectKind
  readonly catalog: string
  /** What the names of its columns begin with. */
  readonly prefix: string
  readonly facts: Readonly<Record<string, string>>
}

/** Names and labels of pg_ts_config_map's token types are known to the parser alone. */
const mappings = `(select jsonb_agg(m.entry order by m.entry collate "C") from (
  select (select quote_ident(y.alias) from ts_token_type(c.cfgparser) y where y.tokid = x.maptokentype) || ' WITH ' ||
    string_agg(${qualified('dn', 'd.dictname')}, ', ' order by x.mapseqno) as entry
  from pg_ts_config_map x join pg_ts_dict d on d.oid = x.mapdict join pg_namespace dn on dn.oid = d.dictnamespace
  where x.mapcfg = c.oid group by x.maptokentype) m)`

const catalogs: readonly TextSearchCatalog[] = [
  {
    kind: 'text-search-configuration',
    catalog: 'pg_ts_config',
    prefix: 'cfg',
    facts: {
      parser: `(select ${qualified('pn', 'p.prsname')} from pg_ts_parser p join pg_namespace pn on pn.oid = p.prsnamespace where p.oid = c.cfgparser)`,
      mappings,
      owner: roleName('c.cfgowner'),
    },
  },
  {
    kind: 'text-search-dictionary',
    catalog: 'pg_ts_dict',
    prefix: 'dict',
    facts: {
      template: `(select ${qualified('tn', 't.tmplname')} from pg_ts_template t join pg_namespace tn on tn.oid = t.tmplnamespace where t.oid = c.dicttemplate)`,
      options: 'c.dictinitoption',
      owner: roleName('c.dictowner'),
    },
  },
  {
    kind: 'text-search-parser',
    catalog: 'pg_ts_parser',
    prefix: 'prs',
    facts: {
      start: functionName('c.prsstart'),
      gettoken: functionName('c.prstoken'),
      end: functionName('c.prsend'),
      headline: functionName('c.prsheadline'),
      lextypes: functionName('c.prslextype'),
    },
  },
  {
    kind: 'text-search-template',
    catalog: 'pg_ts_template',
    prefix: 'tmpl',
    facts: { init: functionName('c.tmplinit'), lexize: functionName('c.tmpllexize') },
  },
]

export const textSearch: CatalogKind = {
  kinds: catalogs.map(({ kind }) => kind),
  rare: ['pg_ts_config', 'pg_ts_dict', 'pg_ts_parser', 'pg_ts_template']
    .map((catalog) => madeByUser(catalog))
    .join(' or '),
  query: () => catalogs.map(queryOf).join('\n  union all\n  '),
}

function queryOf({ kind, catalog, prefix, facts: own }: TextSearchCatalog): string {
  return `select '${kind}' as kind, ${qualified('n', `c.${prefix}name`)} as name, null as parent, c.oid::bigint as seq,
    ${facts({ ...own, comment: comment(catalog, 'c.oid') })} as facts
  from ${catalog} c join pg_namespace n on n.oid = c.${prefix}namespace
  where ${userObject(catalog, 'c', 'n')}`
}
