import { describe, expect, it } from 'vitest'
import { foldHistory } from '../../src/core/history.ts'
import { reconcile } from '../../src/core/reconcile.ts'
import { explainEdits } from '../../src/engine/explain-edits.ts'
import type { HistoryStore, Session } from '../../src/ports.ts'
import { applied, chain } from './history-values.ts'
import { migration } from './values.ts'

/** What is said of an up that was edited; nothing but the recorded SQL is asked for. */
async function explain(before: string, after: string) {
  const { edits } = reconcile(
    [migration('001', 'seed', after)],
    foldHistory(chain(applied(migration('001', 'seed', before)))),
  )
  const history: Pick<HistoryStore, 'recordedSql'> = {
    recordedSql: async (_session, ids) => new Map(ids.map((id) => [id, { up: before, down: null }])),
  }
  const [found] = await explainEdits(edits, history as HistoryStore, {} as Session)
  return found
}

const seed = (value: string, lines = 12_000) =>
  Array.from({ length: lines }, (_, at) => `insert into t values (${at}, '${value}');\n`).join('')

describe('an edit', () => {
  it('of a few lines is shown whole', async () => {
    const found = await explain('select 1;\nselect 2;\n', 'select 1;\nselect 3;\n')
    expect(found?.location).toEqual({ file: '001_seed.up.sql', line: 2 })
    expect(found?.facts?.['diff']).toContain(' select 1;\n-select 2;\n+select 3;\n')
  })

  it('of too many lines is shown by the first of them', async () => {
    const found = await explain(`-- seed\n${seed('a')}`, `-- seed\n${seed('b')}`)
    expect(found?.location).toEqual({ file: '001_seed.up.sql', line: 2 })
    expect(found?.facts?.['diff']).toBe(
      [
        '--- 001_seed.up.sql as applied',
        '+++ 001_seed.up.sql',
        '@@ -2 +2 @@',
        "-insert into t values (0, 'a');",
        "+insert into t values (0, 'b');",
        '\\ More lines differ, too many to show.\n',
      ].join('\n'),
    )
  })

  it.each([
    ['added', '-- a\n', `-- a\n${seed('b')}`, "+insert into t values (0, 'b');"],
    ['removed', `-- a\n${seed('b')}`, '-- a\n', "-insert into t values (0, 'b');"],
  ])('of too many lines that were %s at the end has only one side', async (_what, before, after, line) => {
    const found = await explain(before, after)
    expect(found?.location?.line).toBe(2)
    expect(String(found?.facts?.['diff']).split('\n').slice(2)).toEqual([
      '@@ -2 +2 @@',
      line,
      '\\ More lines differ, too many to show.',
      '',
    ])
  })
})
