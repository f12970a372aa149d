import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { withConnection } from '../support/connect.ts'
import type { WireMessage } from '../support/fault-proxy.ts'
import { migrationsFolder } from '../support/folder.ts'
import { inParallel, type Lab, openLab, runTool } from './lab.ts'
import { inTransaction, JOURNALLED, shapeOf, TWO } from './shape.ts'
import { audit, messagesOf, tryOut } from './trial.ts'

// Silence is no evidence before the limits of README are over; what is not at its end long after them hangs.
const LIMIT_MS = 240_000
// Every one of them only waits.
const WIDTH = 16

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

describe.each([TWO, JOURNALLED])('$name', (shape) => {
  it.each([
    ['blackhole', false],
    ['blackhole', true],
    ['cut-server', false],
  ] as const)('%s (and of later connections: %s): the run ends by itself', async (mishap, lasting) => {
    const found = await inParallel(chosen(await messagesOf(lab, shape)), WIDTH, async (place) => {
      const { violations } = await tryOut(lab, shape, place, mishap, { lasting, limitMs: LIMIT_MS })
      const point = `${place.from} ${place.number} ${place.type} ${place.text.slice(0, 40)}`
      return violations.map((violation) => `${point}: ${violation}`)
    })
    expect(found.flat()).toEqual([])
  })
})

it('a run that may have one session only is not ended for want of a second one', async () => {
  const own = await openLab()
  const db = await own.database()
  onTestFinished(async () => {
    await db.drop()
    await own.close()
  })
  const limit = (count: number) =>
    withConnection(db.adminUrl, (sql) =>
      sql.unsafe(`alter role "${own.role.name}" connection limit ${count}`),
    )
  const shape = shapeOf('long', inTransaction('001', 'select pg_sleep(100);\n'), inTransaction('002'))
  const cwd = await migrationsFolder(shape.files)
  await limit(1)
  const run = await runTool(db.url, ['up'], { cwd, limitMs: LIMIT_MS })
  await limit(-1)
  expect(run.code).toBe(0)
  expect(await audit(own, db, cwd, shape, run)).toEqual([])
})

/** As many as can wait at the same time, and all COMMITs on their way out and back where there is time for it. */
function chosen(messages: readonly WireMessage[]): readonly WireMessage[] {
  const every = inject('faultDepth') === 'every'
  const working = messages.filter(({ connection }) => connection === 1)
  const commits = working.filter(({ text }) => /^commit/i.test(text))
  const step = every ? 9 : Math.ceil(working.length / (WIDTH - 2))
  const spread = working.filter((_, index) => index % step === 0)
  return [...new Set([...spread, ...(every ? commits : commits.slice(-2))])]
}
