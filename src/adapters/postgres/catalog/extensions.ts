import type { CatalogKind } from './kind.ts'
import { comment, facts, labels } from './sql.ts'

/**
 * Those of initdb too (plpgsql): a migration can drop or update them. No owner: pg_dump does not keep it, there is no ALTER for it, and
 * the members that belong to somebody else are beyond comparison as well.
 */
export const extensions: CatalogKind = {
  kinds: ['extension'],
  query:
    () => `select 'extension' as kind, quote_ident(e.extname) as name, null as parent, e.oid::bigint as seq,
    ${facts({
      version: 'e.extversion',
      schema: 'quote_ident(n.nspname)',
      comment: comment('pg_extension', 'e.oid'),
      labels: labels('pg_extension', 'e.oid'),
    })} as facts
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace`,
}
