import { describe, expect, it } from 'vitest'
import { THREE, type Workspace, workspace } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { deleteFiles } from '../support/folder.ts'

type Project = Workspace & { readonly db: TestDatabase }

async function project(): Promise<Project> {
  const db = await createTestDatabase()
  return Object.assign(await workspace(THREE, { env: { DATABASE_URL: db.url } }), { db })
}

/** The tables of the three migrations that are there. */
async function tables({ db }: Project): Promise<string> {
  const rows =
    await db.sql`select relname from pg_class where relnamespace = 'public'::regnamespace order by 1`
  return rows.map((row) => String(row['relname'])).join('')
}

async function ok(ws: Workspace, line: string): Promise<string> {
  const { code, stdout, stderr } = await ws.run(line)
  expect({ line, code, stderr }).toEqual({ line, code: 0, stderr: '' })
  return stdout
}

describe('up, down, redo and goto', () => {
  it('go as far as they are told', async () => {
    const ws = await project()
    await ok(ws, 'up --steps 1')
    expect(await tables(ws)).toBe('a')
    await ok(ws, 'up --to 2')
    expect(await tables(ws)).toBe('ab')
    await ok(ws, 'up')
    expect(await tables(ws)).toBe('abc')
    await ok(ws, 'down')
    expect(await tables(ws)).toBe('ab')
    await ok(ws, 'goto 003')
    expect(await tables(ws)).toBe('abc')
    await ok(ws, 'redo --steps 2')
    expect(await tables(ws)).toBe('abc')
    await ok(ws, 'down --to 001')
    expect(await tables(ws)).toBe('a')
    await ok(ws, 'goto 0')
    expect(await tables(ws)).toBe('')
    await ok(ws, 'up --single-transaction')
    expect(await tables(ws)).toBe('abc')
    await ok(ws, 'down --steps 2')
    expect(await tables(ws)).toBe('a')
  })

  it('print a line for each step and a summary on stdout', async () => {
    const ws = await project()
    expect((await ok(ws, 'up')).replace(/\d+ ms|\d+\.\d s/g, 'N')).toBe(
      `✓ applied  001 create_a  N
✓ applied  002 create_b  N
✓ applied  003 create_c  N
3 applied in N · ${ws.db.name}, ${await server(ws)}
history head ${await head(ws)}
`,
    )
    expect(await ok(ws, 'redo')).toMatch(/^✓ reverted 003 .*\n✓ applied {2}003 .*\n1 reverted, 1 applied in /)
    expect(await ok(ws, 'up')).toBe(`nothing to do · ${ws.db.name}, ${await server(ws)}\n`)
    await ok(ws, 'down --to 0')
    expect(await ok(ws, 'down')).toMatch(/^nothing to do/)
  })

  it('run nothing with --dry-run', async () => {
    const ws = await project()
    expect(await ok(ws, 'up --dry-run')).toBe(
      'apply  001  create_a\napply  002  create_b\napply  003  create_c\n3 steps; nothing was run\n',
    )
    expect(await ws.db.sql`select to_regnamespace('sqlmig') as made`).toEqual([{ made: null }])
    await ok(ws, 'up --to 002')
    for (const line of [
      'up --dry-run',
      'down --dry-run',
      'down --all --dry-run',
      'redo --dry-run',
      'goto 003 --dry-run',
      'plan',
    ]) {
      const { code, report } = await ws.run(`${line} --json`)
      expect([line, code, report.dryRun]).toEqual([line, 0, true])
      expect(report.steps.map(({ status }) => status)).not.toContain('done')
      expect(report.steps).not.toHaveLength(0)
      expect(await tables(ws)).toBe('ab')
    }
  })

  it('down --from-history reverts what this checkout has no files of', async () => {
    const ws = await project()
    await ok(ws, 'up')
    await deleteFiles(`${ws.cwd}/sql`, '003_create_c.up.sql', '003_create_c.down.sql')
    const refused = await ws.run('down')
    expect(refused.code).toBe(4)
    expect(refused.stderr).toContain('MIGRATION_MISSING')
    expect(refused.stderr).toContain('sqlmig down --from-history')
    expect((await ws.run('down --from-history')).code).toBe(0)
    expect(await tables(ws)).toBe('ab')
  })
})

describe('plan, status, history and verify', () => {
  it('show what is and write nothing', async () => {
    const ws = await project()
    for (const line of ['plan', 'status', 'history', 'verify']) await ok(ws, line)
    expect(await ws.db.sql`select to_regnamespace('sqlmig') as made`).toEqual([{ made: null }])
    await ok(ws, 'up --steps 1')
    expect(await ok(ws, 'status')).toMatch(
      /^✓ applied {2}001 {2}create_a {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC {2}\d+ ms\n· pending {2}002 {2}create_b\n· pending {2}003 {2}create_c\n1 applied, 2 pending · /,
    )
    expect(await ok(ws, 'history')).toMatch(
      /^1 {2}.* applied {2}001 {2}create_a {2}postgres\nhistory head v1:/,
    )
    expect(await ok(ws, 'verify')).toMatch(/^✓ 3 migrations verified: files, history and chain agree\n/)
  })

  it('say so when there is nothing', async () => {
    const ws = await project()
    await ok(ws, 'up')
    expect(await ok(ws, 'plan')).toBe('nothing to do\n')
    await ok(ws, 'down --all --yes')
    expect((await ws.run('history --json')).report.events).toHaveLength(6)
    const empty = await workspace({ 'sql/x': '' }, { env: { DATABASE_URL: ws.db.url } })
    for (const line of ['up', 'plan', 'status']) {
      const { code, stdout } = await empty.run(`${line} --history other.history`)
      expect([line, code]).toEqual([line, 0])
      expect(stdout).toContain('nothing to do')
    }
  })
})

describe('down --all', () => {
  it('asks with the number of migrations and the database', async () => {
    const ws = await project()
    await ok(ws, 'up')
    const asked: string[] = []
    const no = await ws.run('down --all', {
      confirm: (question) => {
        asked.push(question)
        return false
      },
    })
    expect(asked).toEqual([`Revert all 3 migrations on ${ws.db.name} (${await server(ws)})?`])
    expect(no.code).toBe(130)
    expect(no.stderr).toContain('before anything was reverted')
    expect(await tables(ws)).toBe('abc')
    const yes = await ws.run('down --all', { confirm: () => true })
    expect(yes.code).toBe(0)
    expect(await tables(ws)).toBe('')
  })

  it('does not ask with --yes, with --dry-run, or when nothing is applied', async () => {
    const ws = await project()
    const confirm = () => {
      throw new Error('asked')
    }
    expect((await ws.run('down --all', { confirm })).code).toBe(0)
    await ok(ws, 'up')
    expect((await ws.run('down --all --dry-run', { confirm })).code).toBe(0)
    expect((await ws.run('down --all -y', { confirm })).code).toBe(0)
    expect(await tables(ws)).toBe('')
  })

  it('stops where nobody can answer, before it connects to anything', async () => {
    const ws = await workspace(THREE)
    const { code, stderr } = await ws.run('down --all -d postgres://u@127.0.0.1:1/x')
    expect(code).toBe(2)
    expect(stderr).toContain('add --yes when you are sure')
  })
})

async function server(ws: Workspace): Promise<string> {
  return (await ws.run('status --json')).report.target?.server ?? ''
}

async function head(ws: Workspace): Promise<string> {
  return (await ws.run('status --json')).report.target?.head ?? ''
}
