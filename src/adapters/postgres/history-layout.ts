import { quoteName } from './literal.ts'

/** Schema and table of a history, unquoted. */
export interface HistoryLocation {
  readonly schema: string
  readonly table: string
}

/** A step from one layout of the table to the next; `sql` runs in one transaction with the comment that names the new layout. */
export interface HistoryLayout {
  readonly number: number
  readonly sql: (location: HistoryLocation) => string
}

export function qualifiedName({ schema, table }: HistoryLocation): string {
  return `${quoteName(schema)}.${quoteName(table)}`
}

/** The comment by which a history is told from a foreign table of the same name, and its layout from others. */
export function layoutComment(number: number): string {
  return `sqlmig history, layout ${number}`
}

export const LAYOUT_COMMENT: RegExp = /^sqlmig history, layout (\d+)$/

/** Columns of the newest layout, in order. */
export const HISTORY_COLUMNS: readonly string[] = [
  'id',
  'event',
  'version',
  'name',
  'attempt',
  'statement_no',
  'statements',
  'transactional',
  'up_checksum',
  'down_checksum',
  'up_sql',
  'down_sql',
  'xid',
  'started_at',
  'finished_at',
  'actor',
  'client',
  'tool_version',
  'reason',
  'prev_hash',
  'hash',
]

/**
 * Every layout that ever was, oldest first: a new history is built by all of them, an old one by those it lacks.
 * The triggers are ENABLE ALWAYS because `session_replication_role = replica` switches ordinary ones off.
 */
export const LAYOUTS: readonly HistoryLayout[] = [{ number: 1, sql: layoutOne }]

function layoutOne(location: HistoryLocation): string {
  const schema = quoteName(location.schema)
  const table = qualifiedName(location)
  const guard = `${schema}.${quoteName(`${location.table}_append_only`)}`
  return `
create table ${table} (
  id bigint generated always as identity primary key,
  event text not null
    check (event in ('applied', 'reverted', 'started', 'statement', 'done', 'failed', 'baselined', 'repaired')),
  version text not null check (version ~ '^[0-9]+$'),
  name text not null,
  attempt uuid not null,
  statement_no integer not null default 0,
  statements integer not null default 0,
  transactional boolean not null,
  up_checksum text,
  down_checksum text,
  up_sql text,
  down_sql text,
  xid text,
  started_at timestamptz not null default pg_catalog.transaction_timestamp(),
  finished_at timestamptz not null default pg_catalog.clock_timestamp(),
  actor text not null default session_user,
  client text,
  tool_version text not null,
  reason text,
  prev_hash text not null unique,
  hash text not null unique,
  unique (attempt, event, statement_no)
);
create function ${guard}() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $guard$
begin
  raise exception '%.% is append-only: % is refused', tg_table_schema, tg_table_name, tg_op
    using errcode = 'feature_not_supported', hint = 'the history is evidence; sqlmig adds to it and never changes it';
end
$guard$;
create trigger append_only_rows before update or delete on ${table} for each row execute function ${guard}();
create trigger append_only_table before truncate on ${table} for each statement execute function ${guard}();
alter table ${table} enable always trigger append_only_rows;
alter table ${table} enable always trigger append_only_table;
revoke all on ${table} from public;
revoke all on function ${guard}() from public;
`
}
