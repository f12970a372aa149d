import { SqlmigError } from '../../core/errors.ts'
import {
  type Attestation,
  HEAD_MOVED,
  type HistoryStore,
  type RecordedSql,
  type Session,
} from '../../ports.ts'
import { judgeTable, schemaOwner } from './history-attest.ts'
import { buildHistory } from './history-build.ts'
import { type HistoryLook, lookAtSchema, lookAtTable } from './history-facts.ts'
import { assertReadable, inspectTable, lacksRight, layoutOf } from './history-inspect.ts'
import { type HistoryLayout, type HistoryLocation, LAYOUTS, qualifiedName } from './history-layout.ts'
import { insertStatement, ROW_EXPRESSIONS, toHistoryRow } from './history-row.ts'
import { literal } from './literal.ts'

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
  const expected = { history: name, layouts, toolVersion }

  const attestation = (session: Session, look: HistoryLook): Attestation => {
    const { shape } = layoutOf({ kind: 'r', comment: look.comment, columns: look.facts.columns }, expected)
    return { problems: judgeTable({ location, shape, look, role: session.info.user }), state: look.state }
  }

  const assertTrusted = ({ problems }: Attestation): void => {
    const [first] = problems
    if (first !== undefined)
      throw new SqlmigError('HISTORY_UNTRUSTED', {
        history: name,
        problems: problems.map(({ problem }) => problem),
        hint: first.hint,
      })
  }

  return {
    name,

    async read(session) {
      const facts = await inspectTable(session, location)
      if (facts === undefined) return undefined
      const layout = layoutOf(facts, expected)
      if (!facts.readable) throw lacksRight('SELECT', session.info.user, location)
      assertReadable(facts, layout, name)
      const { rows } = await session.send(`select ${ROW_EXPRESSIONS} from only ${table} h order by h.id`)
      return rows.map((row) => toHistoryRow(row, name, toolVersion))
    },

    async attest(session) {
      const look = await lookAtTable(session, location)
      return look === undefined ? undefined : attestation(session, look)
    },

    async prepare(session) {
      const facts = await inspectTable(session, location)
      const current = facts === undefined ? 0 : layoutOf(facts, expected).number
      if (facts !== undefined && !facts.writable) throw lacksRight('INSERT', session.info.user, location)
      const look = facts === undefined ? undefined : await lookAtTable(session, location)
      if (look === undefined) await assertSchemaTrusted(session, location)
      else assertTrusted(attestation(session, look))
      const missing = layouts.filter((layout) => layout.number > current)
      if (missing.length === 0 && look !== undefined) return look.state
      await buildHistory(session, location, missing, current)
      const made = await lookAtTable(session, location)
      if (made === undefined)
        throw new SqlmigError('HISTORY_NOT_MADE', { history: name, reason: 'it is gone again' })
      assertTrusted(attestation(session, made))
      return made.state
    },

    recordedSql: (session, ids) => recordedSql(session, table, ids),
    headCheck: (head) => headCheck(table, head),
    insert: (rows, witnesses = {}) => insertStatement(table, [rows].flat(), witnesses),
    parseRow: (row) => toHistoryRow(row, name, toolVersion),
  }
}

/** Whoever owns the schema can drop what we make in it and put something else into its place. */
async function assertSchemaTrusted(session: Session, location: HistoryLocation): Promise<void> {
  const schema = await lookAtSchema(session, location.schema)
  if (schema === undefined || schema.trusted) return
  const { problem, hint } = schemaOwner(location, schema.owner, session.info.user)
  const history = `${location.schema}.${location.table}`
  throw new SqlmigError('HISTORY_UNTRUSTED', { history, problems: [problem], hint })
}

async function recordedSql(
  session: Session,
  table: string,
  ids: readonly string[],
): Promise<Map<string, RecordedSql>> {
  if (ids.length === 0) return new Map()
  const list = ids.map((id) => BigInt(id).toString()).join(', ')
  const { rows } = await session.send(
    `select id::text as id, up_sql, down_sql from ${table} where id in (${list})`,
  )
  return new Map(
    rows.map((row) => [row['id'] ?? '', { up: row['up_sql'] ?? null, down: row['down_sql'] ?? null }]),
  )
}

function headCheck(table: string, head: string | undefined): string {
  const found = `(select hash from ${table} order by id desc limit 1)`
  // A literal and not a dollar quote, because the names may hold any tag.
  return `do ${literal(`begin
  if ${found} is distinct from ${literal(head ?? null)} then
    raise exception 'the history has moved' using errcode = '${HEAD_MOVED}';
  end if;
end`)}`
}
