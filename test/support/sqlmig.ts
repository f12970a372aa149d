import type { Report, SqlmigEvent } from '../../src/core/run.ts'
import { createSqlmig, type Sqlmig, type SqlmigConfig } from '../../src/index.ts'
import { type Sql, withConnection } from './connect.ts'
import { createTestDatabase, type TestDatabase } from './database.ts'
import { type FileContents, migrationsFolder } from './folder.ts'

export interface Project {
  readonly db: TestDatabase
  readonly folder: string
  readonly sqlmig: Sqlmig
  /** Everything that the runs of this project emitted. */
  readonly events: SqlmigEvent[]
  /** The same folder and database with another configuration. */
  with(config: Partial<SqlmigConfig>): Sqlmig
}

/** A database of its own and a folder with these files. */
export async function createProject(
  files: FileContents = {},
  config: Partial<SqlmigConfig> = {},
): Promise<Project> {
  const db = await createTestDatabase()
  const folder = await migrationsFolder(files)
  return bindProject(db, folder, config)
}

export function bindProject(db: TestDatabase, folder: string, config: Partial<SqlmigConfig> = {}): Project {
  const events: SqlmigEvent[] = []
  const bind = (more: Partial<SqlmigConfig>) =>
    createSqlmig({
      database: db.url,
      dir: folder,
      onEvent: (event) => events.push(event),
      ...config,
      ...more,
    })
  return { db, folder, events, sqlmig: bind({}), with: bind }
}

/** The two files of a migration; the down takes the table of that name away unless it is given. */
export function pair(stem: string, up: string, down?: string): Record<string, string> {
  const name = stem.replace(/^\d+_/, '')
  return { [`${stem}.up.sql`]: up, [`${stem}.down.sql`]: down ?? `drop table ${name};\n` }
}

/** A migration that makes one table, called like it. */
export function tablePair(stem: string): Record<string, string> {
  return pair(stem, `create table ${stem.replace(/^\d+_/, '')} (id int primary key);\n`)
}

/** `apply 001 done` for each step. */
export function stepsOf({ steps }: Report): string[] {
  return steps.map(({ action, version, status }) => `${action} ${version} ${status}`)
}

/** `001 applied` for each migration. */
export function statesOf({ migrations }: Report): string[] {
  return migrations.map(({ version, state }) => `${version} ${state}`)
}

export function errorCodes({ findings }: Report): string[] {
  return findings.filter(({ severity }) => severity === 'error').map(({ code }) => code)
}

/** `applied 001` for each row of the history. */
export async function historyOf(db: Pick<TestDatabase, 'sql'>): Promise<string[]> {
  const [found] = await db.sql`select to_regclass('sqlmig.history') is not null as there`
  if (found?.['there'] !== true) return []
  const rows = await db.sql<{ text: string }[]>`
    select concat_ws(' ', event, version, nullif(statement_no, 0)) as text from sqlmig.history order by id`
  return rows.map((row) => row.text)
}

/**
 * Everything that the catalogs say of the objects that people make, as sorted lines: two databases with equal lines have equal schemas.
 * Object identifiers and the history are left out.
 */
export async function catalogOf(url: string, historySchema = 'sqlmig'): Promise<string[]> {
  return withConnection(url, async (sql) => {
    const rows = await sql.unsafe<{ line: string }[]>(catalogQuery, [historySchema])
    return rows.map((row) => row.line)
  })
}

const mine = "n.nspname !~ '^pg_' and n.nspname <> 'information_schema' and n.nspname <> $1"
const catalogQuery = `select line from (
  select format('schema %s', n.nspname) as line from pg_namespace n where ${mine}
  union all select format('relation %s.%s %s %s %s', n.nspname, c.relname, c.relkind, c.relpersistence, c.relrowsecurity)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${mine}
  union all select format('column %s.%s.%s #%s %s %s %s', n.nspname, c.relname, a.attname, a.attnum, format_type(a.atttypid, a.atttypmod),
      a.attnotnull, pg_get_expr(d.adbin, d.adrelid))
    from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'v', 'm', 'p', 'c', 'f') and ${mine}
  union all select format('constraint %s.%s %s %s', n.nspname, k.conname, k.conrelid::regclass, pg_get_constraintdef(k.oid))
    from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${mine}
  union all select format('index %s %s', i.indisvalid, pg_get_indexdef(i.indexrelid))
    from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where ${mine}
  union all select format('type %s.%s %s %s', n.nspname, t.typname, t.typtype,
      (select string_agg(e.enumlabel, ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid))
    from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype in ('e', 'd', 'r') and ${mine}
  union all select format('function %s.%s %s', n.nspname, p.proname, case when p.prokind = 'a' then '' else pg_get_functiondef(p.oid) end)
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${mine}
  union all select format('trigger %s', pg_get_triggerdef(t.oid))
    from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace
    where not t.tgisinternal and ${mine}
  union all select format('extension %s', e.extname) from pg_extension e
) lines order by line`

/** The whole state that a failed run must leave as it was. */
export async function snapshot(db: TestDatabase): Promise<{ catalog: string[]; history: string[] }> {
  return { catalog: await catalogOf(db.url), history: await historyOf(db) }
}

/** True when no session of sqlmig is left and nobody holds an advisory lock in this database. */
export async function isQuiet(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ quiet: boolean }[]>`select
    not exists (select from pg_stat_activity where application_name like 'sqlmig/%' and datname = current_database())
    and not exists (select from pg_locks l join pg_database d on d.oid = l.database
      where l.locktype = 'advisory' and d.datname = current_database()) as quiet`
  return row?.quiet === true
}

/** Whether a session of the project's database is in pg_sleep(). */
export async function isSleeping({ db }: Project): Promise<boolean> {
  const rows =
    await db.sql`select 1 from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`
  return rows.length > 0
}
