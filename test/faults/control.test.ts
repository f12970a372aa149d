import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { inParallel, type Lab, openLab } from './lab.ts'
import { inTransaction, outsideTransaction, type Shape, shapeOf, TWO } from './shape.ts'
import { type Mishap, messagesOf, type Place, type TrialOptions, tryOut } from './trial.ts'

const NOWHERE: Place = { connection: 0, from: 'client', number: 0 }
const OUTSIDE = shapeOf('one file, no transaction', inTransaction('001'), outsideTransaction('002', 't001'))

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

interface Control {
  readonly mistake: string
  readonly mishap: Mishap
  /** What the trials have to say of it. */
  readonly findings: readonly RegExp[]
  readonly shape?: Shape
  /** How many of the last messages are tried; default 4. */
  readonly last?: number
  readonly limitMs?: number
}

const UNFINISHED = /afterwards: the next run does not finish/

const CONTROLS: readonly Control[] = [
  {
    mistake: 'separate',
    mishap: 'kill',
    findings: [/is absent, but (?:table|ledger) \w+ is there/, UNFINISHED],
  },
  {
    mistake: 'hasty',
    mishap: 'reset',
    findings: [/is applied, but (?:table|ledger) \w+ is not there/, /afterwards: 00\d is applied, but/],
  },
  { mistake: 'repeater', mishap: 'reset', shape: OUTSIDE, findings: [/afterwards: 002 ran 2 times/] },
  {
    mistake: 'optimist',
    mishap: 'reset',
    findings: [/exit 0 with less than everything done/, /is reported done, but it is absent/],
  },
  {
    mistake: 'pessimist',
    mishap: 'after-reset',
    findings: [/exit 1 \(\w+\) though everything is done|is reported failed, but it is applied/],
  },
  // A connection that is silent for ever: a short wait shows it as well as a long one does.
  { mistake: 'pessimist', mishap: 'blackhole', findings: [/did not end/], last: 3, limitMs: 5_000 },
  { mistake: 'talkative', mishap: 'reset', findings: [/shows its insides/, /tells a password/] },
]

/** A harness that finds nothing in a runner that is wrong would find nothing in sqlmig either. */
const named = CONTROLS.map((control) => [control.mistake, control.mishap, control] as const)
it.each(named)('the runner "%s" is found out by %s', async (mistake, mishap, control) => {
  const { findings, shape = TWO, last = 4, limitMs } = control
  const options: TrialOptions = {
    program: fileURLToPath(new URL('broken-runner.js', import.meta.url)),
    env: { BROKEN: mistake },
    chain: 'none',
    ...(limitMs === undefined ? {} : { limitMs }),
  }
  // What is found must come of the mishap: where there is none, nothing is wrong with the runner.
  const undisturbed = await tryOut(lab, shape, NOWHERE, 'pass', options)
  expect(undisturbed).toMatchObject({ violations: [], met: false, run: { code: 0 } })
  const messages = await messagesOf(lab, shape, options)
  const statements = messages.filter(({ from }) => from === 'client').slice(-last)
  const verdicts = await inParallel(statements, 3, (place) => tryOut(lab, shape, place, mishap, options))
  const violations = verdicts.flatMap((verdict) => verdict.violations).join('\n')
  for (const finding of findings) expect(violations).toMatch(finding)
})
