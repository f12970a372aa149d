import type { CatalogKind } from './kind.ts'
import { indexObjectName, members } from './operator-families.ts'
import { comment, FIRST_USER_OID, facts, madeByUser, qualified, roleName, userObject } from './sql.ts'

/** A class is dropped with its family; the family that CREATE OPERATOR CLASS makes by itself outlives the class. */
export const operatorClasses: CatalogKind = {
  kinds: ['operator-class'],
  rare: madeByUser('pg_opclass'),
  query: () => `select 'operator-class' as kind, ${indexObjectName('n', 'k.opcname', 'm')} as name,
    case when f.oid >= ${FIRST_USER_OID} then 'operator-family ' || ${indexObjectName('fn', 'f.opfname', 'm')} end as parent, k.oid::bigint as seq,
    ${facts({
      type: 'format_type(k.opcintype, null)',
      default: `case when k.opcdefault then 'yes' end`,
      family: qualified('fn', 'f.opfname'),
      storage: 'case when k.opckeytype <> 0 then format_type(k.opckeytype, null) end',
      ...members('pg_opclass', 'k.oid'),
      owner: roleName('k.opcowner'),
      comment: comment('pg_opclass', 'k.oid'),
    })} as facts
  from pg_opclass k join pg_namespace n on n.oid = k.opcnamespace join pg_am m on m.oid = k.opcmethod
    join pg_opfamily f on f.oid = k.opcfamily join pg_namespace fn on fn.oid = f.opfnamespace
  where ${userObject('pg_opclass', 'k', 'n')}`,
}
