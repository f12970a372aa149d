import { randomBytes } from 'node:crypto'
import { SqlmigError } from '../core/errors.ts'
import {
  genesisHash,
  type HistoryEntry,
  type HistoryEvent,
  type HistoryRow,
  hashEntry,
} from '../core/history.ts'
import type { Step } from '../core/plan.ts'
import type { Answer, HistoryStore, NewHistoryRow, Session } from '../ports.ts'
import type { Policy } from './context.ts'

// Larger texts are known by their checksum alone.
const LONGEST_STORED_SQL = 1_000_000
const NONCE_BYTES = 16

interface EntryDetails {
  readonly statementNo?: number
  readonly statements?: number
  readonly reason?: string
  readonly startedAt?: string
}

/** The end of the chain as this run knows it: makes the next rows and takes in those that are written. */
export class Ledger {
  private readonly store: HistoryStore
  private readonly policy: Policy
  private readonly session: Session
  private readonly actor: string
  private readonly written: HistoryRow[]
  private readonly genesis: string
  private next: string
  /** The state of the table when it was last found to be as it should, and what the open transaction made of it. */
  private state: string
  private nextState: string

  /** @param state what the history's `prepare` returned */
  constructor(
    store: HistoryStore,
    policy: Policy,
    session: Session,
    rows: readonly HistoryRow[],
    state: string,
  ) {
    this.store = store
    this.policy = policy
    this.session = session
    this.state = state
    this.nextState = state
    this.actor = session.info.user
    this.written = [...rows]
    this.genesis = genesisHash(randomBytes(NONCE_BYTES).toString('hex'))
    this.next = this.head
  }

  /** What the next row hangs on, as far as rows are committed. */
  private get head(): string {
    return this.written.at(-1)?.hash ?? this.genesis
  }

  get rows(): readonly HistoryRow[] {
    return this.written
  }

  /** A statement that fails when somebody else has added to the history. */
  get headCheck(): string {
    return this.store.headCheck(this.written.at(-1)?.hash)
  }

  /** Seals a row behind everything sealed so far. */
  seal(event: HistoryEvent, step: Step, attempt: string, details: EntryDetails = {}): NewHistoryRow {
    const keepsSql = event === 'applied' || event === 'reverted' || event === 'started'
    const upSql = keepsSql ? storable(step.pair.up?.text) : null
    const downSql = keepsSql ? storable(step.pair.down?.text) : null
    const entry: HistoryEntry = {
      event,
      version: step.version,
      name: step.name,
      attempt,
      statementNo: details.statementNo ?? 0,
      statements: details.statements ?? 0,
      transactional: step.sql.directives.transaction === 'wrapped',
      upChecksum: step.upChecksum,
      downChecksum: step.downChecksum,
      upSqlHash: upSql === null ? null : sqlHash(step.pair.up?.checksum),
      downSqlHash: downSql === null ? null : sqlHash(step.pair.down?.checksum),
      actor: this.actor,
      client: this.policy.client,
      toolVersion: this.policy.toolVersion,
      reason: details.reason ?? null,
    }
    const prevHash = this.next
    const hash = hashEntry(entry, prevHash)
    this.next = hash
    return { ...entry, upSql, downSql, prevHash, hash, startedAt: details.startedAt }
  }

  /** Forgets rows that were sealed and never committed. */
  rewind(): void {
    this.next = this.head
    this.nextState = this.state
  }

  insert(
    rows: NewHistoryRow | readonly NewHistoryRow[],
    witnesses?: Readonly<Record<string, string>>,
  ): string {
    return this.store.insert(rows, witnesses)
  }

  /**
   * Makes sure that the server stored exactly the rows that were sent, in a table that is as it should be: a rule or a trigger can swallow
   * or change it without an error. To be called in the transaction of the rows; a table that was touched meanwhile is attested again.
   * @throws SqlmigError `HISTORY_WRITE_FAILED`, `HISTORY_UNTRUSTED`
   */
  async verifyAll(sent: readonly NewHistoryRow[], { rows }: Answer): Promise<HistoryRow[]> {
    const returned = rows.map((row) => this.store.parseRow(row))
    const same = ({ prevHash, hash }: NewHistoryRow, i: number): boolean => {
      const row = returned[i]
      return row?.prevHash === prevHash && hashEntry(row, prevHash) === hash
    }
    if (returned.length !== sent.length || !sent.every(same))
      throw new SqlmigError('HISTORY_WRITE_FAILED', {
        history: this.store.name,
        reason: returned.length === 0 ? 'the table swallowed it' : 'the table changed it',
      })
    if (rows[0]?.['table_state'] !== this.nextState) await this.attestAgain()
    return returned
  }

  /** The same for one row. */
  async verify(sent: NewHistoryRow, answer: Answer): Promise<HistoryRow> {
    const [row] = await this.verifyAll([sent], answer)
    if (row === undefined) throw new Error('no row came back')
    return row
  }

  private async attestAgain(): Promise<void> {
    const found = await this.store.attest(this.session)
    const problems = found?.problems ?? []
    if (found === undefined || problems.length > 0)
      throw new SqlmigError('HISTORY_UNTRUSTED', {
        history: this.store.name,
        problems: found === undefined ? ['it is gone'] : problems.map(({ problem }) => problem),
        hint: 'a migration must leave the table of the history alone, and so must others while it runs',
      })
    this.nextState = found.state
  }

  /** Takes in a row whose transaction is committed. */
  add(row: HistoryRow): void {
    this.written.push(row)
    this.state = this.nextState
  }
}

function storable(text: string | undefined): string | null {
  return text !== undefined && Buffer.byteLength(text, 'utf8') <= LONGEST_STORED_SQL ? text : null
}

/** A checksum is the hash of the very text that is stored. */
function sqlHash(checksum: string | undefined): string | null {
  return checksum?.replace(/^v1:/, '') ?? null
}
