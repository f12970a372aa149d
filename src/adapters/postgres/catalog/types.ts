import type { CatalogKind } from './kind.ts'
import { comment, facts, functionName, labels, privileges, qualified, roleName, userObject } from './sql.ts'

/** A fact that only types of one typtype have. */
function only(typtype: string, expression: string): string {
  return `case when t.typtype = '${typtype}' then ${expression} end`
}

function onlyBase(entries: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(entries).map(([name, sql]) => [name, only('b', sql)]))
}

/** Named after the parameters of CREATE TYPE (manual, CREATE TYPE, also for the defaults). */
const baseFacts = onlyBase({
  input: functionName('t.typinput'),
  output: functionName('t.typoutput'),
  receive: functionName('t.typreceive'),
  send: functionName('t.typsend'),
  typmod_in: functionName('t.typmodin'),
  typmod_out: functionName('t.typmodout'),
  analyze: functionName('t.typanalyze'),
  subscript: functionName('t.typsubscript'),
  internallength: `case when t.typlen > 0 then t.typlen::text end`,
  passedbyvalue: `case when t.typbyval then 'yes' end`,
  alignment: `case t.typalign when 'c' then 'char' when 's' then 'int2' when 'd' then 'double' end`,
  storage: `case t.typstorage when 'e' then 'external' when 'x' then 'extended' when 'm' then 'main' end`,
  category: `case when t.typcategory <> 'U' then t.typcategory::text end`,
  preferred: `case when t.typispreferred then 'yes' end`,
  default: 't.typdefault',
  element: 'case when t.typelem <> 0 then format_type(t.typelem, null) end',
  delimiter: `case when t.typdelim <> ',' then t.typdelim::text end`,
  collatable: `case when t.typcollation <> 0 then 'yes' end`,
})

const rangeFacts = {
  subtype: 'format_type(r.rngsubtype, null)',
  subtypeOpclass: `(select ${qualified('kn', 'k.opcname')} from pg_opclass k join pg_namespace kn on kn.oid = k.opcnamespace
    where k.oid = r.rngsubopc and not (k.opcdefault and k.opcintype = r.rngsubtype))`,
  collation: `(select ${qualified('ln', 'l.collname')} from pg_collation l join pg_namespace ln on ln.oid = l.collnamespace
    where l.oid = r.rngcollation and l.oid <> (select s.typcollation from pg_type s where s.oid = r.rngsubtype))`,
  canonical: functionName('r.rngcanonical'),
  subtypeDiff: functionName('r.rngsubdiff'),
  multirange: `(select ${qualified('mn', 'm.typname')} from pg_type m join pg_namespace mn on mn.oid = m.typnamespace where m.oid = r.rngmultitypid)`,
}

/** Row types of tables, array types and the multirange types of ranges come and go with what they are made for. */
export const types: CatalogKind = {
  kinds: ['type'],
  query:
    () => `select 'type' as kind, ${qualified('n', 't.typname')} as name, null as parent, t.oid::bigint as seq,
    ${facts({
      variant: `case t.typtype when 'e' then 'enum' when 'c' then 'composite' when 'r' then 'range' when 'b' then 'base' else 'shell' end`,
      values: only(
        'e',
        '(select jsonb_agg(e.enumlabel order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid)',
      ),
      ...rangeFacts,
      ...baseFacts,
      owner: roleName('t.typowner'),
      privileges: privileges('t.typacl', 'T', 't.typowner'),
      comment: comment('pg_type', 't.oid'),
      labels: labels('pg_type', 't.oid'),
    })} as facts
  from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_range r on r.rngtypid = t.oid
  where (t.typtype in ('e', 'r', 'p') or t.typtype = 'c' and (select c.relkind from pg_class c where c.oid = t.typrelid) = 'c'
      or t.typtype = 'b' and t.oid is distinct from (select e.typarray from pg_type e where e.oid = t.typelem))
    and ${userObject('pg_type', 't', 'n')}`,
}
