import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type Environment,
  type Flags,
  findConfigFile,
  parseHistoryName,
  resolveConfig,
} from '../../src/config.ts'
import { isSqlmigError } from '../../src/core/errors.ts'
import { type FileContents, migrationsFolder } from '../support/folder.ts'

async function resolved(files: FileContents, flags: Flags = {}, env: Environment = {}) {
  const cwd = await migrationsFolder(files)
  return { cwd, config: await resolveConfig(flags, env, cwd) }
}

const json = (content: object) => ({ 'sqlmig.config.json': JSON.stringify(content) })

describe('resolveConfig', () => {
  it('has defaults for everything but the database', async () => {
    const { cwd, config } = await resolved({})
    expect(config).toEqual({
      database: undefined,
      dir: join(cwd, 'sql'),
      history: { schema: 'sqlmig', table: 'history' },
      lockWaitMs: 60_000,
      lockTimeoutMs: 5000,
      statementTimeoutMs: 0,
      searchPath: undefined,
      environment: {},
    })
  })

  it('reads every key of the file', async () => {
    const { cwd, config } = await resolved(
      json({
        $schema: 'x',
        dir: 'db',
        database: ' pglite:./data ',
        history: 'Ops.Log',
        lockWait: '500ms',
        lockTimeout: '1min',
        statementTimeout: '2h',
        searchPath: 'app, public',
      }),
    )
    expect(config).toMatchObject({
      database: { url: 'pglite:./data', source: 'sqlmig.config.json: database', directory: cwd },
      dir: join(cwd, 'db'),
      history: { schema: 'Ops', table: 'Log' },
      lockWaitMs: 500,
      lockTimeoutMs: 60_000,
      statementTimeoutMs: 7_200_000,
      searchPath: 'app, public',
    })
  })

  it.each([
    ['sqlmig.config.json', '{ "dir": "x" }'],
    ['sqlmig.config.js', "module.exports = { dir: 'x' }"],
    ['sqlmig.config.js', "export default { dir: 'x' }"],
    ['sqlmig.config.mjs', "export default { dir: ['x'][0] }"],
  ])('finds %s', async (name, content) => {
    const { cwd, config } = await resolved({ [name]: content })
    expect(config.dir).toBe(join(cwd, 'x'))
  })

  it('takes durations from flag, variable and file, each for itself', async () => {
    const file = json({ lockWait: '1s', lockTimeout: '1s', statementTimeout: '1s' })
    const { config } = await resolved(
      file,
      { lockWait: '3s' },
      { SQLMIG_LOCK_WAIT: '2s', SQLMIG_LOCK_TIMEOUT: '2s' },
    )
    expect(config).toMatchObject({ lockWaitMs: 3000, lockTimeoutMs: 2000, statementTimeoutMs: 1000 })
  })

  it('says where the database was named', async () => {
    const source = async (flags: Flags, env: Environment) =>
      (await resolved({}, flags, env)).config.database?.source
    expect(await source({ database: 'x' }, {})).toBe('--database')
    expect(await source({}, { SQLMIG_DATABASE: 'x' })).toBe('SQLMIG_DATABASE')
    expect(await source({}, { DATABASE_URL: 'x' })).toBe('DATABASE_URL')
    expect(await source({}, { PGDATABASE: 'x' })).toBe('PGHOST, PGDATABASE')
    expect(await source({}, { PGUSER: 'x' })).toBeUndefined()
  })

  it('does not look for a database where none is needed', async () => {
    const cwd = await migrationsFolder(json({ databaseEnv: 'NOT_SET', dir: 'db' }))
    const { database, dir } = await resolveConfig({}, { DATABASE_URL: '' }, cwd, 'unused')
    expect({ database, dir }).toEqual({ database: undefined, dir: join(cwd, 'db') })
    await expect(resolveConfig({}, {}, cwd)).rejects.toThrow('NOT_SET is not set')
  })

  it('adds .env to the environment and overrides nothing, not even with undefined', async () => {
    const files = { '.env': 'A=file\nB=file\nPGPASSWORD="with # and blank"\n' }
    const { config } = await resolved(files, {}, { A: 'real', B: undefined })
    expect(config.environment).toEqual({ A: 'real', B: 'file', PGPASSWORD: 'with # and blank' })
  })

  it('says so when .env is a folder', async () => {
    await expect(resolved({ '.env/x': '' })).rejects.toThrow('.env: cannot be read (EISDIR)')
  })
})

describe('findConfigFile', () => {
  it('prefers JSON, and looks only for the one that is named', async () => {
    const cwd = await migrationsFolder({ 'sqlmig.config.mjs': '', 'sqlmig.config.json': '' })
    expect(await findConfigFile(undefined, cwd)).toBe(join(cwd, 'sqlmig.config.json'))
    expect(await findConfigFile('sqlmig.config.mjs', cwd)).toBe(join(cwd, 'sqlmig.config.mjs'))
    expect(await findConfigFile('other.json', cwd)).toBeUndefined()
  })
})

describe('parseHistoryName', () => {
  it.each(['sqlmig.history', 'App.Log', 'ä.ö', `${'s'.repeat(63)}.t`])('takes %s as it is', (value) => {
    const [schema, table] = value.split('.')
    expect(parseHistoryName({ value, source: 'test' })).toEqual({ schema, table })
  })

  it.each(['', 'x', '.x', 'x.', 'a.b.c', '"a".b', 'a b.c', 'a.b\n', `${'ä'.repeat(32)}.t`])(
    'refuses %j',
    (value) => {
      expect(() => parseHistoryName({ value, source: 'test' })).toThrow(
        expect.toSatisfy((error: unknown) => isSqlmigError(error, 'CONFIG_INVALID')),
      )
    },
  )
})
