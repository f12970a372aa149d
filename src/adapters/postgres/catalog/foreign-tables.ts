import { fdwOptions } from './fdw-options.ts'
import { INHERITANCE_FACTS, PARTITION_JOIN, PARTITION_PARENT } from './inheritance.ts'
import type { CatalogKind } from './kind.ts'
import { anyRow, comment, facts, labels, privileges, qualified, roleName, userObject } from './sql.ts'

export const foreignTables: CatalogKind = {
  kinds: ['foreign-table'],
  rare: anyRow('pg_foreign_table'),
  query:
    () => `select 'foreign-table' as kind, ${qualified('n', 'c.relname')} as name, ${PARTITION_PARENT} as parent, c.oid::bigint as seq,
    ${facts({
      owner: roleName('c.relowner'),
      privileges: privileges('c.relacl', 'r', 'c.relowner'),
      comment: comment('pg_class', 'c.oid'),
      labels: labels('pg_class', 'c.oid'),
      server: 'quote_ident(s.srvname)',
      options: fdwOptions('f.ftoptions'),
      ...INHERITANCE_FACTS,
    })} as facts
  from pg_foreign_table f join pg_class c on c.oid = f.ftrelid
  join pg_namespace n on n.oid = c.relnamespace
  join pg_foreign_server s on s.oid = f.ftserver
  ${PARTITION_JOIN}
  where ${userObject('pg_class', 'c', 'n')}`,
}
