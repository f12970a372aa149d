import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { withConnection } from '../support/connect.ts'
import { migrationsFolder } from '../support/folder.ts'
import { falseClaims } from './claims.ts'
import { type Ended, type Lab, type LabDatabase, openLab, runInside, runTool } from './lab.ts'
import { noOwnServer, type OwnServer, startOwnServer } from './own-server.ts'
import { inTransaction, JOURNALLED, type Shape, shapeOf, TWO } from './shape.ts'
import { audit, brief } from './trial.ts'
import { look } from './world.ts'

const LIMIT_MS = 900_000

const missing = await noOwnServer()

describe.skipIf(missing !== '')(`races${missing}`, () => {
  let server: OwnServer
  let lab: Lab
  beforeAll(async () => {
    // each run has up to two sessions
    server = await startOwnServer({ max_connections: '260' })
    lab = await openLab(server.url)
  })
  afterAll(async () => {
    await server?.remove()
  })

  async function database(): Promise<LabDatabase> {
    const db = await lab.database()
    onTestFinished(() => db.drop())
    return db
  }

  /**
   * Every fourth is a process of its own. To start them all would take most of the time, and few would be at the same point: those by the
   * API are all there at once.
   */
  function race(db: LabDatabase, folders: readonly string[]): Promise<Ended[]> {
    const share = inject('faultDepth') === 'every' ? 1 : 4
    return Promise.all(
      folders.map((cwd, n) =>
        n % share === 0
          ? runTool(db.url, ['up', '--lock-wait', '10min'], { cwd, limitMs: LIMIT_MS })
          : runInside(db.url, cwd, (sqlmig) => sqlmig.up(), { lockWait: 600_000 }),
      ),
    )
  }

  /** All of them ended well; the last one stands for the next clean run. */
  async function expectOneOfEach(db: LabDatabase, shape: Shape, runs: readonly Ended[], cwd: string) {
    expect(runs.filter(({ code }) => code !== 0).map(brief)).toEqual([])
    const world = await look(db.adminUrl)
    const { secrets } = lab
    expect(runs.flatMap((run) => falseClaims(run, world, shape, { secrets }))).toEqual([])
    expect(runs.map(({ stderr, stdout }) => stderr + stdout).join('')).not.toMatch(/40P01|23505|42P0[67]/)
    expect(await audit(lab, db, cwd, shape, runs.at(-1)!)).toEqual([])
  }

  describe('on an empty database', () => {
    it.each(inject('faultDepth') === 'every' ? [50, 100] : [100])(
      '%d runs at once apply each file once',
      async (count) => {
        const db = await database()
        const cwd = await migrationsFolder(TWO.files)
        const runs = await race(
          db,
          Array.from({ length: count }, () => cwd),
        )
        await expectOneOfEach(db, TWO, runs, cwd)
      },
    )

    it('40 runs at once with CREATE INDEX CONCURRENTLY do not wait for each other in a circle', async () => {
      const db = await database()
      const cwd = await migrationsFolder(JOURNALLED.files)
      const runs = await race(
        db,
        Array.from({ length: 40 }, () => cwd),
      )
      await expectOneOfEach(db, JOURNALLED, runs, cwd)
    })

    it.each(['repeatable read', 'serializable'])('20 runs at once where %s is the default', async (level) => {
      const db = await database()
      await withConnection(server.url, (sql) =>
        sql.unsafe(`alter database ${db.name} set default_transaction_isolation = '${level}'`),
      )
      const cwd = await migrationsFolder(TWO.files)
      const runs = await race(
        db,
        Array.from({ length: 20 }, () => cwd),
      )
      await expectOneOfEach(db, TWO, runs, cwd)
    })
  })

  it('runs of an old and of a new release: each file once, and the old ones end with 0 or 4', async () => {
    const parts = ['001', '002', '003', '004'].map((version) => inTransaction(version))
    const release = { old: shapeOf('old', ...parts.slice(0, 2)), new: shapeOf('new', ...parts) }
    const folder = {
      old: await migrationsFolder(release.old.files),
      new: await migrationsFolder(release.new.files),
    }
    const db = await database()
    const kinds = Array.from({ length: 20 }, (_, n) => (n % 3 === 0 ? ('old' as const) : ('new' as const)))
    const runs = await race(
      db,
      kinds.map((kind) => folder[kind]),
    )
    const world = await look(db.adminUrl)
    for (const [n, kind] of kinds.entries()) {
      const run = runs[n]!
      expect(kind === 'new' ? [0] : [0, 4], brief(run)).toContain(run.code)
      expect(falseClaims(run, world, release[kind], { secrets: lab.secrets })).toEqual([])
    }
    expect(await audit(lab, db, folder.new, release.new, runs[1]!)).toEqual([])
  })
})
