import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CliEnvironment } from '../../src/cli/environment.ts'
import { openReporters } from '../../src/cli/open-reporters.ts'
import type { Options } from '../../src/cli/program.ts'
import type { SqlmigEvent } from '../../src/core/run.ts'
import { evilRun, MIXED_RUN } from '../support/roundtrip-events.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sqlmig-reporters-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** The events of a run whose migrations are in `app/sql` of the repository. */
const at = (events: readonly SqlmigEvent[]) =>
  events.map((event) =>
    event.type === 'run.started' ? { ...event, directory: join(folder, 'app', 'sql') } : event,
  )

async function report(
  options: Options,
  env: CliEnvironment['env'] = {},
  events: readonly SqlmigEvent[] = MIXED_RUN,
) {
  const output = { stdout: '', stderr: '' }
  const stream = (name: 'stdout' | 'stderr') => ({
    write(text: string) {
      output[name] += text
    },
  })
  const { reporters, close } = await openReporters(options, {
    env,
    cwd: join(folder, 'app'),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    onInterrupt: () => () => {},
    exit: () => {},
  })
  for (const event of at(events)) for (const reporter of reporters) reporter.on(event)
  await close()
  return output
}

describe('--reporter github', () => {
  it('writes beside the terminal, after it, with paths from the repository', async () => {
    const env = { GITHUB_WORKSPACE: folder }
    for (const reporter of [['github'], ['github', 'terminal']]) {
      const { stdout, stderr } = await report({ reporter }, env)
      expect(stdout).toMatch(
        /^✓ 001 create_app[\s\S]*\n::error file=app\/sql\/003_add_tasks\.up\.sql,line=4,/,
      )
      expect(stderr).toContain('003 add_tasks  sql/003_add_tasks.up.sql\n')
      expect(stderr).not.toContain('::error')
    }
  })

  it('leaves stdout to the one document', async () => {
    for (const options of [{ reporter: ['github'], json: true }, { reporter: ['github', 'json'] }]) {
      const { stdout, stderr } = await report(options)
      expect(JSON.parse(stdout)).toMatchObject({ command: 'roundtrip' })
      expect(stderr).toMatch(/^::error file=sql\/003/)
    }
  })

  it('can write to a file', async () => {
    const { stdout } = await report({ reporter: [`github=${join(folder, 'out.txt')}`] })
    expect(stdout).not.toContain('::error')
    expect(await readFile(join(folder, 'out.txt'), 'utf8')).toMatch(/^::error file=sql\/003/)
  })

  it('adds to the summary of the job', async () => {
    const file = join(folder, 'summary.md')
    await writeFile(file, 'before\n')
    await report({ reporter: ['github'] }, { GITHUB_STEP_SUMMARY: file })
    expect(await readFile(file, 'utf8')).toMatch(/^before\n## ❌ sqlmig roundtrip\n/)
    const missing = report(
      { reporter: ['github'] },
      { GITHUB_STEP_SUMMARY: join(folder, 'no', 'summary.md') },
    )
    await expect(missing).rejects.toMatchObject({ code: 'FILE_WRITE_FAILED' })
  })
})

describe('on GitHub Actions', () => {
  it('nothing that others wrote is a command, and the document stays as it is', async () => {
    const env = { GITHUB_ACTIONS: 'true' }
    const { stdout, stderr } = await report({}, env, evilRun())
    expect(stdout + stderr).toContain('| ::error::x')
    expect(stdout + stderr).not.toMatch(/^\s*::|##\[/m)
    expect((await report({}, {}, evilRun())).stderr).toMatch(/^::error::x$/m)
    expect((await report({ json: true }, env, evilRun())).stdout).toContain('##[error]')
  })
})

describe('reporters that write documents', () => {
  it('write to files beside the terminal, or one of them to stdout', async () => {
    const files = ['junit', 'markdown', 'html'].map((name) => [name, join(folder, name)] as const)
    const { stdout } = await report({ reporter: files.map(([name, file]) => `${name}=${file}`) })
    expect(stdout).toContain('✓ 001 create_app')
    for (const [, file] of files) expect(await readFile(file, 'utf8')).toContain('sql/003_add_tasks.up.sql')
    expect((await report({ reporter: ['junit'] })).stdout).toMatch(/^<\?xml [\s\S]*<\/testsuites>\n$/)
    await expect(report({ reporter: ['junit', 'html'] })).rejects.toMatchObject({ code: 'USAGE' })
  })
})
