import { expect, it, vi } from 'vitest'
import { workspace } from '../support/cli.ts'

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  userInfo() {
    throw new Error('uv_os_get_passwd returned ENOENT')
  },
}))

it('a process without a name, as in a container, is asked for a user', async () => {
  const ws = await workspace({ 'sql/x': '' })
  const { code, stderr } = await ws.run('status -d postgres://127.0.0.1:1/x')
  expect(code).toBe(2)
  expect(stderr).toContain('CONFIG_INVALID')
  expect(stderr).toContain('name one in the URL or PGUSER')
  const named = await ws.run('status -d postgres://127.0.0.1:1/x', { env: { PGUSER: 'u' } })
  expect(named.code).toBe(7)
})
