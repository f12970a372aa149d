import { describe, expect, it } from 'vitest'
import { deleteFiles, writeFiles } from '../support/folder.ts'
import { createProject, historyOf, pair, stepsOf, tablePair } from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

describe('what is irreversible', () => {
  it('stays so when its files are gone', async () => {
    const project = await createProject({
      '001_merge.up.sql': '-- sqlmig: irreversible rows are merged\ncreate table merged();\n',
      '001_merge.down.sql': '-- none\n',
    })
    await project.sqlmig.up()
    await deleteFiles(project.folder, '001_merge.up.sql', '001_merge.down.sql')
    const report = await project.sqlmig.down({ source: 'history' })
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'IRREVERSIBLE' } })
    expect(report.error?.message).toContain('rows are merged')
    expect(await historyOf(project.db)).toEqual(['applied 001'])
  })
})

describe('out of order', () => {
  it('is what redo applies again beneath a later one', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...tablePair('003_c') })
    await project.sqlmig.up()
    await writeFiles(project.folder, tablePair('002_b'))
    await project.sqlmig.up({ outOfOrder: 'allow' })
    await project.sqlmig.redo()
    const rows = await project.db
      .sql`select version, reason from sqlmig.history where event = 'applied' order by id`
    expect(rows.map((row) => row['reason'])).toEqual([null, null, 'out-of-order', 'out-of-order'])
  })

  it('does not stop goto, which takes the later one down first', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...tablePair('003_c') })
    await project.sqlmig.up()
    await writeFiles(project.folder, tablePair('002_b'))
    expect(stepsOf(await project.sqlmig.goto({ version: '002' }))).toEqual([
      'revert 003 done',
      'apply 002 done',
    ])
  })

  it('and a broken pending file does not stop the way down of goto', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b') })
    await project.sqlmig.up()
    await writeFiles(project.folder, { '004_d.up.sql': 'create table d();\n' })
    expect(stepsOf(await project.sqlmig.goto({ version: '001' }))).toEqual(['revert 002 done'])
    expect(await project.sqlmig.goto({ version: '004' })).toMatchObject({ exitCode: 4 })
  })
})

describe('without a transaction', () => {
  it('a statement that ends well in spite of an interrupt is recorded as done', async () => {
    const stubborn =
      'do $$ begin perform pg_sleep(20); exception when query_canceled then insert into seen values (1); end $$'
    const up = `-- sqlmig: no-transaction\ncreate table seen(id int);\n${stubborn};\nselect 1;\n`
    const project = await createProject(pair('001_a', up, '-- sqlmig: no-transaction\ndrop table seen;\n'))
    const abort = new AbortController()
    const running = project.with({ signal: abort.signal }).up()
    await waitFor(
      async () =>
        (
          await project.db.sql`select 1 from pg_stat_activity
      where datname = current_database() and wait_event = 'PgSleep'`
        ).length === 1,
    )
    abort.abort()
    expect(await running).toMatchObject({ exitCode: 130 })
    const events = await project.db.sql`select event, statement_no from sqlmig.history order by id`
    expect(events.map((row) => `${row['event']} ${row['statement_no']}`)).toEqual([
      'started 0',
      'statement 1',
      'done 1',
      'statement 2',
      'done 2',
    ])
  })
})

describe('durations', () => {
  it('in one transaction belong to each migration', async () => {
    const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b') })
    await project.sqlmig.up({ transactions: 'single' })
    const rows = await project.db.sql`select h.started_at > lag(h.finished_at) over (order by h.id) as follows
      from sqlmig.history h order by h.id`
    expect(rows.map((row) => row['follows'])).toEqual([null, true])
  })
})

describe('blockers', () => {
  it('are named within the lock timeout of the file itself', async () => {
    const files = pair(
      '001_a',
      '-- sqlmig: lock-timeout 400ms\nalter table held add column x int;\n',
      'select 1;\n',
    )
    const project = await createProject(files)
    await project.db.sql`create table held()`
    const report = await project.db.sql.begin(async (sql) => {
      await sql`lock table held in access exclusive mode`
      return project.sqlmig.up()
    })
    expect(report).toMatchObject({ exitCode: 1, error: { sqlstate: '55P03' } })
    expect(report.error?.hint).toMatch(/^the lock is held by process \d+/)
  })
})
