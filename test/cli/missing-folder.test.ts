import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { THREE, workspace } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'

it('without the folder, history and down --from-history work, and nothing else does', async () => {
  const db = await createTestDatabase()
  const ws = await workspace(THREE, { env: { DATABASE_URL: db.url } })
  expect((await ws.run('up')).code).toBe(0)
  await rm(join(ws.cwd, 'sql'), { recursive: true })
  const history = await ws.run('history --json')
  expect(history.code).toBe(0)
  expect(history.report.events).toHaveLength(3)
  for (const line of ['up', 'status', 'verify', 'plan', 'redo', 'goto 1', 'down', 'new x']) {
    const { code, report } = await ws.run(`${line} --json`)
    expect([line, code, report.error?.code]).toEqual([line, 2, 'DIRECTORY_MISSING'])
  }
  expect((await ws.run('down --from-history')).stdout).toContain('✓ reverted 003 create_c')
  expect((await ws.run('down --all --from-history --yes')).stdout).toContain('2 reverted')
})

it('a file in place of the folder is an error for all of them', async () => {
  const ws = await workspace({ other: '' })
  for (const line of ['history', 'down --from-history']) {
    const { report } = await ws.run(`${line} --dir other -d pglite:memory --json`)
    expect(report.error?.code).toBe('DIRECTORY_MISSING')
  }
})
