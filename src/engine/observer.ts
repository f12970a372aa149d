import { isSqlmigError } from '../core/errors.ts'
import { type Answer, type Clock, type Database, type Session, StatementError } from '../ports.ts'

/** What a look at the server process of a session shows. */
export type Sight =
  /** No server said anything; somebody on the way may have turned the connection down. */
  | { readonly kind: 'silent' }
  /** Somebody answered, but what the process does is not known. */
  | { readonly kind: 'unseen' }
  | { readonly kind: 'gone' }
  | { readonly kind: 'working' }
  /** It waits for a message of its client, since when, as the server's clock says. */
  | { readonly kind: 'waiting'; readonly since: string }

/** A second session, opened when it is first needed: it sees what the working session does and who blocks it, and it can cancel it. */
export interface Observer {
  /** Who holds what the session waits for; undefined when nobody does or nobody can tell. */
  blockers(session: Session): Promise<string | undefined>
  /** Cancels the statement that runs; false when that was impossible. */
  cancel(session: Session): Promise<boolean>
  look(session: Session): Promise<Sight>
  close(): Promise<void>
}

// Whoever has nothing to compute and no lock to wait for answers at once.
const ANSWER_LIMIT_MS = 10_000
const PAUSE_AFTER_FAILURE_MS = 10_000
const CLOSE_LIMIT_MS = 1000

/** Why there is no answer: no server said anything, or one said no. */
type Failure = 'silent' | 'refused'

export function createObserver(database: Database, clock: Clock): Observer {
  const line = new Line(database, clock)
  return {
    async blockers(session) {
      const answer = await line.ask(blockersQuery(session.info.backendPid))
      const described = rowsOf(answer).map((row) => row['blocker'] ?? '')
      return described.length === 0 ? undefined : described.join('; ')
    },
    async cancel(session) {
      const answer = await line.ask(
        `select pg_catalog.pg_cancel_backend(${session.info.backendPid})::text as sent`,
      )
      return rowsOf(answer)[0]?.['sent'] === 'true'
    },
    async look(session) {
      const answer = await line.ask(
        `select state, state_change::text as since from pg_catalog.pg_stat_activity where pid = ${session.info.backendPid}`,
      )
      if (typeof answer === 'string') return { kind: answer === 'silent' ? 'silent' : 'unseen' }
      return sightOf(answer.rows[0])
    },
    close: () => line.close(),
  }
}

function rowsOf(answer: Answer | Failure): Answer['rows'] {
  return typeof answer === 'string' ? [] : answer.rows
}

function sightOf(row: Answer['rows'][number] | undefined): Sight {
  if (row === undefined) return { kind: 'gone' }
  const { state, since } = row
  if (state === 'active') return { kind: 'working' }
  // Without track_activities the state is "disabled", and of a process that is none of ours it is null.
  return state?.startsWith('idle') === true && since != null ? { kind: 'waiting', since } : { kind: 'unseen' }
}

/** The connection itself: made when somebody asks, and made again when it broke. */
class Line {
  private readonly database: Database
  private readonly clock: Clock
  private opened: Promise<Session | Failure> | undefined
  private failedAt: number | undefined
  private closed = false

  constructor(database: Database, clock: Clock) {
    this.database = database
    this.clock = clock
  }

  async ask(query: string): Promise<Answer | Failure> {
    const answer = await this.tryToAsk(query)
    // It ended for a reason of its own, such as an administrator's; a new one can say more.
    return answer === 'lost'
      ? this.tryToAsk(query).then((again) => (again === 'lost' ? 'refused' : again))
      : answer
  }

  async close(): Promise<void> {
    this.closed = true
    const opened = this.opened
    if (opened === undefined) return
    const ended = opened.then((session) => (typeof session === 'string' ? undefined : session.close()))
    await Promise.race([ended, this.clock.sleep(CLOSE_LIMIT_MS)])
  }

  private async tryToAsk(query: string): Promise<Answer | Failure | 'lost'> {
    const session = await this.open()
    if (typeof session === 'string') return session
    const answered = new AbortController()
    const late = this.clock.sleep(ANSWER_LIMIT_MS, answered.signal).then(() => 'silent' as const)
    const answer = session.send(query).catch((error: unknown) => {
      if (error instanceof StatementError) return 'refused' as const
      this.opened = undefined
      return 'lost' as const
    })
    const first = await Promise.race([answer, late])
    answered.abort()
    if (first === 'silent') {
      this.opened = undefined
      session.destroy('no answer')
    }
    return first
  }

  private open(): Promise<Session | Failure> {
    const { observe } = this.database
    if (this.closed || observe === undefined) return Promise.resolve('refused')
    if (this.failedAt !== undefined && this.clock.elapsed() - this.failedAt > PAUSE_AFTER_FAILURE_MS) {
      this.failedAt = undefined
      this.opened = undefined
    }
    this.opened ??= this.connect(observe)
    return this.opened
  }

  private async connect(observe: () => Promise<Session>): Promise<Session | Failure> {
    try {
      return await observe()
    } catch (error) {
      this.failedAt = this.clock.elapsed()
      return isSqlmigError(error, 'CONNECTION_FAILED') && error.facts.unanswered === true
        ? 'silent'
        : 'refused'
    }
  }
}

/** A role without pg_read_all_stats sees only its own sessions in full; the process number is visible to all. */
function blockersQuery(pid: number): string {
  return `select pg_catalog.concat_ws(', ', 'process ' || b.pid::text, nullif(a.application_name, ''), 'role ' || a.usename::text, a.state) as blocker
    from pg_catalog.unnest(pg_catalog.pg_blocking_pids(${pid})) as b(pid)
    left join pg_catalog.pg_stat_activity a on a.pid = b.pid`
}
