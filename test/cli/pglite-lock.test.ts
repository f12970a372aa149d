import { access, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { runBinary, startBinary } from '../support/binary.ts'
import { pair, workspace } from '../support/cli.ts'
import { writeFiles } from '../support/folder.ts'
import { pgliteTemplate } from '../support/pglite.ts'

const copyTemplate = pgliteTemplate()
const URL = ['-d', 'pglite:./data']

async function project(seconds = 0) {
  const ws = await workspace(
    pair('001', 'slow', `create table t (); select pg_sleep(${seconds});`, 'drop table t;'),
  )
  await copyTemplate(join(ws.cwd, 'data'))
  return ws
}

async function untilThere(path: string): Promise<void> {
  while (
    !(await access(path).then(
      () => true,
      () => false,
    ))
  )
    await sleep(20)
}

describe('two processes at one embedded database', () => {
  it('the second one waits, says for whom, and finds everything in order', async () => {
    const ws = await project(4)
    const first = startBinary(['up', ...URL], { cwd: ws.cwd })
    await untilThere(join(ws.cwd, 'data.lock'))
    const second = await runBinary(['up', ...URL], { cwd: ws.cwd })
    expect((await first.ended).code).toBe(0)
    expect(second.code).toBe(0)
    expect(second.stdout).toContain('nothing to do')
    expect(second.stderr).toContain(`in use by process ${first.process.pid} (${ws.cwd}/data.lock): waiting`)
    expect((await ws.run(['verify', ...URL])).code).toBe(0)
    expect((await readdir(ws.cwd)).toSorted()).toEqual(['data', 'sql'])
  })

  it('the second one gives up after --lock-wait, exit 5', async () => {
    const ws = await project()
    await writeFiles(ws.cwd, { 'data.lock': `${process.ppid}\n` })
    const { code, report } = await ws.run(['up', '--json', '--lock-wait', '200ms', ...URL])
    expect(code).toBe(5)
    expect(report.error?.code).toBe('LOCK_NOT_OBTAINED')
    expect(report.error?.message).toContain(`held by process ${process.ppid} (${ws.cwd}/data.lock)`)
    expect(await readFile(join(ws.cwd, 'data.lock'), 'utf8')).toBe(`${process.ppid}\n`)
  })

  it('an interrupt ends the waiting, exit 130', async () => {
    const ws = await project()
    await writeFiles(ws.cwd, { 'data.lock': `${process.ppid}\n` })
    const waiting = startBinary(['up', ...URL], { cwd: ws.cwd })
    await waiting.saysOnStderr('waiting')
    waiting.process.kill('SIGINT')
    const { code, stderr } = await waiting.ended
    expect(code).toBe(130)
    expect(stderr).toContain('interrupted while waiting for the embedded database')
  })

  it('a claim that a killed process left is taken over', async () => {
    const ws = await project(60)
    const killed = startBinary(['up', ...URL], { cwd: ws.cwd })
    await untilThere(join(ws.cwd, 'data.lock'))
    await sleep(1500)
    killed.process.kill('SIGKILL')
    await killed.ended
    expect(await readFile(join(ws.cwd, 'data.lock'), 'utf8')).toBe(`${killed.process.pid}\n`)
    const { code, report } = await ws.run(['status', '--json', '--lock-wait', '0', ...URL])
    expect(code).toBe(0)
    expect(report.migrations.map(({ state }) => state)).toEqual(['pending'])
    expect((await readdir(ws.cwd)).toSorted()).toEqual(['data', 'sql'])
  })

  it('many that find the claim of a dead one work one after the other', async () => {
    const ws = await project()
    await writeFiles(ws.cwd, { 'data.lock': 'rubbish' })
    const runs = await Promise.all([1, 2, 3].map(() => ws.run(['up', ...URL])))
    expect(runs.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0, 0])
    expect(
      runs.filter(({ stdout }) => stdout.includes('1 applied')).map(({ stdout }) => stdout),
    ).toHaveLength(1)
    expect((await ws.run(['verify', ...URL])).code).toBe(0)
  })
})
