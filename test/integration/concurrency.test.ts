import { expect, it } from 'vitest'
import { runBinary } from '../support/binary.ts'
import { createProject, historyOf, isQuiet, type Project, pair, tablePair } from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const migrations = {
  ...tablePair('001_a'),
  ...pair('002_b', 'create table b (id int);\ninsert into b select generate_series(1, 1000);\n'),
  ...tablePair('003_c'),
}

async function runAll(project: Project, count: number): Promise<void> {
  const args = ['up', '--database', project.db.url, '--dir', project.folder, '--lock-wait', '3min']
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
