import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { pair, THREE, workspace } from '../support/cli.ts'
import { withConnection } from '../support/connect.ts'
import { waitFor } from '../support/wait.ts'

const BROKEN = {
  ...pair('001', 'mood', "create table a (id int);\ncreate type mood as enum ('x');\n", 'drop table a;\n'),
  ...pair(
    '002',
    'seed',
    'create table s (id int primary key);\ninsert into s values (1);\n',
    'drop table s;\n',
  ),
}

/** A folder whose proofs run on the test server. */
const onServer = (files: Parameters<typeof workspace>[0]) =>
  workspace(files, { env: { DATABASE_URL: inject('serverUrl'), SQLMIG_SCRATCH: 'server' } })

describe('roundtrip', () => {
  it('needs nothing but the folder: PostgreSQL is embedded', async () => {
    const { run } = await workspace(BROKEN)
    const { code, report, stderr } = await run('roundtrip --json')
    expect(code).toBe(6)
    expect(stderr).not.toMatch(/node_modules|at .*:\d+:\d+\)/)
    expect(Object.keys(report).toSorted()).toEqual([
      'command',
      'dryRun',
      'exitCode',
      'findings',
      'migrations',
      'ok',
      'roundtrip',
      'steps',
      'target',
    ])
    expect(report).toMatchObject({ command: 'roundtrip', ok: false, exitCode: 6, dryRun: false })
    expect(report.findings).toEqual([
      {
        code: 'ROUNDTRIP_LEFTOVER',
        severity: 'error',
        message: '001_mood.down.sql leaves the type public.mood behind',
        hint: expect.any(String),
        version: '001',
        name: 'mood',
        object: { kind: 'type', name: 'public.mood' },
        location: { file: '001_mood.up.sql', line: 2, column: 1 },
        excerpt: expect.anything(),
        difference: {
          before: null,
          after: expect.stringContaining('values: x'),
          inside: [],
          missingSql: ['DROP TYPE mood;'],
          proven: true,
          consequence: expect.stringContaining('type "mood" already exists'),
        },
      },
    ])
    expect(report.roundtrip).toMatchObject({
      scratch: expect.stringMatching(/embedded|PGlite/i),
      proofs: [
        { version: '001', name: 'mood', file: '001_mood.up.sql', verdict: 'failed' },
        { version: '002', name: 'seed', file: '002_seed.up.sql', verdict: 'passed' },
      ],
      walks: [
        { kind: 'ladder', verdict: 'passed' },
        { kind: 'batch', verdict: 'passed' },
      ],
    })
  })

  it('says what passed', async () => {
    const { run } = await onServer(THREE)
    const { code, stdout, stderr } = await run('roundtrip')
    expect(code).toBe(0)
    const said = stdout + stderr
    for (const name of ['001', '002', '003']) expect(said).toMatch(new RegExp(`✓.*${name}`))
    expect(said).not.toContain('✗')
    expect(said).not.toContain('undefined')
  })

  it('says what a down lacks, and where', async () => {
    const { run } = await onServer(BROKEN)
    const { code, stdout, stderr } = await run('roundtrip')
    expect(code).toBe(6)
    const said = stdout + stderr
    expect(said).toMatch(/✗.*001/)
    expect(said).toMatch(/✓.*002/)
    expect(said).toContain('sql/001_mood.up.sql:2')
    expect(said).toContain('DROP TYPE mood;')
    expect(said).toContain("create type mood as enum ('x');")
  })

  it('takes versions and limits', async () => {
    const { run } = await onServer(BROKEN)
    const { code, report } = await run('roundtrip 2 --mode each --json')
    expect(code).toBe(0)
    expect(report.roundtrip?.proofs.map(({ version }) => version)).toEqual(['002'])
    const limited = await run('roundtrip --from 1 --to 001 --json')
    expect(limited.code).toBe(6)
    expect(limited.report.roundtrip?.proofs.map(({ version }) => version)).toEqual(['001'])
    const overridden = await run('roundtrip --from 1 --from 2 --to 1 --to 2 --json')
    expect(overridden.report.roundtrip?.proofs.map(({ version }) => version)).toEqual(['002'])
  })

  it('takes warnings for errors with --strict', async () => {
    const { run } = await onServer({
      ...pair('001', 'a', 'create table a (x int, y int);', 'drop table a;'),
      ...pair('002', 'b', 'alter table a drop x;', 'alter table a add x int;'),
    })
    expect((await run('roundtrip --mode each')).code).toBe(0)
    expect((await run('roundtrip --mode each --strict')).code).toBe(6)
  })

  it('writes reports beside what the terminal shows', async () => {
    const { cwd, run } = await onServer(BROKEN)
    const { code, stdout, stderr } = await run(
      'roundtrip --reporter terminal --reporter junit=out.xml --reporter markdown=out.md --reporter html=out.html',
    )
    expect(code).toBe(6)
    expect(stdout + stderr).toMatch(/✗.*001/)
    const read = (name: string) => readFile(join(cwd, name), 'utf8')
    expect(await read('out.xml')).toMatch(
      /^<\?xml[\s\S]*<testsuites[\s\S]*failure[\s\S]*DROP TYPE mood;[\s\S]*<\/testsuites>\s*$/,
    )
    expect(await read('out.md')).toMatch(/DROP TYPE mood;/)
    expect(await read('out.html')).toMatch(/^<!doctype html>[\s\S]*DROP TYPE mood;[\s\S]*<\/html>\s*$/i)
  })

  it('keeps the document of --json whole beside other reporters', async () => {
    const { cwd, run } = await onServer(BROKEN)
    const { report } = await run('roundtrip --json --reporter junit=out.xml')
    expect(report.exitCode).toBe(6)
    expect(await readFile(join(cwd, 'out.xml'), 'utf8')).toContain('001')
  })

  it('writes what is lacking with --write-fix', async () => {
    const { cwd, run } = await onServer(BROKEN)
    const { code, report } = await run('roundtrip --write-fix --json')
    expect(code).toBe(6)
    expect(report.files).toEqual([join(cwd, 'sql', '001_mood.down.sql')])
    expect((await run('roundtrip')).code).toBe(0)
  })

  it('ends with 130 on an interrupt', async () => {
    const place = await onServer(
      pair('001', 's', 'create table s ();\nselect pg_sleep(61.25);\n', 'drop table s;\n'),
    )
    const running = place.run('roundtrip --json')
    const sleeping = () =>
      withConnection(
        inject('serverUrl'),
        async (sql) =>
          (await sql`select from pg_stat_activity where wait_event = 'PgSleep' and query like '%61.25%'`)
            .length > 0,
      )
    await waitFor(sleeping, 30_000)
    place.interrupt()
    const { code, report } = await running
    expect(code).toBe(130)
    expect(report).toMatchObject({ ok: false, exitCode: 130, error: { code: 'INTERRUPTED' } })
  })
})

