import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inParallel, type Lab, openLab } from './lab.ts'
import { TWO } from './shape.ts'
import { messagesOf, type Place, type TrialOptions, tryOut } from './trial.ts'

const NOWHERE: Place = { connection: 0, from: 'client', number: 0 }

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

/** A harness that finds nothing in a runner that is wrong would find nothing in sqlmig either. */
it.each([
  ['separate', 'kill', /is absent, but (?:table|ledger)/],
  ['separate', 'reset', /is absent, but (?:table|ledger)/],
  ['optimist', 'reset', /exit 0 with less than everything done|is reported done, but it is absent/],
] as const)('a runner with the mistake "%s" is found out by %s', async (mistake, mishap, finding) => {
  const options: TrialOptions = {
    program: fileURLToPath(new URL('broken-runner.js', import.meta.url)),
    env: { BROKEN: mistake },
    chain: 'none',
  }
  const undisturbed = await tryOut(lab, TWO, NOWHERE, 'pass', options)
  expect(undisturbed).toMatchObject({ violations: [], run: { code: 0 } })
  const messages = await messagesOf(lab, TWO, options)
  const statements = messages.filter(({ from }) => from === 'client').slice(-6)
  const verdicts = await inParallel(statements, 3, (place) => tryOut(lab, TWO, place, mishap, options))
  expect(verdicts.flatMap(({ violations }) => violations).join('\n')).toMatch(finding)
})
