import { SqlmigError } from '../core/errors.ts'
import { LOCK_IN_WORDS, type LockName } from '../core/lock-name.ts'
import type { LockHolder, RolesLock, Session } from '../ports.ts'
import type { EngineContext } from './context.ts'

const SHORTEST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 500
// Naming the holder costs a query, and most waits are shorter than this.
const HOLDER_AFTER_MS = 1000

/** A lock that is tried until it is had. */
interface Trial {
  readonly lock: LockName
  tryAcquire(): Promise<boolean>
  holder(): Promise<LockHolder | undefined>
}

/**
 * Takes the migration lock by trying again and again, outside any transaction: a waiter that holds a snapshot would make the owner's
 * CREATE INDEX CONCURRENTLY wait for it, for ever.
 * @throws SqlmigError `LOCK_NOT_OBTAINED`, `INTERRUPTED`
 */
export async function acquireLock(context: EngineContext, session: Session): Promise<void> {
  const { lock } = context
  await tryUntilHad(context, {
    lock: 'migration',
    tryAcquire: () => lock.tryAcquire(session),
    holder: () => lock.holder(session),
  })
}

/**
 * Waits for other runs that make roles on the same server.
 * @throws SqlmigError `LOCK_NOT_OBTAINED`, `INTERRUPTED`
 */
export async function acquireRolesLock(context: WaitContext, lock: RolesLock): Promise<void> {
  await tryUntilHad(context, {
    lock: 'roles',
    tryAcquire: () => lock.tryAcquire(),
    holder: () => lock.holder(),
  })
}

type WaitContext = Pick<EngineContext, 'clock' | 'emit' | 'signal' | 'policy'>

async function tryUntilHad({ clock, emit, signal, policy }: WaitContext, trial: Trial): Promise<void> {
  const which = trial.lock === 'migration' ? {} : { lock: trial.lock }
  const holder = async () => (await trial.holder())?.description
  const start = clock.elapsed()
  let pause = SHORTEST_PAUSE_MS
  let announced = Number.NEGATIVE_INFINITY
  for (;;) {
    if (signal.aborted)
      throw new SqlmigError('INTERRUPTED', {
        during: `while waiting for ${LOCK_IN_WORDS[trial.lock]}`,
      })
    if (await trial.tryAcquire()) break
    const waitedMs = Math.round(clock.elapsed() - start)
    if (waitedMs >= policy.lockWaitMs) throw notObtained(waitedMs, await holder(), which)
    if (waitedMs >= HOLDER_AFTER_MS && waitedMs - announced >= HOLDER_AFTER_MS) {
      announced = waitedMs
      emit({ type: 'lock.waiting', waitedMs, holder: (await holder()) ?? null, ...which })
    }
    // Different pauses keep many waiters from asking in step.
    await clock.sleep(Math.min(pause * (0.5 + Math.random()), policy.lockWaitMs - waitedMs + 1), signal)
    pause = Math.min(pause * 1.5, LONGEST_PAUSE_MS)
  }
  emit({ type: 'lock.acquired', waitedMs: Math.round(clock.elapsed() - start), ...which })
}

function notObtained(
  waitedMs: number,
  holder: string | undefined,
  which: { lock?: LockName },
): SqlmigError<'LOCK_NOT_OBTAINED'> {
  const held = holder === undefined ? {} : { holder }
  return new SqlmigError('LOCK_NOT_OBTAINED', { waitedMs, ...held, ...which })
}

/**
 * Brings the session back to its start, as after a try that failed.
 * @throws SqlmigError `LOCK_LOST`
 */
export async function resetSession(context: EngineContext, session: Session, file: string): Promise<void> {
  await session.send(session.resetStatements)
  await keepOnlyLock(context, session, file)
}

/**
 * Gives back every advisory lock that a file left behind, and makes sure that the session still holds the migration lock.
 * @throws SqlmigError `LOCK_LOST`
 */
export async function keepOnlyLock({ lock }: EngineContext, session: Session, file: string): Promise<void> {
  for (;;) {
    const { rows } = await session.send(lock.releaseOthers)
    if (rows[0]?.['held'] !== 'true') throw new SqlmigError('LOCK_LOST', { file })
    if (Number(rows[0]?.['released']) === 0) return
  }
}
