import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { passwordFrom, readPassfile } from '../../src/adapters/postgres/passfile.ts'

const owner = { host: 'h', port: '5432', database: 'db', user: 'u' }
const find = (text: string, wanted = owner) => passwordFrom({ lines: text.split('\n') }, wanted)

async function file(content: string, mode = 0o600): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlmig-passfile-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'pass'), content, { mode })
  await chmod(join(folder, 'pass'), mode)
  return join(folder, 'pass')
}

it.each<[string, string | undefined]>([
  ['h:5432:db:u:secret', 'secret'],
  ['*:*:*:*:secret', 'secret'],
  ['h:5432:db:u:se\\:cr\\\\et', 'se:cr\\et'],
  ['h:5432:db:u:secret:rest', 'secret'],
  ['other:5432:db:u:no\nh:5432:db:u:first\nh:5432:db:u:second', 'first'],
  ['# h:5432:db:u:secret', undefined],
  ['h:5433:db:u:secret', undefined],
  ['h:5432:db:v:secret', undefined],
  ['h:5432:db:u', undefined],
  ['h:5432:db:u:', undefined],
  ['H:5432:db:u:secret', undefined],
  ['h*:5432:db:u:secret', undefined],
  ['\\*:5432:db:u:secret', undefined],
  [':5432:db:u:secret', undefined],
  ['', undefined],
])('%j holds %j', (text, expected) => {
  expect(find(text)).toBe(expected)
})

it('takes names with colons, backslashes and stars literally where they are escaped', () => {
  const wanted = { host: '::1', port: '5432', database: 'a\\b', user: '*' }
  expect(find('\\:\\:1:5432:a\\\\b:\\*:secret', wanted)).toBe('secret')
  expect(find('::1:5432:a\\\\b:*:secret', wanted)).toBeUndefined()
})

it('is not read when others may read or write it, when it is a folder, or when it is not there', async () => {
  const text = '*:*:*:*:secret\n'
  for (const mode of [0o600, 0o400, 0o700])
    expect(readPassfile(await file(text, mode))).toEqual({ lines: ['*:*:*:*:secret', ''] })
  for (const mode of [0o640, 0o604, 0o620, 0o601]) {
    const { lines, warning } = readPassfile(await file(text, mode))
    expect(lines).toEqual([])
    expect(warning).toContain('0600')
    expect(warning).not.toContain('secret')
  }
  const path = await file('')
  expect(readPassfile(`${path}/below`)).toEqual({ lines: [] })
  expect(readPassfile(`${path}-not-there`)).toEqual({ lines: [] })
  await mkdir(`${path}.d`)
  expect(readPassfile(`${path}.d`)).toMatchObject({
    lines: [],
    warning: expect.stringContaining('plain file'),
  })
})

it('may have the line ends of Windows', async () => {
  expect(passwordFrom(readPassfile(await file('h:5432:db:u:secret\r\n')), owner)).toBe('secret')
})
