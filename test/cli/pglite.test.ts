import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runBinary } from '../support/binary.ts'
import { pair, THREE, workspace } from '../support/cli.ts'
import { readFolder } from '../support/folder.ts'
import { pgliteTemplate } from '../support/pglite.ts'

const copyTemplate = pgliteTemplate()

async function project(files: Parameters<typeof workspace>[0] = THREE) {
  const ws = await workspace(files)
  await copyTemplate(join(ws.cwd, 'data'))
  return ws
}

describe('a pglite: database', () => {
  it('keeps what was applied between commands', async () => {
    const ws = await project()
    const up = await ws.run('up --steps 2 -d pglite:./data')
    expect(up).toMatchObject({ code: 0, stderr: '' })
    expect(up.stdout).toContain('2 applied')
    const { report } = await ws.run('status -d pglite:data --json')
    expect(report.migrations.map(({ state }) => state)).toEqual(['applied', 'applied', 'pending'])
    expect(report.target).toMatchObject({ database: 'data', server: expect.stringContaining('(PGlite)') })
    expect((await ws.run(`verify -d pglite:${ws.cwd}/data`)).code).toBe(0)
    expect((await ws.run('down --all --yes -d pglite:./data')).stdout).toContain('2 reverted')
    expect((await readdir(ws.cwd)).toSorted()).toEqual(['data', 'sql'])
  })

  it('is made where there is none, with the folders above it', async () => {
    const ws = await workspace(THREE)
    expect((await ws.run('up -d pglite:./new/data')).code).toBe(0)
    expect(await readdir(join(ws.cwd, 'new', 'data'))).toContain('PG_VERSION')
  })

  it('starts from the folder of the configuration file that names it', async () => {
    const ws = await workspace({
      'conf/sqlmig.config.json': '{ "database": "pglite:./data", "dir": "../sql" }',
      ...THREE,
    })
    await copyTemplate(join(ws.cwd, 'conf', 'data'))
    expect((await ws.run('up --config conf/sqlmig.config.json')).code).toBe(0)
    expect(await readdir(ws.cwd)).not.toContain('data')
  })

  it('shows errors as a server does', async () => {
    const ws = await project(pair('001', 'bad', 'select 1;\nselect nope;\n', 'select 1;'))
    const { code, stderr } = await ws.run('up -d pglite:./data')
    expect(code).toBe(1)
    expect(stderr).toContain('at 001_bad.up.sql:2:8')
    expect(stderr).toContain('SQLSTATE 42703')
    expect(stderr).toContain('Nothing of 001 bad was applied.')
  })

  it('loads the data of COPY FROM stdin, and shows a bad row', async () => {
    const table = 'create table t (a int, b text);\n'
    const ws = await project({
      ...pair('001', 't', `${table}copy t from stdin;\n1\t; commit; --\n2\t\\N\n\\.\n`, 'drop table t;\n'),
      ...pair('002', 'bad', 'copy t (a) from stdin;\n1\nbad\n\\.\n', 'delete from t;\n'),
    })
    const up = await ws.run('up -d pglite:./data')
    expect(up.code).toBe(1)
    expect(up.stderr).toContain('at 002_bad.up.sql:3:1')
    expect(up.stderr).toContain('COPY t, line 2, column a: "bad"')
    expect(up.stderr).toContain('001 stays applied')
    const roundtrip = await ws.run('roundtrip --to 001 --scratch pglite --json')
    expect(roundtrip).toMatchObject({ code: 0, report: { findings: [] } })
  })

  it('loads the extensions that files name', async () => {
    const names = ['hstore', 'citext', '"uuid-ossp"', 'pg_trgm', 'vector']
    const sql = names.map((name) => `create extension if not exists ${name};`).join('\n')
    const ws = await workspace(
      pair(
        '001',
        'extensions',
        `${sql}\ncreate table t (id uuid default uuid_generate_v4(), v vector(3), h hstore);`,
        `drop table t;\n${names.map((name) => `drop extension ${name};`).join('\n')}`,
      ),
    )
    expect(await ws.run('up -d pglite:memory')).toMatchObject({ code: 0, stderr: '' })
  })

  it.each(['postgis', '"../../pglite"', 'constructor'])(
    'names the extension %s that it does not have, the file, and a way out',
    async (name) => {
      const ws = await workspace(pair('001', 'geo', `create extension ${name};`, `drop extension ${name};`))
      // Under Vite an import that fails has other errors than under Node.
      const { code, stderr } = await runBinary(['up', '-d', 'pglite:./data'], { cwd: ws.cwd })
      expect(code).toBe(2)
      expect(stderr).toContain(
        `the extension "${name.replaceAll('"', '')}" (001_geo.up.sql) is not available in embedded PostgreSQL`,
      )
      expect(stderr).toContain('use a PostgreSQL server that has it')
      expect(await readdir(ws.cwd)).toEqual(['sql'])
    },
  )
})

describe('a path that cannot hold a database', () => {
  it.each([
    ['pglite:', 2, 'write pglite:./path, pglite:/path or pglite:memory'],
    ['pglite://data', 2, 'write pglite:./path, pglite:/path or pglite:memory'],
    ['pglite:.', 7, 'the folder holds files, and they are not a database'],
    ['pglite:./sql', 7, 'the folder holds files, and they are not a database'],
    ['pglite:./file', 7, 'file is not a folder'],
    ['pglite:./file/data', 7, 'file/data is not a folder'],
    ['pglite:./damaged', 7, 'made by PGlite of the same PostgreSQL version'],
  ])('%s: exit %i, and nothing is touched', async (url, code, says) => {
    const ws = await workspace({ 'sql/001_a.up.sql': 'x', file: 'keep', 'damaged/PG_VERSION': '12\n' })
    const run = await ws.run(['up', '-d', url, '--dir', '.'])
    expect(run.code).toBe(code)
    expect(run.stderr).toContain(says)
    expect((await readdir(ws.cwd)).toSorted()).toEqual(['damaged', 'file', 'sql'])
    expect(await readFolder(join(ws.cwd, 'sql'))).toEqual({ '001_a.up.sql': 'x' })
  })

  it.skipIf(process.platform !== 'linux')('a parent that may not be written: exit 7', async () => {
    const ws = await workspace({ 'sql/x': '' })
    const { code, stderr } = await ws.run('up -d pglite:/sys/sqlmig/data')
    expect(code).toBe(7)
    expect(stderr).toMatch(/E(PERM|ACCES|ROFS)/)
  })
})
