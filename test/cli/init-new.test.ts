import { describe, expect, it } from 'vitest'
import { type Workspace, workspace } from '../support/cli.ts'
import { readFolder, writeFiles } from '../support/folder.ts'

/** The names of the files that `new` made, without the folder. */
async function made(ws: Workspace, line: string | readonly string[]): Promise<string[]> {
  const { code, stdout, stderr } = await ws.run(line)
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  return stdout
    .trimEnd()
    .split('\n')
    .map((text) => text.replace(/^created .*\//, ''))
}

describe('init', () => {
  it('makes the folder and a configuration file, and new works at once', async () => {
    const ws = await workspace()
    const { code, stdout, stderr } = await ws.run('init')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toBe(`created sqlmig.config.json\ncreated sql\n`)
    expect(await made(ws, 'new add_users')).toEqual(['001_add_users.up.sql', '001_add_users.down.sql'])
  })

  it('changes nothing the second time, and says so', async () => {
    const ws = await workspace()
    await ws.run('init')
    await writeFiles(ws.cwd, { 'sqlmig.config.json': '{ "dir": "sql" }' })
    const { code, stdout, stderr } = await ws.run('init')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('sqlmig.config.json exists already; nothing was overwritten')
    expect((await ws.run('up')).stderr).toContain('no database is named')
  })

  it('makes the folder that an existing configuration names, as in a fresh checkout', async () => {
    const ws = await workspace({
      'sqlmig.config.json': '{ "dir": "db/migrations", "databaseEnv": "NOT_SET" }',
    })
    const missing = await ws.run('new first')
    expect(missing.code).toBe(2)
    expect(missing.stderr).toContain('sqlmig init')
    const { code, stdout } = await ws.run('init')
    expect(code).toBe(0)
    expect(stdout).toBe(`created db/migrations\n`)
    expect(await made(ws, 'new first')).toEqual(['001_first.up.sql', '001_first.down.sql'])
  })

  it('does not put a JSON file before the JavaScript one that is there', async () => {
    const ws = await workspace({ 'sqlmig.config.mjs': "export default { dir: 'm' }" })
    const { stdout } = await ws.run('init')
    expect(stdout).toBe(`created m\n`)
  })

  it('keeps an existing folder and what is in it', async () => {
    const ws = await workspace({ 'sql/001_a.up.sql': 'select 1' })
    const { code, report } = await ws.run('init --json')
    expect(code).toBe(0)
    expect(report.files).toEqual([`${ws.cwd}/sqlmig.config.json`])
    expect(await readFolder(`${ws.cwd}/sql`)).toEqual({ '001_a.up.sql': 'select 1' })
  })

  it('writes a folder that is right from where the configuration file is', async () => {
    const ws = await workspace({ 'conf/x': '' })
    expect((await ws.run('init --config conf/sqlmig.json --dir db')).code).toBe(0)
    expect(await made(ws, 'new first --config conf/sqlmig.json')).toEqual([
      '001_first.up.sql',
      '001_first.down.sql',
    ])
    expect(Object.keys(await readFolder(`${ws.cwd}/db`))).toHaveLength(2)
  })

  it('reads .env as the other commands do', async () => {
    const ws = await workspace({ '.env': 'SQLMIG_DIR=db\n' })
    expect((await ws.run('init')).stdout).toBe('created sqlmig.config.json\ncreated db\n')
    expect(await made(ws, 'new first')).toEqual(['001_first.up.sql', '001_first.down.sql'])
  })

  it('does not write JSON under another name', async () => {
    const ws = await workspace({ x: '' })
    const { code, stdout, stderr } = await ws.run('init --config my.config.mjs')
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toContain('my.config.mjs does not end in .json')
    expect(await readFolder(ws.cwd)).toEqual({ x: '' })
  })

  it('says what it cannot write', async () => {
    const ws = await workspace({ file: '' })
    for (const line of ['init --dir file/sql', 'init --dir file', 'init --config nowhere/x.json']) {
      const { code, stdout, stderr } = await ws.run(line)
      expect([line, code, stdout]).toEqual([line, expect.toBeOneOf([1, 2]), ''])
      expect(stderr).toMatch(/error (FILE_WRITE_FAILED|FILE_EXISTS)/)
      expect(stderr).toContain(ws.cwd)
    }
  })
})

describe('new', () => {
  it.each([
    [[], '001'],
    [['001_a', '002_b'], '003'],
    [['009_a'], '010'],
    [['999_a'], '1000'],
    [['0001_a', '0041_b'], '0042'],
    [['007_a', '0008_b'], '0009'],
    [['99991231235959_a'], '99991231235960'],
  ])('continues %j with %s', async (present, next) => {
    const files = Object.fromEntries(present.map((name) => [`sql/${name}.up.sql`, 'select 1']))
    const ws = await workspace({ 'sql/readme.txt': '', ...files })
    expect(await made(ws, 'new x')).toEqual([`${next}_x.up.sql`, `${next}_x.down.sql`])
  })

  it('continues timestamps with the present time, and takes it with --timestamp', async () => {
    const ws = await workspace({ 'sql/20200101000000_a.up.sql': 'select 1' })
    const now = () => new Date().toISOString().replace(/\D/g, '').slice(0, 14)
    const before = now()
    const [file = ''] = await made(ws, 'new x')
    expect(file).toMatch(/^\d{14}_x\.up\.sql$/)
    const version = file.slice(0, 14)
    expect(version >= before && version <= now()).toBe(true)
    const fresh = await workspace({ 'sql/001_a.up.sql': 'select 1' })
    expect((await made(fresh, 'new x --timestamp'))[0]).toMatch(/^20\d{12}_x\.up\.sql$/)
  })

  it('makes underscores of blanks', async () => {
    const ws = await workspace({ 'sql/x': '' })
    expect((await made(ws, ['new', '  add  user table ']))[0]).toBe('001_add_user_table.up.sql')
  })

  it.each(['', ' ', 'größe', '../evil', 'a/b', 'a.up', '_x', 'a;b', 'a\u001b[2Jb', '名前'])(
    'refuses the name %j and says what a name is',
    async (name) => {
      const ws = await workspace({ 'sql/x': '' })
      const { code, stdout, stderr } = await ws.run(['new', name])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain('cannot be the name of a migration')
      expect(stderr).toContain('letters, digits, - and _')
      expect(stderr).not.toContain('\u001b')
      expect(await readFolder(`${ws.cwd}/sql`)).toEqual({ x: '' })
    },
  )

  it('names the missing folder, and needs no database', async () => {
    const ws = await workspace()
    const { code, stderr } = await ws.run('new x', { env: { DATABASE_URL: '' } })
    expect(code).toBe(2)
    expect(stderr).toContain(`the folder ${ws.cwd}/sql does not exist`)
  })

  it('writes pairs that up takes for unfinished, not for done', async () => {
    const ws = await workspace({ 'sql/x': '' })
    await ws.run('new one')
    await ws.run('new two')
    expect(Object.keys(await readFolder(`${ws.cwd}/sql`))).toEqual([
      '001_one.down.sql',
      '001_one.up.sql',
      '002_two.down.sql',
      '002_two.up.sql',
      'x',
    ])
  })
})
