import { dependsOnExtensions } from './depends-on-extension.ts'
import { enabled } from './enabled.ts'
import type { CatalogKind, CatalogScope } from './kind.ts'
import { comment, FIRST_USER_OID, facts, qualified } from './sql.ts'

// Before 15 the clone of a trigger on a partition passed for an internal one, and only clones had a parent.
const isClone = ({ major }: CatalogScope) =>
  major < 15 ? 't.tgparentid <> 0' : 't.tgparentid <> 0 and not t.tgisinternal'

/** Triggers that people made, and their clones on partitions. */
export const triggers: CatalogKind = {
  kinds: ['trigger'],
  query: (scope) => `select 'trigger' as kind, rel.name || '.' || quote_ident(t.tgname) as name,
    rel.key as parent, t.oid::bigint as seq,
    ${facts({
      definition: 'pg_get_triggerdef(t.oid)',
      enabled: enabled('t.tgenabled'),
      inherited: `case when p.oid is not null then ${qualified('pn', 'pc.relname')} || '.' || quote_ident(p.tgname) end`,
      inheritedEnabled: enabled('p.tgenabled'),
      dependsOnExtensions: dependsOnExtensions('pg_trigger', 't.oid'),
      comment: comment('pg_trigger', 't.oid'),
    })} as facts
  from pg_trigger t join relation rel on rel.oid = t.tgrelid
  left join (pg_trigger p join pg_class pc on pc.oid = p.tgrelid join pg_namespace pn on pn.oid = pc.relnamespace) on p.oid = t.tgparentid
  where t.oid >= ${FIRST_USER_OID} and (not t.tgisinternal and t.tgparentid = 0 or ${isClone(scope)})`,
}
