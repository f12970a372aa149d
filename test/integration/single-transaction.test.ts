import { describe, expect, it } from 'vitest'
import { writeFiles } from '../support/folder.ts'
import { createProject, historyOf, pair, snapshot, stepsOf, tablePair } from '../support/sqlmig.ts'

describe('one transaction for all', () => {
  it('applies and reverts them', async () => {
    const project = await createProject({
      ...tablePair('001_a'),
      ...tablePair('002_b'),
      ...tablePair('003_c'),
    })
    const report = await project.sqlmig.up({ transactions: 'single' })
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 done', 'apply 003 done'])
    const rows = await project.db.sql`select distinct xid from sqlmig.history`
    expect(rows).toHaveLength(1)
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
    expect(report.migrations.map(({ state }) => state)).toEqual(['applied', 'applied', 'applied'])
  })

  it('leaves nothing of any when one fails, and can go on', async () => {
    const project = await createProject({
      ...tablePair('001_a'),
      ...tablePair('002_b'),
      ...pair('003_c', 'select 1/0;\n'),
      ...tablePair('004_d'),
    })
    const report = await project.sqlmig.up({ transactions: 'single' })
    expect(report).toMatchObject({ exitCode: 1, error: { location: { file: '003_c.up.sql', line: 1 } } })
    expect(report.error?.consequence).toContain('nothing was applied')
    expect(stepsOf(report).filter((step) => step.endsWith('done'))).toEqual([])
    expect(stepsOf(report)[2]).toBe('apply 003 failed')
    const { catalog, history } = await snapshot(project.db)
    expect(history).toEqual([])
    expect(catalog.filter((line) => line.startsWith('relation'))).toEqual([])
    await writeFiles(project.folder, tablePair('003_c'))
    expect(await project.sqlmig.up({ transactions: 'single' })).toMatchObject({ ok: true })
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('is refused with a file that cannot be in one', async () => {
    const project = await createProject({
      ...tablePair('001_a'),
      ...pair('002_b', '-- sqlmig: no-transaction\nvacuum a;\n', 'select 1;\n'),
    })
    const report = await project.sqlmig.up({ transactions: 'single' })
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'SINGLE_TRANSACTION_IMPOSSIBLE' } })
    expect(report.error?.message).toContain('002_b.up.sql')
    expect(await historyOf(project.db)).toEqual([])
    expect(
      stepsOf(await project.sqlmig.up({ transactions: 'single', to: { kind: 'version', version: '001' } })),
    ).toEqual(['apply 001 done'])
  })

  it('cannot use an enum value in the file after the one that adds it, and says why', async () => {
    const files = {
      ...pair('001_mood', "create type mood as enum ('ok');\n", 'drop type mood;\n'),
      ...pair(
        '002_sad',
        "alter type mood add value 'sad';\n",
        '-- sqlmig: allow nothing really\nselect 1;\n',
      ),
      ...pair('003_use', "create table use (m mood default 'sad');\n"),
    }
    const project = await createProject(files)
    await project.sqlmig.up({ to: { kind: 'version', version: '001' } })
    const report = await project.sqlmig.up({ transactions: 'single' })
    expect(report.error).toMatchObject({ sqlstate: '55P04', location: { file: '003_use.up.sql', line: 1 } })
    expect(report.error?.hint).toContain('next migration')
    expect(await historyOf(project.db)).toEqual(['applied 001'])
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
  })

  it('has the constraints of each file deferred as they were declared', async () => {
    const project = await createProject({
      ...pair(
        '001_tables',
        `create table parent (id int primary key);
create table child (id int references parent deferrable initially deferred, n int unique deferrable);
create table "Odd child" (id int constraint "Odd ""name""" references parent deferrable initially deferred);
insert into child values (1); insert into parent values (1);
`,
        'drop table child, "Odd child", parent;\n',
      ),
      ...pair(
        '002_rows',
        'insert into child values (2); insert into "Odd child" values (2); insert into parent values (2);\n',
        'select 1;\n',
      ),
      ...pair(
        '003_new',
        'create table late (id int references parent deferrable initially deferred);\ninsert into late values (3); insert into parent values (3);\n',
        'drop table late;\n',
      ),
    })
    const report = await project.sqlmig.up({ transactions: 'single' })
    expect(report.error).toBeUndefined()
    expect(report.ok).toBe(true)
  })

  it('tells the file whose deferred constraint fails, not the last one', async () => {
    const project = await createProject({
      ...pair(
        '001_tables',
        'create table parent (id int primary key);\ncreate table child (id int references parent deferrable initially deferred);\n',
        'drop table child, parent;\n',
      ),
      ...pair('002_rows', 'insert into child values (2);\n', 'select 1;\n'),
      ...tablePair('003_c'),
    })
    const report = await project.sqlmig.up({ transactions: 'single' })
    expect(report.error).toMatchObject({ sqlstate: '23503', location: { file: '002_rows.up.sql' } })
    expect(await historyOf(project.db)).toEqual([])
  })
})
