import type { Clock, Session } from '../ports.ts'
import type { Observer } from './observer.ts'

/** When a session that does not answer is looked after, and when it is given up. Milliseconds. */
export interface Liveness {
  /** How long a message may be without an answer before anybody looks. */
  readonly slowAfterMs: number
  readonly probeEveryMs: number
  /** For how long nobody may have answered, neither the session nor whoever looks after it. */
  readonly deadAfterMs: number
}

export const DEFAULT_LIVENESS: Liveness = {
  slowAfterMs: 5000,
  probeEveryMs: 15_000,
  deadAfterMs: 60_000,
}

// A process that ended has said why, and its words may be on their way.
const LAST_WORDS_MS = 1000
// Before a process that waits for a message is given up, the message has this time to get there.
const SLOWEST_BYTES_PER_MS = 50

/** A message that was sent and not answered yet. */
interface Unanswered {
  readonly since: number
  readonly length: number
}

/**
 * The same session, looked after: a statement may be silent for hours, and so may a network that is dead. When an answer takes long,
 * `observer` is asked again and again about the server's process. Where that is gone, or waits for a message although it was sent one, or
 * nobody answers at all, the connection is cut, and every message fails with `SESSION_LOST`. Messages that are answered soon cost nothing.
 */
export function watchSession(
  session: Session,
  observer: Observer,
  clock: Clock,
  liveness: Liveness,
): Session {
  const unanswered = new Set<Unanswered>()
  const ended = new AbortController()
  let watching = false

  async function watch(): Promise<void> {
    watching = true
    while (unanswered.size > 0 && !ended.signal.aborted) {
      await clock.sleep(liveness.slowAfterMs, ended.signal)
      // Answers come in the order of the messages.
      const [oldest] = unanswered
      if (oldest !== undefined && clock.elapsed() - oldest.since >= liveness.slowAfterMs)
        await lookAfter(oldest)
    }
    watching = false
  }

  async function lookAfter(message: Unanswered): Promise<void> {
    const judge = createJudge(message, clock, liveness)
    while (unanswered.has(message) && !ended.signal.aborted) {
      const sight = await observer.look(session)
      if (!unanswered.has(message)) return
      const verdict = judge(sight)
      if (typeof verdict === 'string') return session.destroy(verdict)
      await clock.sleep(verdict, ended.signal)
    }
  }

  return {
    ...session,
    send(text) {
      const message = { since: clock.elapsed(), length: text.length }
      unanswered.add(message)
      if (!watching) void watch()
      return session.send(text).finally(() => unanswered.delete(message))
    },
    close() {
      ended.abort()
      return session.close()
    },
    destroy(reason) {
      ended.abort()
      session.destroy(reason)
    },
  }
}

/** Takes one sight after the other; says how long to wait for the next one, or why the session is lost. */
function createJudge(
  message: Unanswered,
  clock: Clock,
  { probeEveryMs, deadAfterMs }: Liveness,
): (sight: Awaited<ReturnType<Observer['look']>>) => number | string {
  let heardAt = clock.elapsed()
  let gone = false
  let waiting: { readonly since: string; readonly seenAt: number } | undefined
  const patienceMs = Math.min(deadAfterMs, 2 * probeEveryMs) + message.length / SLOWEST_BYTES_PER_MS
  return (sight) => {
    const now = clock.elapsed()
    if (sight.kind !== 'silent') heardAt = now
    else if (now - heardAt >= deadAfterMs)
      return `the network is silent: for ${inSeconds(now - heardAt)} neither this connection nor a new one was answered`
    if (sight.kind === 'gone') {
      if (gone) return 'its server process is gone'
      gone = true
      return LAST_WORDS_MS
    }
    if (sight.kind !== 'waiting') waiting = undefined
    else if (waiting?.since !== sight.since) waiting = { since: sight.since, seenAt: now }
    else if (now - waiting.seenAt >= patienceMs)
      return `its server process waits for a message that was sent ${inSeconds(now - message.since)} ago`
    return probeEveryMs
  }
}

function inSeconds(milliseconds: number): string {
  return `${Math.round(milliseconds / 1000)} s`
}
