import { literal } from '../literal.ts'
import { SCRATCH_MARK } from '../scratch-database.ts'
import { fdwOptions } from './fdw-options.ts'
import type { CatalogKind } from './kind.ts'
import { facts, privileges, sharedComment, sharedLabels } from './sql.ts'

/** `role: name=value`, sorted. */
const ROLE_SETTINGS = `(select jsonb_agg(x.entry order by x.entry collate "C") from (
  select quote_ident(r.rolname) || ': ' || (jsonb_array_elements_text(${fdwOptions('s.setconfig')})) as entry
  from pg_db_role_setting s join pg_roles r on r.oid = s.setrole where s.setdatabase = db.oid) x)`

function settingsOfAll(database: string): string {
  return fdwOptions(
    `(select s.setconfig from pg_db_role_setting s where s.setdatabase = ${database} and s.setrole = 0)`,
  )
}

/** The database that is connected to; there is always one row, and never its name or owner, which a scratch database has of its own. */
export const database: CatalogKind = {
  kinds: ['database'],
  query: () => `select 'database' as kind, 'current database' as name, null as parent, db.oid::bigint as seq,
    ${facts({
      privileges: privileges('db.datacl', 'd', 'db.datdba'),
      // A migration that takes the comment away takes this one away.
      comment: `nullif(${sharedComment('pg_database', 'db.oid')}, ${literal(SCRATCH_MARK)})`,
      labels: sharedLabels('pg_database', 'db.oid'),
      connectionLimit: `case when db.datconnlimit <> -1 then db.datconnlimit::text end`,
      settings: settingsOfAll('db.oid'),
      roleSettings: ROLE_SETTINGS,
      // ALTER ROLE ALL SET: they belong to the whole server
      serverSettings: settingsOfAll('0'),
    })} as facts
  from pg_database db where db.datname = current_database()`,
}
