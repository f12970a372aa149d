import { describe, expect, it } from 'vitest'
import { type Workspace, workspace } from '../support/cli.ts'

/** A command line that cannot be understood, and what the answer has to say. */
const WRONG: ReadonlyArray<[commandLine: string, says: string]> = [
  ['', 'name a command'],
  ['stauts', 'there is no such command; did you mean status?'],
  ['frobnicate', 'unknown argument: frobnicate'],
  ['up --nope', 'unknown argument: --nope'],
  ['up --dry-rnu --foo=1', 'unknown arguments: --dry-rnu, --foo'],
  ['up extra', 'unknown argument: extra'],
  ['status --steps 1', 'unknown argument: --steps'],
  ['new', 'an argument is missing'],
  ['goto', 'an argument is missing'],
  ['goto latest', '"latest" is not a version'],
  ['up --to abc', '"abc" is not a version'],
  ['up --to=', '"" is not a version'],
  ['up --steps', '--steps needs a value'],
  ['up --steps 0', '--steps takes a whole number from 1 on'],
  ['up --steps -1', '--steps takes a whole number from 1 on'],
  ['up --steps 1.5', '--steps takes a whole number from 1 on'],
  ['up --steps many', '--steps takes a whole number from 1 on'],
  ['down --steps 0', '--steps takes a whole number from 1 on'],
  ['up --database', '--database needs a value'],
  ['up --to 1 --steps 2', '--to and --steps exclude each other'],
  ['down --all --to 1', '--to and --all exclude each other'],
  ['down --all --steps 1', '--steps and --all exclude each other'],
  ['up --quiet --verbose', '--quiet and --verbose exclude each other'],
  ['up --reporter nope', 'there is no reporter "nope"'],
  ['up --reporter constructor', 'there is no reporter "constructor"'],
  ['up --reporter json=', 'names no file'],
  ['up --reporter terminal --reporter json', 'only one reporter can write to stdout'],
  ['up --lock-wait 5x', '--lock-wait: "5x" is not a duration'],
  ['up --lock-timeout=', '--lock-timeout: "" is not a duration'],
  ['up --statement-timeout -1', '--statement-timeout'],
  ['up --history nodot', '--history: "nodot" is not of the form schema.table'],
  ['up --history a.b.c', 'is not of the form schema.table'],
  [`up --history ${'s'.repeat(64)}.t`, 'is not of the form schema.table'],
  ['up --config missing.json', 'missing.json: the configuration file does not exist'],
  ['up', 'no database is named'],
  ['down --all -d postgres://nobody@127.0.0.1:1/x', 'down --all needs a confirmation'],
]

async function expectUsageError(ws: Workspace, argv: readonly string[], says: string): Promise<void> {
  const text = await ws.run(argv)
  expect(text).toMatchObject({ code: 2, stdout: '' })
  expect(text.stderr).toContain(says)
  expect(text.stderr).not.toContain('INTERNAL')
}

