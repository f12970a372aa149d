import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import type { WireMessage } from '../support/fault-proxy.ts'
import { inParallel, type Lab, openLab } from './lab.ts'
import { FAILING, JOURNALLED, TWO } from './shape.ts'
import { type Mishap, messagesOf, type TrialOptions, tryOut } from './trial.ts'

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

const MISHAPS: readonly Mishap[] = ['kill', 'reset', 'after-reset', 'close']

describe.each(inject('faultDepth') === 'quick' ? [TWO, JOURNALLED] : [TWO, JOURNALLED, FAILING])(
  '$name',
  (shape) => {
    it.each(MISHAPS)('%s at any message leaves history, schema and data equal', async (mishap) => {
      const points = chosen(await messagesOf(lab, shape), mishap)
      expect(await failures(points, mishap)).toEqual([])
    })

    if (inject('faultDepth') !== 'quick' || shape === TWO)
      it('with a COMMIT the server is lost for good: whatever is said is true', async () => {
        const commits = (await messagesOf(lab, shape)).filter(({ text }) => /^commit/i.test(text))
        const points = inject('faultDepth') === 'every' ? commits : commits.slice(-2)
        // what became of the COMMIT is asked for as long as the lock is waited for
        const options = { lasting: true, args: ['--lock-wait', '3s'] }
        expect(await failures(points, 'reset', options)).toEqual([])
      })

    async function failures(
      points: readonly WireMessage[],
      mishap: Mishap,
      options?: TrialOptions,
    ): Promise<string[]> {
      const found = await inParallel(points, 3, async (point) => {
        const { violations } = await tryOut(lab, shape, point, mishap, options)
        return violations.map((violation) => `${describePoint(point)}: ${violation}`)
      })
      return found.flat()
    }
  },
)

function describePoint({ connection, from, number, type, text }: WireMessage): string {
  return `connection ${connection}, ${from} ${number} ${type} ${text.replaceAll(/\s+/g, ' ').slice(0, 60)}`
}

// How many messages of a run each kind of mishap gets; the COMMITs come on top.
const PLACES = { quick: 3, sample: 7 } as const

/** All of them, or some of those that can make a difference. */
function chosen(messages: readonly WireMessage[], mishap: Mishap): readonly WireMessage[] {
  const depth = inject('faultDepth')
  if (depth === 'every') return messages
  const telling = messages.filter((message, index) => isTelling(message, messages[index - 1]))
  const step = telling.length / PLACES[depth]
  // Every kind of mishap begins elsewhere, so that all together see more of the messages.
  const offset = (MISHAPS.indexOf(mishap) * step) / MISHAPS.length
  const spread = Array.from({ length: PLACES[depth] }, (_, n) => telling[Math.floor(offset + n * step)]!)
  const commits = depth === 'sample' && /reset/.test(String(mishap)) ? telling.filter(isCommit) : []
  return [...new Set([...spread, ...commits])]
}

/** Between the first message of an answer and the last one the client learns nothing that it acts on. */
function isTelling({ from, type, text }: WireMessage, before: WireMessage | undefined): boolean {
  return (
    from === 'client' ||
    (type !== 'S' && (before?.from === 'client' || 'RZE'.includes(type) || text === 'COMMIT'))
  )
}

/** Of a migration, out or back; what the tool does for itself begins and ends a transaction in one message. */
function isCommit({ from, text }: WireMessage): boolean {
  return from === 'client' ? text === 'commit' : text === 'COMMIT'
}
