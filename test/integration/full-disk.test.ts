import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmdirSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type OwnServer, startOwnServer } from '../faults/own-server.ts'
import { runBinary } from '../support/binary.ts'
import { withConnection } from '../support/connect.ts'
import { createTestDatabase } from '../support/database.ts'
import { migrationsFolder } from '../support/folder.ts'
import { bindProject, type Project, pair, snapshot, tablePair } from '../support/sqlmig.ts'

function tool(name: string, args: readonly string[]): void {
  execFileSync(name, args, { stdio: 'ignore' })
}

/** A file system of a few megabytes takes the right to mount one, which a container or another system may not give. */
function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'sqlmig-mount-'))
  try {
    tool('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
    tool('umount', [folder])
    return true
  } catch {
    return false
  } finally {
    rmdirSync(folder)
  }
}

const filling =
  'create table big (body text) tablespace tiny;\ninsert into big select repeat(md5(i::text), 20) from generate_series(1, 20000) i;\n'

describe.skipIf(!mayMount())('a disk that is full', () => {
  let server: OwnServer
  let disk: string
  beforeAll(async () => {
    server = await startOwnServer()
    disk = await mkdtemp(join(tmpdir(), 'sqlmig-tiny-'))
    tool('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk])
    await withConnection(server.url, async (sql) => {
      const [row] = await sql`show data_directory`
      const { uid, gid } = await stat(String(row?.['data_directory']))
      await chown(disk, uid, gid)
      await chmod(disk, 0o700)
      await sql.unsafe(`create tablespace tiny location '${disk}'`)
    })
  })
  afterAll(async () => {
    await server?.remove()
    tool('umount', [disk])
    await rm(disk, { recursive: true, force: true })
  })

  async function project(files: Record<string, string>): Promise<Project> {
    return bindProject(await createTestDatabase({ server: server.url }), await migrationsFolder(files))
  }

  const up = async ({ db, folder }: Project) => {
    const run = await runBinary(['up', '--json', '-d', db.url, '--dir', folder], { cwd: folder })
    expect(run.stderr).not.toMatch(/node_modules|\n\s+at /)
    return { code: run.code, report: JSON.parse(run.stdout) }
  }

  it('while a file writes leaves nothing of it, and the run goes on when there is room', async () => {
    const made = await project({ ...tablePair('001_a'), ...pair('002_big', filling), ...tablePair('003_c') })
    const first = await up(made)
    expect(first).toMatchObject({
      code: 1,
      report: {
        error: {
          code: 'STATEMENT_FAILED',
          sqlstate: '53100',
          location: { file: '002_big.up.sql', line: 2 },
          consequence: 'Nothing of 002 big was applied. 001 stays applied.',
        },
        steps: [{ status: 'done' }, { status: 'failed' }, { status: 'not-run' }],
      },
    })
    const { catalog, history } = await snapshot(made.db)
    expect(history).toEqual(['applied 001'])
    expect(catalog.join()).not.toContain('big')
    tool('mount', ['-o', 'remount,size=64m', disk])
    expect(await up(made)).toMatchObject({ code: 0 })
    expect((await snapshot(made.db)).history).toEqual(['applied 001', 'applied 002', 'applied 003'])
    expect((await made.sqlmig.down({ to: { kind: 'all' } })).exitCode).toBe(0)
    tool('mount', ['-o', 'remount,size=2m', disk])
  })

  it('when the row of the history is to be written takes the migration back', async () => {
    const wide = `-- ${'x'.repeat(20)}\ncreate table b ();\n`
    const made = await project({ ...tablePair('001_a'), ...pair('002_b', wide) })
    expect((await made.sqlmig.up({ to: { kind: 'steps', count: 1 } })).exitCode).toBe(0)
    await made.db.sql`alter table sqlmig.history set tablespace tiny`
    // Blocks that the table has are free for rows; only a row that needs new ones meets the end of the disk.
    const random = Array.from({ length: 4000 }, (_, i) => `-- ${Math.sin(i)}${Math.cos(i)}`).join('\n')
    await writeFile(join(made.folder, '002_b.up.sql'), `${random}\ncreate table b ();\n`)
    const before = await snapshot(made.db)
    await writeFile(join(disk, 'ballast'), Buffer.alloc(4_000_000)).catch(() => {})
    const failed = await up(made)
    expect(failed).toMatchObject({ code: 1, report: { error: { code: 'HISTORY_WRITE_FAILED' } } })
    expect(failed.report.error.message).toContain('53100')
    expect(failed.report.error.consequence).toBe('Nothing of 002 b was applied.')
    expect(await snapshot(made.db)).toEqual(before)
    await rm(join(disk, 'ballast'))
    expect(await up(made)).toMatchObject({ code: 0 })
    expect((await made.sqlmig.verify()).exitCode).toBe(0)
  })
})
