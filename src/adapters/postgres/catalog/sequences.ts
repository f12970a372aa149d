import type { CatalogKind } from './kind.ts'
import { comment, facts, labels, privileges, qualified, roleName, userObject } from './sql.ts'

// The largest value of a type is the bound of a sequence that ascends, the smallest that of one that descends.
const LARGEST = `case s.seqtypid when 21 then 32767 when 23 then 2147483647 else 9223372036854775807 end`
const BOUNDS = `(select case when s.seqincrement > 0 then 1 else -(${LARGEST}) - 1 end as low, case when s.seqincrement > 0 then ${LARGEST} else -1 end as high)`

// A sequence is logged or not like the table that owns it. Before 15 none could be unlogged.
const PERSISTENCE = `case when c.relpersistence <> coalesce(own.relpersistence, 'p') then case c.relpersistence when 'u' then 'unlogged' else 'logged' end end`

/**
 * Sequences, also those of serial and identity columns, which have the owner of their table. Where they stand is not what they are. CREATE
 * TABLE makes the sequence of an identity column before the table, yet nothing can be done to it before: it follows the table's row type.
 */
export const sequences: CatalogKind = {
  kinds: ['sequence'],
  query: ({
    major,
  }) => `select 'sequence' as kind, ${qualified('n', 'c.relname')} as name, 'column ' || own.name as parent, 
    greatest(c.oid::bigint, own.reltype::bigint) as seq,
    ${facts({
      // that of an identity column follows the column's
      type: `case when s.seqtypid <> coalesce(own.type, 20) then format_type(s.seqtypid, null) end`,
      start: `case when s.seqstart <> case when s.seqincrement > 0 then s.seqmin else s.seqmax end then s.seqstart::text end`,
      increment: `case when s.seqincrement <> 1 then s.seqincrement::text end`,
      min: `case when s.seqmin <> bound.low then s.seqmin::text end`,
      max: `case when s.seqmax <> bound.high then s.seqmax::text end`,
      cache: `case when s.seqcache <> 1 then s.seqcache::text end`,
      cycle: `case when s.seqcycle then 'yes' end`,
      ...(major < 15 ? {} : { persistence: PERSISTENCE }),
      ownedBy: 'own.name',
      identity: `case own.deptype when 'i' then 'yes' end`,
      owner: `case when own.name is null then ${roleName('c.relowner')} end`,
      privileges: privileges('c.relacl', 's', 'c.relowner'),
      comment: comment('pg_class', 'c.oid'),
      labels: labels('pg_class', 'c.oid'),
    })} as facts
  from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
  cross join lateral ${BOUNDS} bound
  left join lateral (select d.deptype, r.relpersistence, case d.deptype when 'i' then r.reltype end as reltype, case d.deptype when 'i' then a.atttypid end as type,
      ${qualified('rn', 'r.relname')} || '.' || quote_ident(a.attname) as name
    from pg_depend d join pg_class r on r.oid = d.refobjid join pg_namespace rn on rn.oid = r.relnamespace
    join pg_attribute a on a.attrelid = r.oid and a.attnum = d.refobjsubid
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.objsubid = 0
      and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjsubid > 0 and d.deptype in ('a', 'i')) own on true
  where ${userObject('pg_class', 'c', 'n')}`,
}
