import type { CatalogKind } from './kind.ts'
import { comment, facts, functionName, madeByUser, qualified, roleName, userObject } from './sql.ts'

export const conversions: CatalogKind = {
  kinds: ['conversion'],
  rare: madeByUser('pg_conversion'),
  query:
    () => `select 'conversion' as kind, ${qualified('n', 'c.conname')} as name, null as parent, c.oid::bigint as seq,
    ${facts({
      from: 'pg_encoding_to_char(c.conforencoding)',
      to: 'pg_encoding_to_char(c.contoencoding)',
      function: functionName('c.conproc'),
      default: `case when c.condefault then 'yes' end`,
      owner: roleName('c.conowner'),
      comment: comment('pg_conversion', 'c.oid'),
    })} as facts
  from pg_conversion c join pg_namespace n on n.oid = c.connamespace
  where ${userObject('pg_conversion', 'c', 'n')}`,
}
