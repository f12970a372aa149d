/** SQL for the names of routines and operators: qualified, with the types of their arguments, as the keys of a snapshot have them. */

import { qualified } from './sql.ts'

/** The input types of the pg_proc row `alias`: OUT arguments and names tell no two routines apart. */
export function argumentTypes(alias: string): string {
  return `coalesce((select string_agg(format_type(u.t, null), ', ' order by u.n) from unnest(${alias}.proargtypes) with ordinality u(t, n)), '')`
}

/** `app.f(integer, text)` */
export function routineName(alias: string, namespace: string): string {
  return `${qualified(namespace, `${alias}.proname`)} || '(' || ${argumentTypes(alias)} || ')'`
}

/** The same for an OID; null when it is 0. */
export function routineNameOf(oid: string): string {
  return `(select ${routineName('rp', 'rn')} from pg_proc rp join pg_namespace rn on rn.oid = rp.pronamespace where rp.oid = ${oid})`
}

/** `app.+`: an operator's name is never quoted. */
function operatorSymbol(alias: string, namespace: string): string {
  return `quote_ident(${namespace}.nspname) || '.' || ${alias}.oprname`
}

/** `app.+(integer, integer)`; a prefix operator has `NONE` on its left. */
export function operatorName(alias: string, namespace: string): string {
  return `${operatorSymbol(alias, namespace)} || '(' || ${operatorTypes(alias)} || ')'`
}

function operatorTypes(alias: string): string {
  return `case ${alias}.oprleft when 0 then 'NONE' else format_type(${alias}.oprleft, null) end || ', ' || format_type(${alias}.oprright, null)`
}

/** `OPERATOR(app.+)`, for the places of DDL that take no arguments; null when the OID is 0. */
export function operatorReference(oid: string): string {
  return `(select 'OPERATOR(' || ${operatorSymbol('ro', 'rn')} || ')' from pg_operator ro join pg_namespace rn on rn.oid = ro.oprnamespace where ro.oid = ${oid})`
}
