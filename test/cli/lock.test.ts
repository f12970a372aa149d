import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { pair, THREE, type Workspace, workspace } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { deleteFiles, writeFiles } from '../support/folder.ts'

const lockOf = ({ cwd }: Workspace) => readFile(join(cwd, 'sql/sqlmig.lock'), 'utf8')
const linesOf = async (ws: Workspace) =>
  (await lockOf(ws))
    .split('\n')
    .flatMap((line) => (/^(?:\d|head)/.test(line) ? [line.split(' ').slice(0, 2).join(' ')] : []))

async function project(): Promise<Workspace> {
  const db = await createTestDatabase()
  return workspace(THREE, { env: { DATABASE_URL: db.url } })
}

describe('lock', () => {
  it('writes a line for each migration, without a database', async () => {
    const ws = await workspace(THREE)
    const made = await ws.run('lock')
    expect(made).toMatchObject({ code: 0, stdout: 'wrote sql/sqlmig.lock\n', stderr: '' })
    expect(await linesOf(ws)).toEqual(['001 create_a', '002 create_b', '003 create_c'])
    expect(await ws.run('lock')).toMatchObject({
      code: 0,
      stdout: 'nothing to do: the lock file is as the folder is\n',
    })
    expect((await ws.run('lock --json')).report).toMatchObject({ command: 'lock', ok: true, files: [] })
  })

  it('is kept by new, where there is one', async () => {
    const ws = await workspace(THREE)
    await ws.run('new add_d')
    await expect(lockOf(ws)).rejects.toThrow('ENOENT')
    await ws.run('lock')
    await ws.run('new add_e')
    expect((await linesOf(ws)).slice(-2)).toEqual(['004 add_d', '005 add_e'])
  })

  it('stops every run that finds the folder otherwise, until it is written anew', async () => {
    const ws = await project()
    await ws.run('lock')
    expect((await ws.run('up --steps 1')).code).toBe(0)
    await writeFiles(ws.cwd, {
      'sql/003_create_c.up.sql': 'create table c (id bigint);\n',
      ...pair('004', 'd', 'select 1;\n', 'select 1;\n'),
    })
    for (const command of ['up', 'status', 'verify', 'plan']) {
      const { code, report } = await ws.run(`${command} --json`)
      expect([command, code]).toEqual([command, 4])
      expect(
        report.findings.map((finding) => [finding.code, finding.version, finding.facts?.['problem']]),
      ).toEqual([
        ['LOCKFILE_MISMATCH', '003', 'up'],
        ['LOCKFILE_MISMATCH', '004', 'line-missing'],
      ])
    }
    // What is wrong with files that were never applied is no reason not to go back.
    expect((await ws.run('down --dry-run')).code).toBe(0)
    await ws.run('lock')
    expect((await ws.run('up')).code).toBe(0)
    await deleteFiles(`${ws.cwd}/sql`, '004_d.up.sql', '004_d.down.sql')
    expect((await ws.run('down')).code).toBe(4)
    expect((await ws.run('down --from-history')).code).toBe(0)
  })

  it('makes a merge conflict of two branches an error', async () => {
    const ws = await project()
    await ws.run('lock')
    const text = await lockOf(ws)
    await writeFile(
      join(ws.cwd, 'sql/sqlmig.lock'),
      `${text}<<<<<<< ours\n004 x v1:ab -\n=======\n004 y v1:ab -\n>>>>>>> theirs\n`,
    )
    const { code, stderr } = await ws.run('up')
    expect(code).toBe(4)
    expect(stderr).toContain('error LOCKFILE_INVALID: sqlmig.lock holds a merge conflict\n  at sqlmig.lock:5')
    await ws.run('lock')
    expect(await lockOf(ws)).toBe(text)
  })

  it('pins the head of one database when it is asked to, and keeps it', async () => {
    const ws = await project()
    const empty = await ws.run('lock --with-head')
    expect(empty.code).toBe(2)
    expect(empty.stderr).toContain('there is no head to pin')
    await ws.run('up --steps 2')
    const { head } = (await ws.run('status --json')).report.target ?? {}
    expect(await ws.run('lock --with-head')).toMatchObject({ code: 0, stderr: '' })
    expect(await lockOf(ws)).toContain(`\nhead ${head}\n`)
    expect((await ws.run('up')).code).toBe(0)
    await ws.run('lock')
    expect(await lockOf(ws)).toContain(`\nhead ${head}\n`)
    const verified = await ws.run('verify')
    expect(verified.code).toBe(0)
    expect(verified.stdout).toContain(
      'the pinned head (sqlmig.lock) is in the chain, 1 row before its end: nothing up to it is lost',
    )
    const other = await createTestDatabase()
    const elsewhere = await ws.run(['up', '-d', other.url])
    expect(elsewhere.code).toBe(4)
    expect(elsewhere.stderr).toContain('HEAD_MISMATCH')
    await ws.run('lock --without-head')
    expect(await lockOf(ws)).not.toContain('\nhead ')
    expect((await ws.run(['up', '-d', other.url])).code).toBe(0)
  })
})

describe('verify', () => {
  it('says what it proves and what it does not, and takes a head', async () => {
    const ws = await project()
    await ws.run('up')
    const { head = '' } = (await ws.run('verify --json')).report.target ?? {}
    const plain = await ws.run('verify')
    expect(plain.stdout).toContain('\nproven: no row was changed, taken out, swapped or slipped in')
    expect(plain.stdout).toContain('\nnot proven: that its end was not cut off')
    const pinned = await ws.run(['verify', '--head', head ?? ''])
    expect(pinned).toMatchObject({ code: 0, stderr: '' })
    expect(pinned.stdout).toContain('\nthe head is the one that was pinned (--head): the history is whole\n')
    expect(pinned.stdout).not.toContain('not proven')
    expect((await ws.run('status')).stdout).toContain(`\nhistory head ${head}\n`)
    const wrong = await ws.run(['verify', '--head', `v1:${'0'.repeat(64)}`])
    expect(wrong.code).toBe(4)
    expect(wrong.stderr).toContain('error HEAD_MISMATCH: sqlmig.history does not contain the pinned head')
    const bad = await ws.run('verify --head abc')
    expect(bad.code).toBe(2)
    expect(bad.stderr).toContain('is not a head')
  })
})
