import { describe, expect, it } from 'vitest'
import { batteryCases, correctCases } from '../fixtures/roundtrip-battery/index.ts'
import { walkWithPgDump, whyNoPgDump, whyNotHere } from '../support/battery-pg-dump.ts'

// The battery says what a round trip has to find. Whether that is so is asked of pg_dump, which shares no code with sqlmig.
const wanted = process.env['SQLMIG_TEST_PG_DUMP'] === '1'
const reason = wanted ? await whyNoPgDump() : 'only with SQLMIG_TEST_PG_DUMP=1, because it takes minutes'

describe('the battery', () => {
  it('names every case once', () => {
    const names = [...batteryCases, ...correctCases].map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })

  it('gives a down for every setup', () => {
    const without = [...batteryCases, ...correctCases].filter(
      ({ setup, setupDown }) => (setup === undefined) !== (setupDown === undefined),
    )
    expect(without.map(({ name }) => name)).toEqual([])
  })
})

// A walk waits until one of the two others is done.
describe.concurrent(`pg_dump${reason === undefined ? '' : `: ${reason}`}`, { timeout: 180_000 }, () => {
  for (const one of batteryCases)
    it.skipIf(reason !== undefined)(`leak: ${one.name}`, async ({ skip }) => {
      const because = await whyNotHere(one)
      if (because !== undefined) skip(because)
      const { before, afterDown } = await walkWithPgDump(one, 'once')
      if (one.invisibleToPgDump === undefined) expect(afterDown).not.toBe(before)
      else expect(afterDown).toBe(before)
    })

  for (const one of correctCases)
    it.skipIf(reason !== undefined)(`correct: ${one.name}`, async ({ skip }) => {
      const because = await whyNotHere(one)
      if (because !== undefined) skip(because)
      const { before, afterUp, afterDown, afterUpAgain } = await walkWithPgDump(one, 'again')
      expect(afterDown).toBe(before)
      if (one.upsDiffer === undefined) expect(afterUpAgain).toBe(afterUp)
    })
})
