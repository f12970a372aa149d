import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, it } from 'vitest'
import { serverVersion } from '../support/connect.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { bindProject } from '../support/sqlmig.ts'

const corpora = fileURLToPath(new URL('../../../shared/corpora', import.meta.url))
const folders = existsSync(corpora) ? readdirSync(corpora).sort() : []

const PG_DUMP = 'pg_dump'
const PSQL = 'psql'

/** The version of a client program, or nothing when it is not at hand. */
function majorOf(program: string): number | undefined {
  try {
    const text = execFileSync(program, ['--version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return Number(/(\d+)/.exec(text)?.[1])
  } catch {
    return undefined
  }
}

const dumpMajor = majorOf(PG_DUMP)
const clients = dumpMajor !== undefined && majorOf(PSQL) !== undefined

function dumpSchema(url: string): string {
  const text = execFileSync(PG_DUMP, ['--schema-only', '--no-owner', '--exclude-schema', 'sqlmig', url], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  return text.replaceAll(/^\\(?:un)?restrict .*\n/gm, '')
}

function runWithPsql(db: TestDatabase, folder: string): void {
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith('.up.sql'))
    .sort())
    execFileSync(
      PSQL,
      ['--no-psqlrc', '--quiet', '-v', 'ON_ERROR_STOP=1', '-1', '-f', join(folder, file), db.url],
      {
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    )
}

describe.runIf(clients && folders.length > 0)('the migrations of real projects', () => {
  it.for(folders)('%s: as psql runs them', async (name, { skip }) => {
    const folder = join(corpora, name)
    const [ours, theirs] = [await createTestDatabase(), await createTestDatabase()]
    const major = Number((await serverVersion(inject('serverUrl'), 5000)).split('.')[0])
    skip(dumpMajor === undefined || dumpMajor < major, 'pg_dump is older than the server')
    const { sqlmig } = bindProject(ours, folder)
    const report = await sqlmig.up()
    expect(report.error).toBeUndefined()
    expect(report.steps.every(({ status }) => status === 'done')).toBe(true)
    runWithPsql(theirs, folder)
    expect(dumpSchema(ours.url)).toBe(dumpSchema(theirs.url))
    expect(await sqlmig.up()).toMatchObject({ ok: true, steps: [] })
    expect(await sqlmig.verify()).toMatchObject({ ok: true })
  })
})
