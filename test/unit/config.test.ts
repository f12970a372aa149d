import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  type Environment,
  type Flags,
  parseHistoryName,
  resolveConfig,
  resolveInit,
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
    expect(await source({}, { PGDATABASE: 'x' })).toBe('PGDATABASE')
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

  it('takes a folder called .env for none: Python keeps virtual environments there', async () => {
    const { config } = await resolved({ '.env/bin/x': '' })
    expect(config.environment).toEqual({})
  })

  it.each([
    ['sqlmig.config.mjs', "export const dir = 'x'"],
    ['sqlmig.config.mjs', 'export default undefined'],
  ])('refuses %s without a default export (%s)', async (name, content) => {
    await expect(resolved({ [name]: content })).rejects.toThrow(`${name}: the default export is missing`)
  })

  it('refuses a databaseEnv that is no variable, without repeating it', async () => {
    for (const databaseEnv of ['postgres://u:s3cret@h/d', 's3cret value', '']) {
      const refusal = await resolved(json({ databaseEnv })).catch((error: unknown) => error)
      expect(String(refusal)).toContain('databaseEnv must be the name of an environment variable')
      expect(String(refusal)).not.toContain('s3cret')
    }
  })
})

describe('resolveInit', () => {
  it('finds what the other commands find: in .env, in a variable, in the first file that is there', async () => {
    const cwd = await migrationsFolder({ '.env': 'SQLMIG_DIR=db\n' })
    expect(await resolveInit({}, {}, cwd)).toEqual({
      configFile: join(cwd, 'sqlmig.config.json'),
      dir: join(cwd, 'db'),
    })
    const named = await resolveInit({}, { SQLMIG_CONFIG: 'a/b.json', SQLMIG_DIR: 'x' }, cwd)
    expect(named).toEqual({ configFile: join(cwd, 'a/b.json'), dir: join(cwd, 'x') })
    const js = await migrationsFolder({ 'sqlmig.config.mjs': "export default { dir: 'm' }" })
    expect(await resolveInit({}, {}, js)).toEqual({
      configFile: join(js, 'sqlmig.config.mjs'),
      dir: join(js, 'm'),
    })
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