describe('usage of roundtrip', () => {
  it.each([
    ['roundtrip nope', 'is not a version'],
    ['roundtrip --from x', 'is not a version'],
    ['roundtrip --mode all', 'mode'],
    ['roundtrip --scratch', 'scratch'],
    ['roundtrip --sinc HEAD', 'sinc'],
    ['roundtrip --from 2 --from x', '"x" is not a version'],
    ['roundtrip --from 2 --to 1', 'there is none in from 2 to 1'],
    ['up --steps 1 --steps 0', 'a whole number'],
    ['roundtrip 7', 'there is no migration 7'],
    ['roundtrip --scratch nowhere', 'none of server, docker'],
    ['roundtrip --scratch server', 'server needs a database'],
    ['roundtrip --since nope', 'since nope'],
    ['roundtrip --dir nowhere', 'does not exist'],
    ['draft', 'an argument is missing'],
    ['draft x', 'is not a version'],
    ['new', 'name the migration'],
    ['new b --down-for 1', 'takes no name'],
  ])('%s is refused', async (line, words) => {
    const { run } = await workspace(THREE)
    const { code, stdout, stderr } = await run(line)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain(words)
  })

  it.each(['roundtrip', 'draft', 'new'])('is in the help of %s', async (command) => {
    const { run } = await workspace()
    const { code, stdout } = await run(`${command} --help`)
    expect(code).toBe(0)
    expect(stdout).toContain('--scratch')
    expect((await run('--help')).stdout).toMatch(new RegExp(`sqlmig ${command}`))
  })

  it('finds --scratch in the environment and the configuration, the nearest first', async () => {
    const { run } = await workspace({ ...THREE, 'sqlmig.config.json': '{ "scratch": "of-the-file" }' })
    const said = async (line: string, env: Record<string, string> = {}) => {
      const { code, stderr } = await run(line, { env })
      expect(code).toBe(2)
      return stderr
    }
    expect(await said('roundtrip')).toContain('none of server')
    expect(await said('roundtrip', { SQLMIG_SCRATCH: 'server' })).toContain('server needs a database')
    expect(await said('roundtrip --scratch nowhere', { SQLMIG_SCRATCH: 'server' })).toContain(
      'none of server',
    )
    expect(await said('draft 001 --scratch server')).toMatch(/server needs a database/)
  })
})
