import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { pair, type Workspace, workspace } from '../support/cli.ts'

const onServer = (files: Parameters<typeof workspace>[0]) =>
  workspace(files, { env: { DATABASE_URL: inject('serverUrl'), SQLMIG_SCRATCH: 'server' } })

describe('a draft', () => {
  const files = {
    'sql/001_users.up.sql':
      "create type mood as enum ('x');\ncreate table users (id int primary key, m mood);\ncreate view v as select * from users;\n",
    ...pair('002', 'seed', "insert into users values (1, 'x');\n", '-- to be written\n'),
    ...pair('003', 'more', 'alter table users add n text;\n', 'alter table users drop n;\n'),
  }
  const down = ({ cwd }: Workspace, name: string) => readFile(join(cwd, 'sql', name), 'utf8')

  it('is written where the down is missing or blank, and is proven', async () => {
    const place = await onServer(files)
    const first = await place.run('draft 1 --json')
    expect(first.report).toMatchObject({ command: 'draft', ok: true, exitCode: 0, findings: [] })
    expect(first.report.files).toEqual([join(place.cwd, 'sql', '001_users.down.sql')])
    const text = await down(place, '001_users.down.sql')
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('--'))).toEqual([
      'DROP VIEW v;',
      'DROP TABLE users;',
      'DROP TYPE mood;',
    ])
    expect(text).toMatch(/-- LOSES DATA: whatever public\.users holds by then is gone\.\nDROP TABLE users;/)
    const second = await place.run('new --down-for 002')
    expect(second.code).toBe(0)
    expect(second.stdout + second.stderr).toContain('002_seed.down.sql')
    expect(await down(place, '002_seed.down.sql')).toMatch(/^-- to be written\n[\s\S]*DELETE FROM users/)
    expect((await place.run('roundtrip')).code).toBe(0)
  })

  it('is refused where the down has statements, or there is nothing to draft', async () => {
    const place = await onServer({
      ...files,
      'sql/001_users.up.sql': 'create table users (id int, m int);',
      'sql/004_n.up.sql': 'select 1;',
    })
    const before = await down(place, '003_more.down.sql')
    const refused = await place.run('draft 3')
    expect(refused.code).toBe(2)
    expect(refused.stderr).toContain('003_more.down.sql')
    expect(await down(place, '003_more.down.sql')).toBe(before)
    expect((await place.run('new --down-for 003')).code).toBe(2)
    const unknown = await place.run('draft 9')
    expect(unknown.code).toBe(2)
    expect(unknown.stderr).toContain('there is no migration 9')
    const nothing = await place.run('draft 4')
    expect(nothing.code).not.toBe(0)
    await expect(down(place, '004_n.down.sql')).rejects.toThrow('ENOENT')
  })

  it('names rows by what is the same in every database, and refreshes materialized views last', async () => {
    const place = await onServer({
      ...pair(
        '001',
        'users',
        'create table users (id int primary key, n text, at timestamptz default clock_timestamp());\ncreate materialized view m as select id, now() as read from users;\n',
        'drop materialized view m;\ndrop table users;\n',
      ),
      'sql/002_seed.up.sql': "insert into users values (1, 'x');\nrefresh materialized view m;\n",
    })
    expect((await place.run('draft 2')).code).toBe(0)
    const text = await down(place, '002_seed.down.sql')
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('--'))).toEqual([
      `DELETE FROM users WHERE "id" = '1' AND "n" = 'x';`,
      'REFRESH MATERIALIZED VIEW m;',
    ])
    expect((await place.run('roundtrip')).code).toBe(0)
  })

  it('is not written where it does not bring everything back', async () => {
    const place = await onServer({
      ...pair('001', 'a', 'create table a (x int, y int);\n', 'drop table a;\n'),
      'sql/002_lost.up.sql': 'insert into a select g, g from generate_series(1, 1500) g;\n',
    })
    const { code, report } = await place.run('draft 2 --json')
    expect(code).toBe(6)
    expect(report.findings.map((finding) => finding.code)).toEqual(['ROUNDTRIP_DATA'])
    await expect(down(place, '002_lost.down.sql')).rejects.toThrow('ENOENT')
  })

  it('tells of an up that fails as up does, with its place', async () => {
    const place = await onServer({
      'sql/001_a.up.sql': 'create table a (id int);\ncreate table b (x nope);\n',
    })
    const { code, stderr } = await place.run('draft 1')
    expect(code).toBe(1)
    expect(stderr).toContain('001_a.up.sql:2')
    expect(stderr).toContain('nope')
  })
})
