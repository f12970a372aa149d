import { expect, inject, it } from 'vitest'
import { pair, workspace } from '../support/cli.ts'

it('roundtrip says where sequences stand, which fails nothing, not even with --strict', async () => {
  const { run } = await workspace(
    {
      ...pair(
        '001',
        'a',
        'create table a (id serial, n int unique);\ninsert into a (n) values (1);',
        'drop table a;',
      ),
      ...pair(
        '002',
        'seed',
        "insert into a values (101, 2);\nselect nextval('a_id_seq'), nextval('a_id_seq');",
        'delete from a where n = 2;',
      ),
    },
    { env: { DATABASE_URL: inject('serverUrl'), SQLMIG_SCRATCH: 'server' } },
  )
  const { code, report } = await run('roundtrip --mode each --strict --json')
  expect([code, report.ok, report.findings]).toEqual([0, true, []])
  const [first, second] = report.roundtrip?.proofs ?? []
  const keys = ['downMs', 'durationMs', 'file', 'name', 'redoMs', 'upMs', 'verdict', 'version']
  expect(Object.keys(first ?? {}).toSorted()).toEqual(keys)
  expect(Object.keys(second ?? {}).toSorted()).toEqual([...keys, 'sequences'].toSorted())
  expect(second).toMatchObject({
    verdict: 'passed',
    sequences: [{ name: 'public.a_id_seq', before: '1', after: '3' }],
  })
  const { stdout } = await run('roundtrip --mode each --strict')
  expect(stdout).toMatch(/✓ 002 seed .*\n {2}sequence public\.a_id_seq stands at 3, before at 1\n/)
})
