import type { CatalogKind } from './kind.ts'
import { anyRow, comment, facts, qualified, relationKey, roleName, userObject } from './sql.ts'

/** Statistics objects of CREATE STATISTICS. */
export const statistics: CatalogKind = {
  kinds: ['statistics'],
  rare: anyRow('pg_statistic_ext'),
  query: () => `select 'statistics' as kind, ${qualified('n', 's.stxname')} as name,
    (select ${relationKey('c', 'cn')} from pg_class c join pg_namespace cn on cn.oid = c.relnamespace where c.oid = s.stxrelid) as parent,
    s.oid::bigint as seq,
    ${facts({
      definition: 'pg_get_statisticsobjdef(s.oid)',
      // -1 before 17, null since
      target: `case when s.stxstattarget >= 0 then s.stxstattarget::text end`,
      owner: roleName('s.stxowner'),
      comment: comment('pg_statistic_ext', 's.oid'),
    })} as facts
  from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace
  where ${userObject('pg_statistic_ext', 's', 'n')}`,
}
