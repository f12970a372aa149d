import { execFile } from 'node:child_process'
import { readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { BINARY } from '../support/binary.ts'
import { workspace } from '../support/cli.ts'
import { migrationsFolder } from '../support/folder.ts'

const COMMANDS = 'init new up down redo goto status history verify lock plan roundtrip draft'.split(' ')

describe('help', () => {
  it.each([['--help'], ['-h'], ['help']])(
    '%s lists the commands, options, examples and exit codes',
    async (line) => {
      const ws = await workspace()
      const { code, stdout, stderr } = await ws.run(line)
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      for (const command of COMMANDS) expect(stdout).toContain(`sqlmig ${command}`)
      for (const part of ['--database', 'Examples:', 'Exit codes:', '130 interrupted'])
        expect(stdout).toContain(part)
    },
  )

  it.each(COMMANDS)('%s --help describes the command with an example', async (command) => {
    const ws = await workspace()
    const { code, stdout } = await ws.run(`${command} --help`)
    expect(code).toBe(0)
    expect(stdout).toMatch(new RegExp(`^sqlmig ${command}`))
    expect(stdout).toMatch(new RegExp(`Examples:\\n {2}sqlmig ${command}`))
  })

  it('is as wide as the terminal', async () => {
    const ws = await workspace()
    const { stdout } = await ws.run('up --help', { columns: 70 })
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(70)
  })

  it('needs neither configuration nor database', async () => {
    const ws = await workspace({ 'sqlmig.config.json': 'broken' })
    expect((await ws.run('up --help')).code).toBe(0)
    expect((await ws.run('--version')).code).toBe(0)
  })
})

describe('--version', () => {
  it.each(['--version', '-V', 'up --version'])('%s prints the version of the package', async (line) => {
    const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'))
    expect(await (await workspace()).run(line)).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})

describe('completion', () => {
  const complete = async (...words: string[]) => {
    const ws = await workspace({ 'sqlmig.config.json': 'broken' })
    const { code, stdout, stderr } = await ws.run(['--get-yargs-completions', 'sqlmig', ...words])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    return stdout.trimEnd().split('\n')
  }

  it('prints a script that calls the program', async () => {
    const { code, stdout } = await (await workspace()).run('completion')
    expect(code).toBe(0)
    expect(stdout).toContain('###-begin-sqlmig-completions-###')
    expect(stdout).toContain('sqlmig --get-yargs-completions')
  })

  it('completes commands', async () => {
    for (const words of [[''], ['st']]) expect(await complete(...words)).toEqual([...COMMANDS, 'completion'])
  })

  it('completes the options of a command', async () => {
    const options = await complete('up', '--')
    expect(options).toEqual(expect.arrayContaining(['--database', '--json', '--to', '--steps', '--dry-run']))
    expect(options).not.toContain('--all')
    expect(options).not.toContain('--d')
    expect(await complete('down', '--a')).toContain('--all')
    expect(await complete('status', '--json', '--')).toContain('--check')
  })

  it('works through the script in bash', async () => {
    const folder = await migrationsFolder()
    await symlink(BINARY, join(folder, 'sqlmig'))
    const script = `source <(sqlmig completion)
      COMP_WORDS=(sqlmig up --st); COMP_CWORD=2; _sqlmig_yargs_completions; echo "\${COMPREPLY[@]}"
      COMP_WORDS=(sqlmig sta); COMP_CWORD=1; _sqlmig_yargs_completions; echo "\${COMPREPLY[@]}"`
    const env = { PATH: `${folder}:${process.env['PATH']}`, SHELL: '/bin/bash' }
    const { stdout } = await promisify(execFile)('bash', ['-c', script], { env, cwd: folder })
    expect(stdout).toBe('--statement-timeout --steps\nstatus\n')
  })

  it('is silent where it knows nothing', async () => {
    for (const words of [
      ['nope', ''],
      ['goto', ''],
    ])
      await complete(...words)
  })
})
