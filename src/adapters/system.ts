import type { Clock } from '../ports.ts'

export const systemClock: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  // Not that of node:timers/promises: where a signal ends it, that one makes an error with a stack, and nearly every sleep is ended so.
  sleep(milliseconds, signal) {
    if (signal?.aborted === true) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, milliseconds)
      signal?.addEventListener('abort', done)
    })
  },
}
