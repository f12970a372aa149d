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
      const points = chosen(await messagesOf(lab, shape), MISHAPS.indexOf(mishap) * 7)
      expect(await failures(points, mishap)).toEqual([])
    })

    it('with a COMMIT the server is lost for good: whatever is said is true', async () => {
      const commits = (await messagesOf(lab, shape)).filter(({ text }) => /^commit/i.test(text))
      const points = inject('faultDepth') === 'quick' ? commits.slice(-2) : commits
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

/** All of them, or a third, or what a quick run has time for; with every COMMIT on its way out and back where that is not too many. */
function chosen(messages: readonly WireMessage[], turn: number): readonly WireMessage[] {
  const depth = inject('faultDepth')
  if (depth === 'every') return messages
  const step = depth === 'quick' ? Math.ceil(messages.length / 5) : 3
  const wanted = ({ text }: WireMessage) => depth === 'sample' && /^commit/i.test(text)
  // Every kind of mishap begins elsewhere, so that all together see more of the messages.
  return messages.filter((message, index) => wanted(message) || (index + turn) % step === 0)
}
