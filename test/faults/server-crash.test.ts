import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { connect } from '../support/connect.ts'
import { migrationsFolder } from '../support/folder.ts'
import { waitFor } from '../support/wait.ts'
import { type Lab, type LabDatabase, openLab, startTool } from './lab.ts'
import { noOwnServer, type OwnServer, startOwnServer } from './own-server.ts'
import { JOURNALLED, TWO } from './shape.ts'
import { audit, brief, messagesOf, tryOut } from './trial.ts'

const missing = await noOwnServer()

describe.skipIf(missing !== '')(`a server of our own${missing}`, () => {
  let server: OwnServer
  let lab: Lab
  beforeAll(async () => {
    server = await startOwnServer()
    lab = await openLab(server.url)
  })
  afterAll(async () => {
    await server?.remove()
  })

  const times = { quick: 3, sample: 6, every: 60 }

  async function databaseWith(files: Record<string, string | Uint8Array>): Promise<[LabDatabase, string]> {
    const db = await lab.database()
    onTestFinished(() => db.drop())
    return [db, await migrationsFolder(files)]
  }

  describe.each([TWO, JOURNALLED])('a server that crashes: $name', (shape) => {
    it('at messages on their way', async () => {
      const messages = await messagesOf(lab, shape)
      const step = Math.ceil(messages.length / times[inject('faultDepth')])
      const found: string[] = []
      for (const place of messages.filter((_, index) => index % step === step - 1)) {
        let halted = Promise.resolve()
        const crash = () => {
          halted = server.halt('immediate')
          return 'pass' as const
        }
        const recover = async () => {
          await halted
          await server.start()
        }
        // What became of a COMMIT is asked for as long as the lock is waited for, and the server stays away.
        const options = { recover, undecidable: true, args: ['--lock-wait', '3s'] }
        const { violations } = await tryOut(lab, shape, place, crash, options)
        found.push(
          ...violations.map((what) => `${place.from} ${place.number} ${place.type} ${place.text}: ${what}`),
        )
      }
      expect(found).toEqual([])
    })

    it('at random moments', async () => {
      const found: string[] = []
      for (let n = 0; n < times[inject('faultDepth')]; n++) {
        const [db, cwd] = await databaseWith({ ...shape.files })
        const running = startTool(db.url, ['up'], { cwd })
        // The run is somewhere between its start and its end then.
        const moment = 150 + Math.round(Math.random() * 400)
        await sleep(moment)
        await server.halt('immediate')
        await server.start()
        const run = await running.whole
        const violations = await audit(lab, db, cwd, shape, run, { undecidable: true })
        found.push(...violations.map((what) => `after ${moment} ms, ${brief(run)}: ${what}`))
      }
      expect(found).toEqual([])
    })
  })

  describe('CREATE INDEX CONCURRENTLY that waits for an old snapshot', () => {
    it.each(['crash', 'terminate', 'kill'] as const)('and then: %s', async (how) => {
      const [db, cwd] = await databaseWith({ ...JOURNALLED.files })
      const sql = connect(db.adminUrl)
      const old = connect(db.adminUrl)
      onTestFinished(async () => {
        await sql.end({ timeout: 1 })
        await old.end({ timeout: 1 })
      })
      await old`begin isolation level repeatable read`
      await old`select count(*) from ledger`
      const running = startTool(db.url, ['up'], { cwd })
      const waiting = () => sql<{ pid: number }[]>`select pid from pg_stat_activity
      where datname = current_database() and wait_event = 'virtualxid' and query like '%create index%'`
      await waitFor(async () => (await waiting()).length > 0)
      if (how === 'crash') await server.halt('immediate')
      if (how === 'terminate') await sql`select pg_terminate_backend(${(await waiting())[0]?.pid ?? 0})`
      if (how === 'kill') running.process.kill('SIGKILL')
      const run = await running.whole
      if (how === 'crash') await server.start()
      else await old`rollback`
      expect(run.code).not.toBe(0)
      expect(await audit(lab, db, cwd, JOURNALLED, run, { undecidable: how === 'crash' })).toEqual([])
    })
  })
})
