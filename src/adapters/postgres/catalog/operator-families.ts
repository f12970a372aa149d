import type { CatalogKind } from './kind.ts'
import { operatorName, routineNameOf } from './routine-name.ts'
import { comment, facts, madeByUser, qualified, roleName, userObject } from './sql.ts'

/** `app.name USING btree`, for pg_opfamily and pg_opclass alike. */
export function indexObjectName(namespace: string, name: string, method: string): string {
  return `${qualified(namespace, name)} || ' USING ' || quote_ident(${method}.amname)`
}

/**
 * Operators and functions that depend on the operator class or family. pg_depend says to which of the two a member belongs (pg_dump reads it
 * there as well); in the form that ADD and CREATE OPERATOR CLASS take.
 */
export function members(catalog: 'pg_opclass' | 'pg_opfamily', oid: string): Record<string, string> {
  const depending = (member: string) =>
    `d.refclassid = 'pg_catalog.${catalog}'::regclass and d.refobjid = ${oid} and d.classid = 'pg_catalog.${member}'::regclass`
  return {
    operators: `(select jsonb_agg(a.amopstrategy || ' ' || ${operatorName('o', 'mn')} ||
        coalesce(' FOR ORDER BY ' || (select ${qualified('sn', 's.opfname')} from pg_opfamily s join pg_namespace sn on sn.oid = s.opfnamespace
          where s.oid = a.amopsortfamily), '') order by a.amopstrategy, ${operatorName('o', 'mn')} collate "C")
      from pg_depend d join pg_amop a on a.oid = d.objid join pg_operator o on o.oid = a.amopopr join pg_namespace mn on mn.oid = o.oprnamespace
      where ${depending('pg_amop')})`,
    functions: `(select jsonb_agg(m.entry order by m.amprocnum, m.entry collate "C") from (
        select a.amprocnum, a.amprocnum || ' (' || format_type(a.amproclefttype, null) || ', ' || format_type(a.amprocrighttype, null) || ') ' ||
          ${routineNameOf('a.amproc::oid')} as entry
        from pg_depend d join pg_amproc a on a.oid = d.objid where ${depending('pg_amproc')}) m)`,
  }
}

export const operatorFamilies: CatalogKind = {
  kinds: ['operator-family'],
  rare: madeByUser('pg_opfamily'),
  query:
    () => `select 'operator-family' as kind, ${indexObjectName('n', 'f.opfname', 'm')} as name, null as parent, f.oid::bigint as seq,
    ${facts({
      ...members('pg_opfamily', 'f.oid'),
      owner: roleName('f.opfowner'),
      comment: comment('pg_opfamily', 'f.oid'),
    })} as facts
  from pg_opfamily f join pg_namespace n on n.oid = f.opfnamespace join pg_am m on m.oid = f.opfmethod
  where ${userObject('pg_opfamily', 'f', 'n')}`,
}
