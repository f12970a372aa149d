import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { onlyDocument, pair, THREE, type Workspace, workspace } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'

const NOISY = pair(
  '001',
  'noisy',
  `do $$ begin raise notice 'a notice'; raise warning 'a warning'; end $$; create table t ();`,
  'drop table t;',
)
const CONTROL = /[^\P{Cc}\n]/u

async function project(files: Parameters<typeof workspace>[0]): Promise<Workspace> {
  const { url } = await createTestDatabase()
  return workspace(files, { env: { DATABASE_URL: url } })
}

/** The environment of the project with more in it. */
async function coloured(
  files: Parameters<typeof workspace>[0],
  env: Record<string, string>,
  columns?: number,
) {
  const { url } = await createTestDatabase()
  const ws = await workspace(files, {
    env: { DATABASE_URL: url, ...env },
    ...(columns === undefined ? {} : { columns }),
  })
  return ws.run('up')
}

describe('stdout and stderr', () => {
  it('results go to stdout, warnings and errors to stderr', async () => {
    const ws = await project({ ...NOISY, ...pair('002', 'bad', 'select nope;', 'select 1;') })
    const { stdout, stderr } = await ws.run('up')
    expect(stdout).toMatch(/^✓ applied {2}001 noisy .*\n✗ failed {3}002 bad .*\n1 applied, 1 failed in .*\n$/)
    expect(stderr).toMatch(/^warning: a warning\nerror STATEMENT_FAILED: /)
  })

  it('--quiet prints errors only', async () => {
    const ws = await project({ ...NOISY, 'sql/typo.sql': '' })
    expect(await ws.run('up --quiet')).toMatchObject({ code: 0, stdout: '', stderr: '' })
    expect(await ws.run('new x -q')).toMatchObject({ code: 0, stdout: '', stderr: '' })
    const bad = await project(pair('001', 'bad', 'select nope;', 'select 1;'))
    const { stdout, stderr } = await bad.run('up --quiet')
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^error STATEMENT_FAILED/)
  })

  it('--verbose shows notices and the target', async () => {
    const ws = await project(NOISY)
    const { stderr } = await ws.run('up --verbose')
    expect(stderr).toMatch(/^sqlmig_test_db_\w+ · PostgreSQL \S+ · sqlmig\.history\n/)
    expect(stderr).toContain('notice: a notice\n')
    expect(stderr).toContain('warning: a warning\n')
  })

  it('warns of a file that is probably a typo, and still runs', async () => {
    const ws = await project({ ...NOISY, 'sql/002_x.sql': 'select 1' })
    const { code, stderr } = await ws.run('up')
    expect(code).toBe(0)
    expect(stderr).toContain('warning FILE_IGNORED: 002_x.sql is not a migration')
  })
})

describe('colours and the progress line', () => {
  it('are absent off a terminal, and with NO_COLOR, TERM=dumb and CI', async () => {
    for (const [env, columns] of [
      [{}, undefined],
      [{ NO_COLOR: '1', CI: 'true' }, 80],
      [{ TERM: 'dumb' }, 80],
    ] as const) {
      const { stdout, stderr } = await coloured(THREE, env, columns)
      expect(stdout + stderr).not.toMatch(CONTROL)
    }
  })

  it('are there on a terminal, and colours where they are forced', async () => {
    const terminal = await coloured(THREE, {}, 80)
    expect(terminal.stdout).toContain('\u001b[32m✓ applied \u001b[39m 001 create_a')
    const forced = await coloured(THREE, { FORCE_COLOR: '1' })
    expect(forced.stdout).toContain('\u001b[32m✓ applied')
    expect(forced.stderr).toBe('')
    expect((await coloured(THREE, { FORCE_COLOR: '0' }, 80)).stdout).not.toMatch(CONTROL)
  })

  it('CI keeps the colours of a terminal and drops the progress line', async () => {
    const { stdout, stderr } = await coloured(THREE, { CI: '1' }, 80)
    expect(stdout).toContain('\u001b[32m')
    expect(stderr).toBe('')
  })

  it('the line fits the terminal and is taken away before anything else is printed', async () => {
    const slow = pair(
      '001',
      'slow',
      `select pg_sleep(0.6); do $$ begin raise warning 'hello'; end $$;`,
      'select 1;',
    )
    const { stderr } = await coloured(slow, { NO_COLOR: '1' }, 30)
    const [lines, rest] = [stderr.split('\r\u001b[2K'), stderr.split('warning: hello\n')]
    const frames = lines.filter((line) => /^\p{Script=Braille} applying 001 slow/u.test(line))
    expect(frames.length).toBeGreaterThan(0)
    for (const frame of frames) expect(frame.length).toBeLessThan(30)
    expect(rest[0]?.endsWith('\r\u001b[2K')).toBe(true)
    expect(rest[1]?.endsWith('\r\u001b[2K')).toBe(true)
  })
})

