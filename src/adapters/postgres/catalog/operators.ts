import type { CatalogKind } from './kind.ts'
import { operatorName, operatorReference } from './routine-name.ts'
import { comment, facts, functionName, madeByUser, roleName, userObject } from './sql.ts'

/** An operator that another one names as its commutator or negator before it is made exists as a shell, without a function. */
export const operators: CatalogKind = {
  kinds: ['operator'],
  rare: madeByUser('pg_operator'),
  query:
    () => `select 'operator' as kind, ${operatorName('o', 'n')} as name, null as parent, o.oid::bigint as seq,
    ${facts({
      shell: `case when o.oprcode = 0 then 'yes' end`,
      function: functionName('o.oprcode'),
      commutator: operatorReference('o.oprcom'),
      negator: operatorReference('o.oprnegate'),
      restrict: functionName('o.oprrest'),
      join: functionName('o.oprjoin'),
      hashes: `case when o.oprcanhash then 'yes' end`,
      merges: `case when o.oprcanmerge then 'yes' end`,
      owner: roleName('o.oprowner'),
      comment: comment('pg_operator', 'o.oid'),
    })} as facts
  from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
  where ${userObject('pg_operator', 'o', 'n')}`,
}
