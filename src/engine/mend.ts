import type { SqlFile } from '../core/migration.ts'
import { firstSchema, withoutSchema } from '../core/short-names.ts'
import { literal } from '../core/sql-literal.ts'
import { type Session, StatementError } from '../ports.ts'
import type { StatementTools } from './run-statements.ts'
import { settingsFor } from './settings.ts'

/** What is different after a down, and what SQL might take it away. */
export interface Mendable {
  readonly sql: readonly string[]
}

/** What came of trying. */
export interface Mended {
  /** The statements of each mendable that ran, in the order in which they have to run among all; without semicolons. */
  readonly statements: readonly TriedStatement[]
  /** The statements that failed in every order. */
  readonly failed: readonly TriedStatement[]
}

export interface TriedStatement {
  /** Which of the mendables it belongs to. */
  readonly of: number
  readonly sql: string
}

/**
 * Runs the statements that would bring a state back, each in a savepoint. What fails is tried again after the others: what depends on what
 * is known only to the server. Names are written without the schema that comes first in the file's search path, where that works.
 */
export async function mend(
  tools: StatementTools,
  file: SqlFile,
  mendables: readonly Mendable[],
): Promise<Mended> {
  const { session, context } = tools
  const { searchPath } = settingsFor(file, context.policy, session.info)
  const schema = firstSchema(searchPath)
  const statements = mendables.flatMap(({ sql }, of) => sql.map((one) => ({ of, sql: one })))
  await session.send(
    `begin; set local statement_timeout = 0; select pg_catalog.set_config('search_path', ${literal(searchPath)}, true); savepoint sqlmig_start`,
  )
  const mended = await tryOrders(session, statements, schema)
  await session.send(`set constraints all immediate; ${session.resetStatements}; commit`).catch(async () => {
    await session.send(`rollback; ${session.resetStatements}`)
  })
  return mended
}

/**
 * As given, and where that leaves something, with all drops first: what a statement cannot change while a view depends on it has to be
 * changed between the view's DROP and its CREATE.
 */
async function tryOrders(
  session: Session,
  statements: readonly TriedStatement[],
  schema: string | undefined,
): Promise<Mended> {
  const asGiven = await tryAll(session, [statements], schema)
  const drops = statements.filter(({ sql }) => sql.startsWith('DROP '))
  if (asGiven.failed.length === 0 || drops.length === 0) return asGiven
  await session.send('rollback to savepoint sqlmig_start')
  const others = statements.filter((one) => !drops.includes(one))
  const dropsFirst = await tryAll(session, [drops, others], schema)
  if (dropsFirst.failed.length < asGiven.failed.length) return dropsFirst
  await session.send('rollback to savepoint sqlmig_start')
  return tryAll(session, [statements], schema)
}

/** One group after the other; what fails in one is tried again with the next. */
async function tryAll(
  session: Session,
  groups: ReadonlyArray<readonly TriedStatement[]>,
  schema: string | undefined,
): Promise<Mended> {
  const statements: TriedStatement[] = []
  let waiting: readonly TriedStatement[] = []
  for (const group of groups) {
    waiting = [...waiting, ...group]
    for (let before = 0; before !== waiting.length && waiting.length > 0; ) {
      before = waiting.length
      const failed: TriedStatement[] = []
      for (const statement of waiting) {
        const sql = await trySpellings(session, statement.sql, schema)
        if (sql === undefined) failed.push(statement)
        else statements.push({ of: statement.of, sql })
      }
      waiting = failed
    }
  }
  return { statements, failed: waiting }
}

async function trySpellings(
  session: Session,
  sql: string,
  schema: string | undefined,
): Promise<string | undefined> {
  const short = schema === undefined ? sql : withoutSchema(sql, schema)
  for (const spelling of short === sql ? [sql] : [short, sql])
    if (await trial(session, spelling)) return spelling
  return undefined
}

async function trial(session: Session, sql: string): Promise<boolean> {
  try {
    await session.send(`savepoint sqlmig_mend; ${sql}; release savepoint sqlmig_mend`)
    return true
  } catch (error) {
    if (!(error instanceof StatementError)) throw error
    await session.send('rollback to savepoint sqlmig_mend; release savepoint sqlmig_mend')
    return false
  }
}
