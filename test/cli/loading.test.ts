import { cp, mkdir, readdir, readFile, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { BINARY, runBinary } from '../support/binary.ts'
import { THREE, workspace } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { migrationsFolder, writeFiles } from '../support/folder.ts'

const ROOT = dirname(dirname(BINARY))
const PACKAGES = [
  'libpg-query',
  '@electric-sql/pglite',
  'testcontainers',
  '@testcontainers/postgresql',
  'diff',
  'postgres',
  'chalk',
]

/** Writes every package and every part of the bundle that is asked for to stderr. */
const HOOK = `
import { register } from 'node:module'
register('data:text/javascript,' + encodeURIComponent(\`
  import { writeSync } from 'node:fs'
  export async function resolve(specifier, context, next) {
    if (!/^(?:[./]|node:|file:|data:)/.test(specifier) || /sqlmig[^/]*\\\\.js$/.test(specifier)) writeSync(2, 'LOADED ' + specifier + '\\\\n')
    return next(specifier, context)
  }
\`))
`

async function loadedBy(args: readonly string[], cwd: string): Promise<string[]> {
  await writeFiles(cwd, { 'hook.mjs': HOOK })
  const node = ['--import', pathToFileURL(join(cwd, 'hook.mjs')).href]
  const { code, stderr } = await runBinary(args, { cwd, node })
  expect([args[0], code]).toEqual([args[0], 0])
  const loaded = [...stderr.matchAll(/^LOADED (.*)$/gm)].map(([, specifier = '']) => specifier)
  const bundled = await Promise.all(loaded.filter(isBundled).map(sourcesOf))
  const from = [...loaded, ...bundled.flat()]
  return PACKAGES.filter((name) => from.some((path) => path === name || path.startsWith(`${name}/`)))
}

const isBundled = (specifier: string) => /sqlmig[^/]*\.js$/.test(specifier)

/** The files of packages in a part of the bundle, by its source map. */
async function sourcesOf(part: string): Promise<string[]> {
  // A part without any code has no map.
  const map = await readFile(join(ROOT, 'dist', `${basename(part)}.map`), 'utf8').catch(() => '{}')
  const { sources = [] } = JSON.parse(map) as { readonly sources?: readonly string[] }
  return sources.flatMap((source) => source.split('node_modules/')[1] ?? [])
}

describe('what is loaded', () => {
  let db: TestDatabase
  beforeAll(async () => {
    db = await createTestDatabase({ cleanup: 'manual' })
    return () => db.drop()
  })

  it('is what a command needs, and no more', async () => {
    const ws = await workspace(THREE)
    const url = ['-d', db.url]
    expect(await loadedBy(['--version'], ws.cwd)).toEqual([])
    expect(await loadedBy(['up', '--help'], ws.cwd)).toEqual([])
    expect(await loadedBy(['new', 'four'], ws.cwd)).not.toContain('postgres')
    await writeFiles(ws.cwd, { 'sql/004_four.up.sql': 'select 1;', 'sql/004_four.down.sql': 'select 1;' })
    expect(await loadedBy(['up', ...url], ws.cwd)).toEqual(['libpg-query', 'postgres', 'chalk'])
    for (const command of ['up', 'status', 'verify', 'plan'])
      expect([command, await loadedBy([command, ...url], ws.cwd)]).toEqual([command, ['postgres', 'chalk']])
    expect(await loadedBy(['status', '--json', ...url], ws.cwd)).toEqual(['postgres'])
  })
})

describe('without the optional package', () => {
  it('a pglite: database is refused with the command that installs it', async () => {
    const home = await migrationsFolder()
    await mkdir(join(home, 'node_modules'))
    for (const name of ['dist', 'bin', 'package.json'])
      await cp(join(ROOT, name), join(home, name), { recursive: true })
    for (const name of await readdir(join(ROOT, 'node_modules')))
      if (!name.startsWith('@') && !name.startsWith('.'))
        await symlink(join(ROOT, 'node_modules', name), join(home, 'node_modules', name))
    const cwd = await migrationsFolder(THREE)
    const program = join(home, 'bin', 'sqlmig.js')
    const { code, stderr } = await runBinary(['up', '-d', 'pglite:./data'], { cwd, program })
    expect(code).toBe(2)
    expect(stderr).toContain(
      'a pglite: database needs the package @electric-sql/pglite, which is not installed',
    )
    expect(stderr).toContain('npm install @electric-sql/pglite')
    expect(await readdir(cwd)).toEqual(['sql'])
  })
})
