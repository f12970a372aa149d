import { randomUUID } from 'node:crypto'
import { SqlmigError } from '../core/errors.ts'
import type { HistoryEvent, HistoryRow } from '../core/history.ts'
import type { Ledger } from './ledger.ts'
import { commitRecorded } from './lost-commit.ts'
import { explainOwnFailure, type PlannedStep, type RunTools } from './run-statements.ts'

/** A row about a migration without a transaction; `statementNo` is 0 for what concerns all of it. */
export interface JournalEntry {
  readonly event: HistoryEvent
  readonly statementNo: number
  readonly reason?: string
  readonly startedAt?: string
}

/** The rows of one attempt at a migration without a transaction. */
export class Journal {
  private readonly tools: RunTools
  private readonly ledger: Ledger
  private readonly planned: PlannedStep
  private readonly statements: number
  private readonly attempt = randomUUID()

  /** @param statements how many the file holds */
  constructor(tools: RunTools, ledger: Ledger, planned: PlannedStep, statements: number) {
    this.tools = tools
    this.ledger = ledger
    this.planned = planned
    this.statements = statements
  }

  /**
   * Writes rows in a transaction of their own, untouched by what the file has set so far and without touching it.
   * @throws SqlmigError `HISTORY_WRITE_FAILED`, `HISTORY_MOVED`, `LOCK_LOST`, `OUTCOME_UNKNOWN`, `SESSION_LOST`
   */
  async write(entries: readonly JournalEntry[]): Promise<HistoryRow[]> {
    const { ledger, tools } = this
    const { session, context } = tools
    const { step } = this.planned
    const rows = entries.map(({ event, ...details }) =>
      ledger.seal(event, step, this.attempt, { ...details, statements: this.statements }),
    )
    const witness = { lock_held: `(${context.lock.heldExpression})::text` }
    try {
      const answer = await session.send(
        `begin; ${LOCAL_SETTINGS}; ${ledger.headCheck}; ${ledger.insert(rows, witness)}`,
      )
      const written = await ledger.verifyAll(rows, answer)
      if (answer.rows[0]?.['lock_held'] !== 'true')
        throw new SqlmigError('LOCK_LOST', { file: step.sql.file })
      await commitRecorded(tools, step, { hash: rows.at(-1)?.hash ?? '' })
      for (const row of written) ledger.add(row)
      return written
    } catch (error) {
      ledger.rewind()
      await session.send('rollback').catch(() => {})
      throw explainOwnFailure(error, context.history.name)
    }
  }
}

const LOCAL_SETTINGS = [
  'set local session authorization default',
  'set local role none',
  'set local search_path = pg_catalog, pg_temp',
  'set local statement_timeout = 0',
  'set local standard_conforming_strings = on',
  'set local client_encoding = utf8',
  'set transaction read write',
].join('; ')
