import type { CatalogKind } from './kind.ts'
import { anyRow, comment, facts, functionName, labels, notExtensionMember, roleName } from './sql.ts'

export const eventTriggers: CatalogKind = {
  kinds: ['event-trigger'],
  rare: anyRow('pg_event_trigger'),
  query:
    () => `select 'event-trigger' as kind, quote_ident(t.evtname) as name, null as parent, t.oid::bigint as seq,
    ${facts({
      owner: roleName('t.evtowner'),
      comment: comment('pg_event_trigger', 't.oid'),
      labels: labels('pg_event_trigger', 't.oid'),
      event: 't.evtevent',
      tags: `(select jsonb_agg(g order by g collate "C") from unnest(t.evttags) g)`,
      function: functionName('t.evtfoid'),
      enabled: `case t.evtenabled when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end`,
    })} as facts
  from pg_event_trigger t
  where ${notExtensionMember('pg_event_trigger', 't.oid')}`,
}
