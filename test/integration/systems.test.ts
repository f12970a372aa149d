import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { PGlite } from '@electric-sql/pglite'
import { vector } from '@electric-sql/pglite-pgvector'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSqlmig } from '../../src/index.ts'
import { createTestDatabase } from '../support/database.ts'
import { bindProject, catalogOf, errorCodes, historyOf, stepsOf } from '../support/sqlmig.ts'

const sql = (system: string) => fileURLToPath(new URL(`../../sql/${system}`, import.meta.url))
const broken = fileURLToPath(new URL('../fixtures/tax-assistant-broken', import.meta.url))

/** An embedded database in a folder of its own, which outlives the session of one command. */
function embedded(dir: string) {
  const path = join(tmpdir(), `sqlmig-test-pglite-${crypto.randomUUID()}`)
  onTestFinished(() => rm(path, { recursive: true, force: true }))
  const sqlmig = createSqlmig({ database: `pglite:${path}`, dir })
  const ask = async (query: string): Promise<unknown[]> => {
    const database = await PGlite.create(path, { extensions: { vector } })
    try {
      return (await database.query(query)).rows
    } finally {
      await database.close()
    }
  }
  return { sqlmig, ask }
}

const ownTables = "select count(*)::int as n from pg_tables where schemaname = 'public'"
const ownEnums =
  "select count(*)::int as n from pg_type where typtype = 'e' and typnamespace = 'public'::regnamespace"

describe.each([
  ['knowledge-mcp', 2],
  ['bookstore', 0],
])('%s on the server', (system, count) => {
  it('goes up and back to nothing, and stays as it is when asked twice', async () => {
    const db = await createTestDatabase()
    const { sqlmig } = bindProject(db, sql(system))
    const empty = await catalogOf(db.url)
    const up = await sqlmig.up()
    expect(up.error).toBeUndefined()
    expect(up).toMatchObject({ ok: true, exitCode: 0 })
    expect(up.steps.filter((step) => step.status === 'done')).toHaveLength(count)
    const there = await catalogOf(db.url)
    const rows = await historyOf(db)
    expect(await sqlmig.up()).toMatchObject({ ok: true, steps: [] })
    expect(await historyOf(db)).toEqual(rows)
    expect(await sqlmig.status()).toMatchObject({ exitCode: 0, findings: [] })
    expect(await sqlmig.verify()).toMatchObject({ exitCode: 0, findings: [] })
    expect(await sqlmig.down({ to: { kind: 'all' } })).toMatchObject({ ok: true })
    expect(await catalogOf(db.url)).toEqual(empty)
    expect(await sqlmig.up()).toMatchObject({ ok: true })
    expect(await catalogOf(db.url)).toEqual(there)
  })
})

describe.each([
  ['knowledge-mcp', 2, 4],
  ['soma-agent', 12, 5],
  ['tax-assistant', 11, 1],
  ['bookstore', 0, 0],
])('%s on embedded PostgreSQL', (system, tables, enums) => {
  it(`makes ${tables} tables and ${enums} enums, and takes them away again`, async () => {
    const { sqlmig, ask } = embedded(sql(system))
    const up = await sqlmig.up()
    expect(up.error).toBeUndefined()
    expect(up.ok).toBe(true)
    expect(await ask(ownTables)).toEqual([{ n: tables }])
    expect(await ask(ownEnums)).toEqual([{ n: enums }])
    expect(await sqlmig.up()).toMatchObject({ ok: true, steps: [] })
    expect(await sqlmig.status()).toMatchObject({ exitCode: 0, findings: [] })
    expect(await sqlmig.verify()).toMatchObject({ exitCode: 0, findings: [] })
    expect(await sqlmig.down({ to: { kind: 'all' } })).toMatchObject({ ok: true })
    expect(await ask(ownTables)).toEqual([{ n: 0 }])
    expect(await ask(ownEnums)).toEqual([{ n: 0 }])
    expect(await sqlmig.up()).toMatchObject({ ok: true })
    expect(await ask(ownTables)).toEqual([{ n: tables }])
  })
})

describe('the broken first migration of tax-assistant', () => {
  it('fails at the second up, because its down left the enum behind', async () => {
    const { sqlmig } = embedded(broken)
    expect(await sqlmig.up()).toMatchObject({ ok: true })
    expect(await sqlmig.down()).toMatchObject({ ok: true })
    const again = await sqlmig.up()
    expect(again).toMatchObject({
      ok: false,
      exitCode: 1,
      error: { code: 'STATEMENT_FAILED', sqlstate: '42710' },
    })
    expect(again.error?.message).toContain('taskstatus')
    expect(again.error?.location?.file).toBe('001_initial_schema.up.sql')
    expect(again.error?.location?.line).toBeGreaterThan(0)
    expect(stepsOf(again)).toEqual(['apply 001 failed'])
    expect(errorCodes(again)).toEqual([])
  })
})