describe('what others wrote', () => {
  it('cannot steer the terminal: notices, errors, file names, roles', async () => {
    const { url } = await createTestDatabase()
    const ws = await workspace(
      {
        ...pair('001', 'a', `do $$ begin raise warning E'\\x1b[2J\\x07 \\u202e hi'; end $$;`, 'select 1;'),
        'sql/\u001b[31mred\u009b.sql': '',
      },
      { env: { DATABASE_URL: url } },
    )
    for (const line of [
      'up',
      'status',
      'history',
      'verify',
      'up --dir \u001b[2Jnowhere',
      `up --history \u001b[1mx.y`,
    ]) {
      const { stdout, stderr } = await ws.run(line)
      expect(stdout + stderr).not.toMatch(CONTROL)
      expect(stdout + stderr).not.toContain('\u202e')
    }
  })
})

describe('--reporter', () => {
  it('writes a document to a file, beside the terminal', async () => {
    const ws = await project(THREE)
    const { code, stdout } = await ws.run('up --reporter json=out.json')
    expect(code).toBe(0)
    expect(stdout).toContain('✓ applied  001 create_a')
    const document = onlyDocument(await readFile(`${ws.cwd}/out.json`, 'utf8'))
    expect(document).toMatchObject({ command: 'up', ok: true, exitCode: 0 })
  })

  it('can be given several times, and together with --json', async () => {
    const ws = await project(THREE)
    const { report } = await ws.run('up --reporter json=a.json --reporter terminal=b.txt --json')
    expect(onlyDocument(await readFile(`${ws.cwd}/a.json`, 'utf8'))).toEqual(report)
    const text = await readFile(`${ws.cwd}/b.txt`, 'utf8')
    expect(text).toContain('✓ applied  001 create_a')
    expect(text).not.toMatch(CONTROL)
  })

  it('writes the document of a run that was stopped, too', async () => {
    const ws = await workspace()
    const { code } = await ws.run('up --reporter json=out.json')
    expect(code).toBe(2)
    const document = onlyDocument(await readFile(`${ws.cwd}/out.json`, 'utf8'))
    expect(document.error?.code).toBe('DATABASE_NOT_NAMED')
  })

  it('stops before the run when the file cannot be opened', async () => {
    const ws = await project(THREE)
    for (const file of ['nowhere/out.json', '.']) {
      const { code, stderr } = await ws.run(`up --reporter json=${file}`)
      expect(code).toBe(1)
      expect(stderr).toContain(`FILE_WRITE_FAILED: cannot write ${file}`)
    }
    expect((await ws.run('status --json')).report.migrations.every(({ state }) => state === 'pending')).toBe(
      true,
    )
  })

  it('says so when the disk is full in the end', async () => {
    const ws = await project(THREE)
    const { code, stdout, stderr } = await ws.run('up --reporter json=/dev/full')
    expect(stdout).toContain('3 applied')
    expect(stderr).toContain('cannot write /dev/full: ENOSPC')
    expect(code).toBe(1)
  })
})
