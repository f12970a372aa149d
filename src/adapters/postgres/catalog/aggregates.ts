import type { CatalogKind } from './kind.ts'
import { argumentTypes, operatorReference } from './routine-name.ts'
import {
  comment,
  facts,
  functionName,
  labels,
  madeByUser,
  privileges,
  qualified,
  roleName,
  userObject,
} from './sql.ts'

/** The default depends on the kind of aggregate (manual, CREATE AGGREGATE). */
function finalModify(column: string): string {
  return `case when ${column} <> case a.aggkind when 'n' then 'r'::"char" else 'w'::"char" end
    then case ${column} when 'r' then 'read_only' when 's' then 'shareable' else 'read_write' end end`
}

function positive(column: string): string {
  return `case when ${column} > 0 then ${column}::text end`
}

function yes(column: string): string {
  return `case when ${column} then 'yes' end`
}

/** The facts are named after the parameters of CREATE AGGREGATE. */
const properties = {
  sfunc: functionName('a.aggtransfn'),
  stype: 'format_type(a.aggtranstype, null)',
  sspace: positive('a.aggtransspace'),
  finalfunc: functionName('a.aggfinalfn'),
  finalfunc_extra: yes('a.aggfinalextra'),
  finalfunc_modify: finalModify('a.aggfinalmodify'),
  combinefunc: functionName('a.aggcombinefn'),
  serialfunc: functionName('a.aggserialfn'),
  deserialfunc: functionName('a.aggdeserialfn'),
  initcond: 'a.agginitval',
  msfunc: functionName('a.aggmtransfn'),
  minvfunc: functionName('a.aggminvtransfn'),
  mstype: 'case when a.aggmtranstype <> 0 then format_type(a.aggmtranstype, null) end',
  msspace: positive('a.aggmtransspace'),
  mfinalfunc: functionName('a.aggmfinalfn'),
  mfinalfunc_extra: yes('a.aggmfinalextra'),
  mfinalfunc_modify: `case when a.aggmtranstype <> 0 then ${finalModify('a.aggmfinalmodify')} end`,
  minitcond: 'a.aggminitval',
  sortop: operatorReference('a.aggsortop'),
  parallel: `case p.proparallel when 's' then 'safe' when 'r' then 'restricted' end`,
}

export const aggregates: CatalogKind = {
  kinds: ['aggregate'],
  rare: madeByUser('pg_aggregate', 'aggfnoid'),
  query: () => `select 'aggregate' as kind,
    ${qualified('n', 'p.proname')} || '(' || case p.pronargs when 0 then '*' else ${argumentTypes('p')} end || ')' as name,
    null as parent, p.oid::bigint as seq,
    ${facts({
      arguments: `nullif(pg_get_function_arguments(p.oid), '')`,
      returns: 'pg_get_function_result(p.oid)',
      variant: `case a.aggkind when 'o' then 'ordered-set' when 'h' then 'hypothetical' end`,
      ...properties,
      owner: roleName('p.proowner'),
      privileges: privileges('p.proacl', 'f', 'p.proowner'),
      comment: comment('pg_proc', 'p.oid'),
      labels: labels('pg_proc', 'p.oid'),
    })} as facts
  from pg_proc p join pg_aggregate a on a.aggfnoid = p.oid join pg_namespace n on n.oid = p.pronamespace
  where p.prokind = 'a' and ${userObject('pg_proc', 'p', 'n')}`,
}
