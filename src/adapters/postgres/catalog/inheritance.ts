import { qualified, relationKey } from './sql.ts'

/** What the relation `c` is a partition of, as `i`, `p` and `pn`. */
export const PARTITION_JOIN = `left join pg_inherits i on c.relispartition and i.inhrelid = c.oid
  left join pg_class p on p.oid = i.inhparent
  left join pg_namespace pn on pn.oid = p.relnamespace`

/** The key of the table that the relation `c` is a partition of, else null. */
export const PARTITION_PARENT: string = `case when p.oid is not null then ${relationKey('p', 'pn')} end`

/** Facts on what the relation `c` is made from: a partition has one parent and a bound, any other may have parents in an order. */
export const INHERITANCE_FACTS: Readonly<Record<string, string>> = {
  partitionOf: `case when p.oid is not null then ${qualified('pn', 'p.relname')} end`,
  partitionBound: `pg_get_expr(c.relpartbound, c.oid)`,
  // Between the two transactions of DETACH PARTITION … CONCURRENTLY, and after a failure of the second for good.
  partitionDetach: `case when i.inhdetachpending then 'pending' end`,
  inherits: `case when not c.relispartition then (select jsonb_agg(${qualified('hn', 'h.relname')} order by hi.inhseqno)
    from pg_inherits hi join pg_class h on h.oid = hi.inhparent join pg_namespace hn on hn.oid = h.relnamespace where hi.inhrelid = c.oid) end`,
}
