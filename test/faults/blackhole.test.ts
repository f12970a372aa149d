import { afterAll, beforeAll, expect, inject, it, onTestFinished } from 'vitest'
import { withConnection } from '../support/connect.ts'
import type { WireMessage } from '../support/fault-proxy.ts'
import { migrationsFolder } from '../support/folder.ts'
import { inParallel, type Lab, openLab, runTool } from './lab.ts'
import { inTransaction, JOURNALLED, type Shape, shapeOf, TWO } from './shape.ts'
import { audit, brief, messagesOf, tryOut } from './trial.ts'

// Silence is no evidence before the limits of README are over; what is not at its end long after them hangs.
const LIMIT_MS = 240_000
// They only wait; what limits it are the memory of so many processes and the connections of the server.
const WIDTH = 30
// Of each shape and kind of silence.
const PLACES = 4

let lab: Lab
beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())

const KINDS = [
  ['blackhole', { lasting: false }],
  ['blackhole', { lasting: true }],
  ['cut-server', { lasting: false }],
] as const

// All at once: each takes as long as the limits say, whatever else is done meanwhile.
it('a network that falls silent at any message: the run ends by itself, and one with a reason for silence does not', async () => {
  const trials = (await Promise.all([TWO, JOURNALLED].map(trialsOf))).flat()
  const alone = withOneSession()
  const found = await inParallel(trials, WIDTH, async ({ shape, place, mishap, lasting }) => {
    // what became of a COMMIT is asked for as long as the lock is waited for, and nobody is there to tell
    const args = lasting ? ['--lock-wait', '3s'] : []
    const { violations } = await tryOut(lab, shape, place, mishap, { lasting, args, limitMs: LIMIT_MS })
    const where = `${place.from} ${place.number} ${place.type} ${place.text.slice(0, 40)}`
    return violations.map(
      (what) => `${shape.name}, ${mishap}, ${lasting ? 'lasting, ' : ''}${where}: ${what}`,
    )
  })
  expect([...found.flat(), ...(await alone)]).toEqual([])
})

async function trialsOf(shape: Shape) {
  const messages = await messagesOf(lab, shape)
  return KINDS.flatMap(([mishap, { lasting }], turn) =>
    chosen(messages, turn).map((place) => ({ shape, place, mishap, lasting })),
  )
}

/** A statement that takes longer than any silence may, of a role that may have no second session: nobody can say how it is. */
async function withOneSession(): Promise<string[]> {
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
  const violations = await audit(own, db, cwd, shape, run)
  return [...(run.code === 0 ? [] : [brief(run)]), ...violations].map((what) => `one session: ${what}`)
}

/** Every ninth, or a few that are others for each kind of silence; and the last COMMIT on its way out. */
function chosen(messages: readonly WireMessage[], turn: number): readonly WireMessage[] {
  const every = inject('faultDepth') === 'every'
  const working = messages.filter(({ connection }) => connection === 1)
  const commits = working.filter(({ from, text }) => from === 'client' && /^commit/i.test(text))
  const step = every ? 9 : Math.ceil(working.length / PLACES)
  const offset = Math.floor((turn * step) / KINDS.length)
  const spread = working.filter((_, index) => index % step === offset)
  return [...new Set([...spread, ...(every ? commits : commits.slice(-1))])]
}
