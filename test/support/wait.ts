import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until it is so; the limit only keeps a broken test from hanging. */
export async function waitFor(what: () => Promise<boolean>, limitMs = 20_000): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error('it did not happen in time')
    await sleep(50)
  }
}
