/** The tables in which other tools keep what they have applied, by the columns that they cannot be without. */
const KNOWN: ReadonlyArray<readonly [tool: string, columns: readonly string[]]> = [
  ['Flyway', ['installed_rank', 'version', 'script', 'checksum']],
  ['Liquibase', ['author', 'filename', 'dateexecuted', 'md5sum']],
  ['Prisma', ['migration_name', 'rolled_back_at', 'applied_steps_count']],
  ['sqlx', ['version', 'description', 'installed_on', 'checksum', 'execution_time']],
  ['golang-migrate', ['version', 'dirty']],
  ['goose', ['version_id', 'is_applied']],
  ['Alembic', ['version_num']],
  ['Knex', ['name', 'batch', 'migration_time']],
  ['node-pg-migrate', ['name', 'run_on']],
  ['TypeORM', ['timestamp', 'name']],
  ['Django', ['app', 'name', 'applied']],
  ['Ecto', ['version', 'inserted_at']],
]

/** Rails and dbmate keep one column, and nothing tells them apart. */
const ONLY_VERSION = 'Rails or dbmate'

/** What a table that is no history of sqlmig is, in words; the columns are its names, in order. */
export function foreignTable(columns: readonly string[]): string {
  const tool =
    columns.join() === 'version'
      ? ONLY_VERSION
      : KNOWN.find(([, needed]) => needed.every((column) => columns.includes(column)))?.[0]
  const listed = `its columns are ${columns.join(', ')}`
  return tool === undefined ? listed : `it looks like the table of ${tool} (${listed})`
}
