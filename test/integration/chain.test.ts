import { describe, expect, it } from 'vitest'
import { createProject, errorCodes, type Project, snapshot, tablePair } from '../support/sqlmig.ts'

async function threeRows(): Promise<Project> {
  const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b'), ...tablePair('003_c') })
  await project.sqlmig.up({ to: { kind: 'version', version: '002' } })
  await project.sqlmig.up({ to: { kind: 'version', version: '003' } })
  await project.sqlmig.down()
  return project
}

async function tamper({ db }: Project, sql: string): Promise<void> {
  await db.sql.unsafe(`alter table sqlmig.history disable trigger all; ${sql};
    alter table sqlmig.history enable always trigger append_only_rows;
    alter table sqlmig.history enable always trigger append_only_table`)
}

describe('a history that somebody rewrote', () => {
  it.each([
    ['a checksum', "update sqlmig.history set up_checksum = 'v1:' || repeat('0', 64) where id = 2"],
    ['a name', "update sqlmig.history set name = 'other' where id = 1"],
    ['a version', "update sqlmig.history set version = '0002' where id = 2"],
    ['the actor', "update sqlmig.history set actor = 'nobody' where id = 1"],
    ['the stored SQL', "update sqlmig.history set up_sql = 'select 1' where id = 1"],
    ['stored SQL that is gone', 'update sqlmig.history set down_sql = null where id = 1'],
    ['an event', "update sqlmig.history set event = 'applied' where id = 4"],
    ['a missing row in the middle', 'delete from sqlmig.history where id = 2'],
    ['a missing first row', 'delete from sqlmig.history where id = 1'],
    [
      'swapped rows',
      `alter table sqlmig.history alter id drop identity; update sqlmig.history set id = case id when 1 then 2 else 1 end + 100 where id in (1, 2);
      update sqlmig.history set id = id - 100 where id > 100`,
    ],
    [
      'a forged row at the end',
      `insert into sqlmig.history (event, version, name, attempt, transactional, tool_version, prev_hash, hash)
      select 'applied', '003', 'c', gen_random_uuid(), true, '1', hash, 'v1:' || repeat('a', 64) from sqlmig.history order by id desc limit 1`,
    ],
    [
      'a row that hangs on nothing',
      `insert into sqlmig.history (event, version, name, attempt, transactional, tool_version, prev_hash, hash)
      values ('applied', '003', 'c', gen_random_uuid(), true, '1', 'genesis:1:' || repeat('a', 32), 'v1:' || repeat('a', 64))`,
    ],
  ])('is found and stops every run: %s', async (_what, sql) => {
    const project = await threeRows()
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
    await tamper(project, sql)
    const before = await snapshot(project.db)
    for (const command of ['up', 'verify', 'status', 'down', 'history'] as const) {
      const report = await project.sqlmig[command]()
      expect(report.exitCode).toBe(4)
      expect(errorCodes(report)).toContain('CHAIN_BROKEN')
    }
    expect(await snapshot(project.db)).toEqual(before)
  })

  it('is not seen when its tail was cut off, but the head has changed', async () => {
    const project = await threeRows()
    const { target } = await project.sqlmig.status()
    await tamper(project, 'delete from sqlmig.history where id >= 3')
    const after = await project.sqlmig.status()
    expect(after.exitCode).toBe(0)
    expect(after.target?.head).not.toBe(target?.head)
  })

  it('cannot be rewritten as long as the triggers are there', async () => {
    const project = await threeRows()
    for (const sql of [
      'delete from sqlmig.history',
      'truncate sqlmig.history',
      "update sqlmig.history set name = 'x'",
    ])
      await expect(project.db.sql.unsafe(`set session_replication_role = replica; ${sql}`)).rejects.toThrow(
        'append-only',
      )
  })
})

describe('two databases', () => {
  it('have different chains of the same migrations', async () => {
    const [one, two] = [await threeRows(), await threeRows()]
    const heads = [(await one.sqlmig.status()).target?.head, (await two.sqlmig.status()).target?.head]
    expect(heads[0]).toMatch(/^v1:[0-9a-f]{64}$/)
    expect(heads[0]).not.toBe(heads[1])
  })
})
