import { dependsOnExtensions } from './depends-on-extension.ts'
import type { CatalogKind } from './kind.ts'
import { routineName } from './routine-name.ts'
import {
  comment,
  facts,
  functionName,
  labels,
  options,
  privileges,
  qualified,
  roleName,
  userObject,
} from './sql.ts'

/** OIDs of the languages internal and c (src/include/catalog/pg_language.dat): their routines cost 1, others 100. */
const NATIVE = 'p.prolang in (12, 13)'

/** Every argument as CREATE FUNCTION takes it; columns of RETURNS TABLE belong to the result. */
const argumentList = `(select jsonb_agg(
    case p.proargmodes[u.n] when 'o' then 'OUT ' when 'b' then 'INOUT ' when 'v' then 'VARIADIC ' else '' end ||
    case when p.proargnames[u.n] <> '' then quote_ident(p.proargnames[u.n]) || ' ' else '' end || format_type(u.t, null) ||
    case when p.pronargdefaults > 0 then coalesce(' DEFAULT ' || pg_get_function_arg_default(p.oid, u.n::int), '') else '' end order by u.n)
  from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[])) with ordinality u(t, n)
  where p.proargmodes[u.n] is distinct from 't')`

/**
 * The type that a routine was made for and is dropped with: the input, output, receive and send functions of a base type and the canonical
 * function of a range need its shell first, and it needs them. Only native languages can take a shell type.
 */
const typeOfSupport = `case when ${NATIVE} then (select 'type ' || ${qualified('tn', 't.typname')}
  from pg_type t join pg_namespace tn on tn.oid = t.typnamespace left join pg_range r on r.rngtypid = t.oid
  where t.oid in (p.prorettype, p.proargtypes[0]) and t.oid >= 16384 and t.typtype in ('b', 'r')
    and (t.typtype = 'b' and p.oid in (t.typinput::oid, t.typoutput::oid, t.typreceive::oid, t.typsend::oid) or p.oid = r.rngcanonical::oid)
  limit 1) end`

/** What differs from the answer that CREATE FUNCTION gives when nothing is said. */
const properties = {
  volatility: `case p.provolatile when 'i' then 'immutable' when 's' then 'stable' end`,
  security: `case when p.prosecdef then 'definer' end`,
  strict: `case when p.proisstrict then 'yes' end`,
  leakproof: `case when p.proleakproof then 'yes' end`,
  parallel: `case p.proparallel when 's' then 'safe' when 'r' then 'restricted' end`,
  cost: `case when p.procost <> case when ${NATIVE} then 1 else 100 end then p.procost::text end`,
  rows: `case when p.proretset and p.prorows <> 1000 then p.prorows::text end`,
  support: functionName('p.prosupport'),
  window: `case when p.prokind = 'w' then 'yes' end`,
  settings: options('p.proconfig'),
}

export const functions: CatalogKind = {
  kinds: ['function', 'procedure'],
  query: () => `select case p.prokind when 'p' then 'procedure' else 'function' end as kind,
    ${routineName('p', 'n')} as name, ${typeOfSupport} as parent, p.oid::bigint as seq,
    ${facts({
      arguments: argumentList,
      returns: 'pg_get_function_result(p.oid)',
      language: '(select quote_ident(l.lanname) from pg_language l where l.oid = p.prolang)',
      ...properties,
      transforms:
        '(select jsonb_agg(format_type(f, null) order by format_type(f, null) collate "C") from unnest(p.protrftypes) f)',
      file: 'p.probin',
      symbol: `case when ${NATIVE} then p.prosrc end`,
      body: `case when not ${NATIVE} and p.prosqlbody is null then p.prosrc end`,
      sqlBody: 'case when p.prosqlbody is not null then pg_get_function_sqlbody(p.oid) end',
      dependsOnExtensions: dependsOnExtensions('pg_proc', 'p.oid'),
      owner: roleName('p.proowner'),
      privileges: privileges('p.proacl', 'f', 'p.proowner'),
      comment: comment('pg_proc', 'p.oid'),
      labels: labels('pg_proc', 'p.oid'),
    })} as facts
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  where p.prokind <> 'a' and ${userObject('pg_proc', 'p', 'n')}
    -- the constructors of a range type belong to it
    and not exists (select from pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'i')`,
}
