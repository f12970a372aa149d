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
  /** What the table looks like when this is its layout. */
  readonly shape: TableShape
}

/** The parts of the table as the attestation reads them back. */
export interface TableShape {
  /** In order: name, type, and where they apply `not null`, `identity a`, `default …` as the server prints it. */
  readonly columns: readonly string[]
  /** `primary` or `unique` and the numbers of its columns. */
  readonly indexes: readonly string[]
  /** The columns on which there is a CHECK, one for each. Its text is not compared, because how it is printed is the server's affair. */
  readonly checks: readonly string[]
  /** The body of the function that refuses UPDATE, DELETE and TRUNCATE. */
  readonly guard: string
  /** Name and type of each trigger as pg_trigger.tgtype holds it. */
  readonly triggers: Readonly<Record<string, number>>
}

export function qualifiedName({ schema, table }: HistoryLocation): string {
  return `${quoteName(schema)}.${quoteName(table)}`
}

/** The comment by which a history is told from a foreign table of the same name, and its layout from others. */
export function layoutComment(number: number): string {
  return `sqlmig history, layout ${number}`
}

export const LAYOUT_COMMENT: RegExp = /^sqlmig history, layout (\d+)$/

const GUARD = `
begin
  raise exception '%.% is append-only: % is refused', tg_table_schema, tg_table_name, tg_op
    using errcode = 'feature_not_supported', hint = 'the history is evidence; sqlmig adds to it and never changes it';
end
`

const ROW_BEFORE_UPDATE_OR_DELETE = 1 + 2 + 8 + 16
const BEFORE_TRUNCATE = 2 + 32

const SHAPE_ONE: TableShape = {
  columns: [
    'id bigint not null identity a',
    'event text not null',
    'version text not null',
    'name text not null',
    'attempt uuid not null',
    'statement_no integer not null default 0',
    'statements integer not null default 0',
    'transactional boolean not null',
    'up_checksum text',
    'down_checksum text',
    'up_sql text',
    'down_sql text',
    'xid text',
    'started_at timestamp with time zone not null default transaction_timestamp()',
    'finished_at timestamp with time zone not null default clock_timestamp()',
    'actor text not null default SESSION_USER',
    'client text',
    'tool_version text not null',
    'reason text',
    'prev_hash text not null',
    'hash text not null',
  ],
  indexes: ['primary 1', 'unique 20', 'unique 21', 'unique 5 2 6'],
  checks: ['event', 'version'],
  guard: GUARD,
  triggers: { append_only_rows: ROW_BEFORE_UPDATE_OR_DELETE, append_only_table: BEFORE_TRUNCATE },
}

/**
 * Every layout that ever was, oldest first: a new history is built by all of them, an old one by those it lacks.
 * The triggers are ENABLE ALWAYS because `session_replication_role = replica` switches ordinary ones off.
 */
export const LAYOUTS: readonly HistoryLayout[] = [{ number: 1, sql: layoutOne, shape: SHAPE_ONE }]

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
create function ${guard}() returns trigger language plpgsql set search_path = pg_catalog, pg_temp as $guard$${GUARD}$guard$;
create trigger append_only_rows before update or delete on ${table} for each row execute function ${guard}();
create trigger append_only_table before truncate on ${table} for each statement execute function ${guard}();
alter table ${table} enable always trigger append_only_rows;
alter table ${table} enable always trigger append_only_table;
revoke all on ${table} from public;
revoke all on function ${guard}() from public;
`
}

/** The names of the columns, in order. */
export function columnNames({ columns }: TableShape): string[] {
  return columns.map((column) => column.split(' ', 1)[0] ?? '')
}
