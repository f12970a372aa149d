import { describe, expect, it } from 'vitest'
import { workspace } from '../support/cli.ts'

const CONFIG = 'sqlmig.config.json'
/** Nothing listens on port 1, so the message of the failed connection tells which setting won. */
const at = (name: string) => `postgres://u@127.0.0.1:1/${name}`

describe('which database is meant', () => {
  it('takes the flag, SQLMIG_DATABASE, the file, DATABASE_URL, PG*, in this order', async () => {
    const env = {
      SQLMIG_DATABASE: at('variable'),
      DATABASE_URL: at('database_url'),
      PGHOST: '127.0.0.1',
      PGPORT: '1',
      PGUSER: 'u',
      PGDATABASE: 'libpq',
    }
    const files = { [CONFIG]: JSON.stringify({ database: at('file') }), 'sql/x': '' }
    const ws = await workspace(files)
    const bare = await workspace({ 'sql/x': '' })
    const found = async (where: typeof ws, line: string, given: Record<string, string | undefined>) => {
      const { code, stderr } = await where.run(line, { env: given })
      expect(code).toBe(7)
      return /cannot connect to (\w+) on 127\.0\.0\.1:1:/.exec(stderr)?.[1]
    }
    expect(await found(ws, `status -d ${at('flag')}`, env)).toBe('flag')
    expect(await found(ws, 'status', env)).toBe('variable')
    const { SQLMIG_DATABASE: _, ...withoutVariable } = env
    expect(await found(ws, 'status', withoutVariable)).toBe('file')
    expect(await found(bare, 'status', withoutVariable)).toBe('database_url')
    const { DATABASE_URL: __, ...onlyLibpq } = withoutVariable
    expect(await found(bare, 'status', onlyLibpq)).toBe('libpq')
  })

  it('reads the variable that databaseEnv names, from the environment before .env', async () => {
    const ws = await workspace({
      [CONFIG]: JSON.stringify({ databaseEnv: 'SA01_DB_DSN' }),
      '.env': `SA01_DB_DSN=${at('dotenv')}\n`,
      'sql/x': '',
    })
    const fromFile = await ws.run('status', { env: { DATABASE_URL: at('other') } })
    expect(fromFile.stderr).toContain('cannot connect to dotenv on')
    const fromEnvironment = await ws.run('status', { env: { SA01_DB_DSN: at('real') } })
    expect(fromEnvironment.stderr).toContain('cannot connect to real on')
  })

  it('does not fall back when the variable that databaseEnv names is not set', async () => {
    const ws = await workspace({ [CONFIG]: JSON.stringify({ databaseEnv: 'SA01_DB_DSN' }) })
    const { code, stderr } = await ws.run('status', { env: { DATABASE_URL: at('other') } })
    expect(code).toBe(2)
    expect(stderr).toContain(
      'the environment variable SA01_DB_DSN is not set (databaseEnv in sqlmig.config.json',
    )
  })

  it('reads .env of the working directory, and the environment wins', async () => {
    const ws = await workspace({ '.env': `# ours\nDATABASE_URL="${at('dotenv')}"\n`, 'sql/x': '' })
    expect((await ws.run('status')).stderr).toContain('cannot connect to dotenv on')
    const { stderr } = await ws.run('status', { env: { DATABASE_URL: at('real') } })
    expect(stderr).toContain('cannot connect to real on')
  })

  it.each(['', '  '])('refuses an empty URL ("%s") from wherever it comes', async (empty) => {
    const ws = await workspace({ 'sql/x': '' })
    const flag = await ws.run(['status', `--database=${empty}`])
    expect(flag.code).toBe(2)
    expect(flag.stderr).toContain('--database is empty')
    for (const name of ['SQLMIG_DATABASE', 'DATABASE_URL']) {
      const { code, stderr } = await ws.run('status', { env: { [name]: empty } })
      expect(code).toBe(2)
      expect(stderr).toContain(`${name} is empty`)
    }
  })

  it.each([
    'hello',
    'jdbc:postgresql://u:s3cret@127.0.0.1/x',
    'mysql://u:s3cret@127.0.0.1/x',
    'postgres:x',
    'sqlite:a',
  ])('refuses %s without connecting', async (url) => {
    const ws = await workspace({ 'sql/x': '' })
    const { code, stderr } = await ws.run(['status', '-d', url])
    expect(code).toBe(2)
    expect(stderr).toContain('begins with none of postgres://, postgresql:// and pglite:')
    expect(stderr).not.toContain('s3cret')
  })

  it.each([{}, { PGUSER: 'u' }, { PGPASSWORD: 'x', PGPORT: '1' }])(
    'with %o nothing is named: exit 2 and how to name one',
    async (env) => {
      const ws = await workspace({ 'sql/x': '' })
      const { code, stderr } = await ws.run('up', { env })
      expect(code).toBe(2)
      for (const way of ['--database', 'SQLMIG_DATABASE', 'DATABASE_URL', 'PGHOST', 'pglite:./path'])
        expect(stderr).toContain(way)
    },
  )
})

describe('the other settings', () => {
  it('take the flag, then SQLMIG_*, then the file', async () => {
    const ws = await workspace({ [CONFIG]: JSON.stringify({ history: 'file', dir: 'from_file' }) })
    const problem = async (line: string, env: Record<string, string>) => (await ws.run(line, { env })).stderr
    expect(await problem('up --history flag', { SQLMIG_HISTORY: 'variable' })).toContain('--history: "flag"')
    expect(await problem('up', { SQLMIG_HISTORY: 'variable' })).toContain('SQLMIG_HISTORY: "variable"')
    expect(await problem('up', {})).toContain('sqlmig.config.json: history: "file"')
    expect(await problem('up', { SQLMIG_LOCK_WAIT: 'x' })).toContain('"file"')
    expect(await problem('up --history a.b', { SQLMIG_LOCK_WAIT: 'x' })).toContain('SQLMIG_LOCK_WAIT: "x"')
  })

  it('look for the folder from where it was named', async () => {
    const ws = await workspace({
      [CONFIG]: JSON.stringify({ dir: 'a' }),
      'conf/other.json': JSON.stringify({ dir: '../b', database: 'pglite:memory' }),
      'conf/js.mjs': "export default { dir: 'c', database: 'pglite:memory' }",
    })
    const missing = async (line: string, env = {}) => (await ws.run(line, { env })).stderr
    const named = (folder: string) => `the folder ${ws.cwd}/${folder} does not exist`
    expect(await missing('up -d pglite:memory')).toContain(named('a'))
    expect(await missing('up --config conf/other.json')).toContain(named('b'))
    expect(await missing('up', { SQLMIG_CONFIG: 'conf/js.mjs' })).toContain(named('conf/c'))
    expect(await missing('up -d pglite:memory --dir d')).toContain(named('d'))
    expect(await missing('up -d pglite:memory', { SQLMIG_DIR: 'e' })).toContain(named('e'))
  })

  it('do not take the working directory for a folder without a name', async () => {
    const ws = await workspace()
    const flag = await ws.run(['up', '--dir=', '-d', 'pglite:memory'])
    expect(flag).toMatchObject({ code: 2 })
    expect(flag.stderr).toContain('--dir: the folder of the migrations has no name')
    const variable = await ws.run('up -d pglite:memory', { env: { SQLMIG_DIR: '' } })
    expect(variable.stderr).toContain('SQLMIG_DIR: the folder')
    const config = await ws.run('up', { env: { SQLMIG_CONFIG: '' } })
    expect(config.stderr).toContain('SQLMIG_CONFIG: the configuration file has no name')
  })
})
