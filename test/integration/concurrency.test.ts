import { expect, it } from 'vitest'
import { runBinary } from '../support/binary.ts'
import { migrationsFolder } from '../support/folder.ts'
import {
  bindProject,
  createProject,
  historyOf,
  isQuiet,
  type Project,
  pair,
  tablePair,
} from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const migrations = {
  ...tablePair('001_a'),
  ...pair('002_b', 'create table b (id int);\ninsert into b select generate_series(1, 1000);\n'),
  ...tablePair('003_c'),
}

/** So many processes at once can keep each other, and the server, from an answer for longer than a connection usually waits. */
function patient(url: string): string {
  const patiently = new URL(url)
  patiently.searchParams.set('connect_timeout', '120')
  return patiently.href
}

async function runAll(project: Project, count: number): Promise<void> {
  const database = patient(project.db.url)
  const args = ['up', '--database', database, '--dir', project.folder, '--lock-wait', '3min']
  const runs = await Promise.all(
    Array.from({ length: count }, () => runBinary(args, { cwd: project.folder })),
  )
  const failed = runs.filter(({ code }) => code !== 0)
  expect(failed).toEqual([])
  expect(runs.map(({ stderr, stdout }) => stderr + stdout).join('')).not.toMatch(
    /node_modules|40P01|unhandled/i,
  )
}

it('fifty processes on an empty database apply each migration once', async () => {
  const project = await createProject(migrations)
  await runAll(project, 50)
  expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002', 'applied 003'])
  expect(await project.db.sql`select count(*)::int as n from b`).toMatchObject([{ n: 1000 }])
  expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  await waitFor(() => isQuiet(project.db.sql))
}, 180_000)

it('twenty processes with CREATE INDEX CONCURRENTLY do not wait for each other in a circle', async () => {
  const project = await createProject({
    ...migrations,
    ...pair(
      '004_index',
      '-- sqlmig: no-transaction\ncreate index concurrently b_id on b (id);\n',
      '-- sqlmig: no-transaction\ndrop index concurrently b_id;\n',
    ),
    ...tablePair('005_e'),
  })
  await runAll(project, 20)
  const rows = await historyOf(project.db)
  expect(rows).toEqual([
    'applied 001',
    'applied 002',
    'applied 003',
    'started 004',
    'statement 004 1',
    'done 004 1',
    'applied 004',
    'applied 005',
  ])
  const [index] = await project.db.sql`select indisvalid from pg_index where indexrelid = 'b_id'::regclass`
  expect(index?.['indisvalid']).toBe(true)
}, 180_000)

it('up and down of several runs in one process never overlap', async () => {
  const project = await createProject(migrations)
  const calls = Array.from({ length: 12 }, (_, i) =>
    i % 3 === 2 ? project.with({}).down({ to: { kind: 'all' } }) : project.with({}).up(),
  )
  const reports = await Promise.all(calls)
  expect(reports.map(({ error }) => error).filter((error) => error !== undefined)).toEqual([])
  expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
})

it.each(['repeatable read', 'serializable'])(
  'runs of a database whose default isolation is %s see what the one before them did',
  async (level) => {
    const project = await createProject(migrations)
    await project.db.sql.unsafe(
      `alter database "${project.db.name}" set default_transaction_isolation = '${level}'`,
    )
    const reports = await Promise.all(Array.from({ length: 12 }, () => project.with({}).up()))
    expect(reports.map(({ exitCode }) => exitCode)).toEqual(reports.map(() => 0))
    expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002', 'applied 003'])
    expect(await project.db.sql`select count(*)::int as n from b`).toMatchObject([{ n: 1000 }])
  },
)

it('an older and a newer release that start together apply nothing twice', async () => {
  const older = await createProject(tablePair('001_a'))
  const newer = bindProject(older.db, await migrationsFolder(migrations))
  const runs = Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? older : newer).with({}).up())
  const reports = await Promise.all(runs)
  for (const [i, { exitCode, findings }] of reports.entries()) {
    // The old release either came first, or is told that it lacks files of what is applied.
    if (i % 2 === 1 || exitCode === 0) expect([i, exitCode]).toEqual([i, 0])
    else
      expect([exitCode, new Set(findings.map(({ code }) => code))]).toEqual([
        4,
        new Set(['MIGRATION_MISSING']),
      ])
  }
  expect(await historyOf(older.db)).toEqual(['applied 001', 'applied 002', 'applied 003'])
  expect(await newer.sqlmig.verify()).toMatchObject({ exitCode: 0 })
})