describe('a command line that cannot be understood', () => {
  it.each(WRONG)('sqlmig %s: exit 2, on stderr: %s', async (commandLine, says) => {
    await expectUsageError(await workspace(), commandLine.split(' ').filter(Boolean), says)
  })

  it.each(WRONG.filter(([line]) => !line.includes('--reporter terminal')))(
    'sqlmig %s: with --json before and after it, one document',
    async (commandLine, says) => {
      const ws = await workspace()
      const words = commandLine.split(' ').filter(Boolean)
      // behind an option that lacks its value, --json would be the value
      const atEnd = /--(?:steps|database)$/.test(commandLine) ? [] : [[...words, '--json']]
      for (const argv of [['--json', ...words], ...atEnd]) {
        const { code, stderr, report } = await ws.run(argv)
        expect({ code, stderr }).toEqual({ code: 2, stderr: '' })
        expect(report).toMatchObject({ ok: false, exitCode: 2, target: null, steps: [], findings: [] })
        expect(report.error?.message).toContain(says)
      }
    },
  )

  it('names the command in the document', async () => {
    const ws = await workspace()
    expect((await ws.run('down --nope --json')).report.command).toBe('down')
    expect((await ws.run('--json new')).report.command).toBe('new')
    expect((await ws.run('frobnicate --json')).report.command).toBeNull()
  })

  it('tells in the document whether it was a dry run', async () => {
    const ws = await workspace()
    const dryRun = async (line: string) => (await ws.run(`${line} --json`)).report.dryRun
    for (const line of ['plan', 'plan --nope', 'up --dry-run', 'down --dry-run --nope'])
      expect([line, await dryRun(line)]).toEqual([line, true])
    for (const line of ['up', 'status', 'down --nope'])
      expect([line, await dryRun(line)]).toEqual([line, false])
  })

  it('speaks English whatever the locale is', async () => {
    const before = process.env['LC_ALL']
    process.env['LC_ALL'] = 'de_DE.UTF-8'
    try {
      await expectUsageError(await workspace(), ['up', '--nope'], 'unknown argument: --nope')
    } finally {
      if (before === undefined) delete process.env['LC_ALL']
      else process.env['LC_ALL'] = before
    }
  })

  it('does not repeat a URL that stands in the wrong place', async () => {
    const ws = await workspace()
    for (const argv of [
      ['up', 'postgres://u:s3cret@h/x?a=b'],
      ['postgres://u:s3cret@h/x'],
      ['up', '--url=postgres://u:s3cret@h/x'],
    ]) {
      const { code, stdout, stderr } = await ws.run(argv)
      expect(code).toBe(2)
      expect(stdout + stderr).not.toContain('s3cret')
    }
  })
})

describe('a configuration file that cannot be used', () => {
  it.each([
    ['{ "database": "postgres://u:s3cret@h/x", }', 'is not valid JSON'],
    ['"database": "postgres://u:s3cret@h/x"', 'is not valid JSON'],
    ['', 'is not valid JSON'],
    ['[]', 'must hold an object'],
    ['null', 'must hold an object'],
    ['{ "dirr": "sql" }', 'unknown key "dirr"'],
    ['{ "dir": 5 }', 'dir must be text'],
    ['{ "dir": "" }', 'dir must not be empty'],
    ['{ "lockWait": "soon" }', 'lockWait: "soon" is not a duration'],
    ['{ "history": "x" }', 'history: "x" is not of the form schema.table'],
    [
      '{ "database": "postgres://u:s3cret@h/x", "databaseEnv": "X" }',
      'database and databaseEnv exclude each other',
    ],
    ['{ "databaseEnv": "SA01_DB_DSN" }', 'the environment variable SA01_DB_DSN is not set'],
  ])('%s: exit 2, %s', async (content, says) => {
    const ws = await workspace({ 'sqlmig.config.json': content })
    const { code, stdout, report } = await ws.run('up --json')
    expect(code).toBe(2)
    expect(report.error?.message).toContain(says)
    expect(report.error?.message).toContain('sqlmig.config.json')
    expect(stdout).not.toContain('s3cret')
  })

  it('names a JavaScript file that fails', async () => {
    const ws = await workspace({ 'sqlmig.config.mjs': 'throw new Error("no luck")' })
    const { code, stderr } = await ws.run('up')
    expect(code).toBe(2)
    expect(stderr).toContain('sqlmig.config.mjs: no luck')
  })

  it('names a JavaScript file that exports nothing by default, and does not do without it', async () => {
    const ws = await workspace({ 'sqlmig.config.mjs': "export const dir = 'x'", 'sql/x': '' })
    const { code, stderr } = await ws.run('up -d pglite:memory')
    expect(code).toBe(2)
    expect(stderr).toContain('sqlmig.config.mjs: the default export is missing')
  })

  it('says so when it is a folder', async () => {
    const ws = await workspace({ 'sqlmig.config.json/x': '' })
    const { code, stderr } = await ws.run('up')
    expect(code).toBe(2)
    expect(stderr).toContain('sqlmig.config.json: cannot be read (EISDIR)')
  })
})
