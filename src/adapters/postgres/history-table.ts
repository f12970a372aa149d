import { SqlmigError } from '../../core/errors.ts'
import { HEAD_MOVED, type HistoryStore, type Session, StatementError } from '../../ports.ts'
import { hasSchema, inspectTable, lacksRight, layoutOf } from './history-inspect.ts'
import {
  type HistoryLayout,
  type HistoryLocation,
  LAYOUTS,
  layoutComment,
  qualifiedName,
} from './history-layout.ts'
import { insertStatement, ROW_EXPRESSIONS, toHistoryRow } from './history-row.ts'
import { literal, quoteName } from './literal.ts'

interface HistoryTableOptions {
  readonly location: HistoryLocation
  readonly toolVersion: string
  /** The layouts this store knows; the last one is what it reads and writes. */
  readonly layouts?: readonly HistoryLayout[]
}

/** The history as a table, default `sqlmig.history`. */
export function createHistoryTable({
  location,
  toolVersion,
  layouts = LAYOUTS,
}: HistoryTableOptions): HistoryStore {
  const table = qualifiedName(location)
  const name = `${location.schema}.${location.table}`
  const expected = { history: name, newest: layouts.at(-1)?.number ?? 0, toolVersion }

  return {
    name,

    async read(session) {
      const facts = await inspectTable(session, location)
      if (facts === undefined) return undefined
      layoutOf(facts, expected)
      if (!facts.readable) throw lacksRight('SELECT', session.info.user, location)
      const { rows } = await session.send(`select ${ROW_EXPRESSIONS} from ${table} h order by h.id`)
      return rows.map((row) => toHistoryRow(row, name, toolVersion))
    },

    async prepare(session) {
      const facts = await inspectTable(session, location)
      const current = facts === undefined ? 0 : layoutOf(facts, expected)
      if (facts !== undefined && !facts.writable) throw lacksRight('INSERT', session.info.user, location)
      const missing = layouts.filter((layout) => layout.number > current)
      if (missing.length > 0) await build(session, location, missing)
    },

    async recordedSql(session, ids) {
      if (ids.length === 0) return new Map()
      const list = ids.map((id) => BigInt(id).toString()).join(', ')
      const { rows } = await session.send(
        `select id::text as id, up_sql, down_sql from ${table} where id in (${list})`,
      )
      return new Map(
        rows.map((row) => [row['id'] ?? '', { up: row['up_sql'] ?? null, down: row['down_sql'] ?? null }]),
      )
    },

    headCheck(head) {
      const found = `(select hash from ${table} order by id desc limit 1)`
      // A literal and not a dollar quote, because the names may hold any tag.
      return `do ${literal(`begin
  if ${found} is distinct from ${literal(head ?? null)} then
    raise exception 'the history has moved' using errcode = '${HEAD_MOVED}';
  end if;
end`)}`
    },

    insert: (row, witnesses = {}) => insertStatement(table, row, witnesses),
    parseRow: (row) => toHistoryRow(row, name, toolVersion),
  }
}

/** All missing layouts and the comment that names the last of them, in one transaction. */
async function build(
  session: Session,
  location: HistoryLocation,
  missing: readonly HistoryLayout[],
): Promise<void> {
  const schema = quoteName(location.schema)
  const schemaExists = await hasSchema(session, location.schema)
  const newSchema = schemaExists
    ? []
    : [`create schema ${schema}`, `revoke all on schema ${schema} from public`]
  const comment = literal(layoutComment(missing.at(-1)?.number ?? 0))
  const statements = [
    'begin',
    ...newSchema,
    ...missing.map((layout) => layout.sql(location)),
    `comment on table ${qualifiedName(location)} is ${comment}`,
    'commit',
  ]
  try {
    await session.send(statements.join(';\n'))
  } catch (error) {
    await session.send('rollback').catch(() => {})
    throw error instanceof StatementError ? buildFailed(error, session, location, schemaExists) : error
  }
}

function buildFailed(
  error: StatementError,
  session: Session,
  location: HistoryLocation,
  schemaExists: boolean,
): SqlmigError {
  const { sqlstate, message } = error.failure
  const history = `${location.schema}.${location.table}`
  const role = session.info.user
  if (sqlstate !== '42501')
    return new SqlmigError(
      'HISTORY_WRITE_FAILED',
      { history, reason: `${message} (SQLSTATE ${sqlstate})` },
      { cause: error },
    )
  const right = schemaExists
    ? `usage, create on schema ${quoteName(location.schema)}`
    : `create on database ${quoteName(session.info.database)}`
  const hint = `an owner runs once: grant ${right} to ${quoteName(role)};`
  return new SqlmigError(
    'PERMISSION_DENIED',
    { right: `the right to create ${history} (${message})`, role, hint },
    { cause: error },
  )
}
