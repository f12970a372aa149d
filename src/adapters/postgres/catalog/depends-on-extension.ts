/**
 * The fact `dependsOnExtensions`, set by ALTER … DEPENDS ON EXTENSION: functions, procedures, triggers, materialized views and indexes can be
 * marked so (deptype 'x'; manual, pg_depend).
 */
export function dependsOnExtensions(catalog: string, oid: string): string {
  const marks = `from pg_depend xd join pg_extension e on e.oid = xd.refobjid
    where xd.classid = 'pg_catalog.${catalog}'::regclass and xd.objid = ${oid} and xd.objsubid = 0
      and xd.refclassid = 'pg_catalog.pg_extension'::regclass and xd.deptype = 'x'`
  // Hardly anything is, and setting up the sort takes ten times as long as looking.
  return `case when exists (select ${marks}) then (select jsonb_agg(quote_ident(e.extname) order by e.extname) ${marks}) end`
}
