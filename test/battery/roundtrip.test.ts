import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, type TestContext } from 'vitest'
import type { Finding } from '../../src/core/finding.ts'
import type { Report } from '../../src/core/run.ts'
import { createSqlmig } from '../../src/index.ts'
import type { CorrectCase, Needs } from '../fixtures/roundtrip-battery/case.ts'
import { batteryCases, correctCases } from '../fixtures/roundtrip-battery/index.ts'
import { subscriptions } from '../fixtures/roundtrip-battery/subscriptions.ts'
import { withConnection } from '../support/connect.ts'

let root: string
let major: number
let extensions: ReadonlySet<string>

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sqlmig-battery-'))
  await withConnection(inject('serverUrl'), async (sql) => {
    const [server] = await sql`select current_setting('server_version_num')::int / 10000 as major`
    major = server?.['major'] as number
    const rows = await sql`select name from pg_available_extensions`
    extensions = new Set(rows.map((row) => row['name'] as string))
  })
})

afterAll(() => rm(root, { recursive: true, force: true }))

describe.concurrent('a down that leaves one trace', () => {
  for (const [index, one] of [...batteryCases, ...subscriptions].entries())
    it(one.name, async (context) => {
      skipUnlessPossible(context, one.needs)
      const { findings } = await prove(`leak-${index}`, one)
      const { codes, object, kind } = one.expect
      const found = findings.find((each) => codes.includes(each.code) && each.object?.name === object)
      expect(found, texts(findings)).toMatchObject({
        version: '002',
        object: kind === undefined ? { name: object } : { name: object, kind: kind.replaceAll('-', ' ') },
      })
      expect(texts(findings.filter((each) => each !== found))).toBe('')
    })
})

describe.concurrent('a down that takes everything back', () => {
  for (const [index, one] of correctCases.entries())
    it(one.name, async (context) => {
      skipUnlessPossible(context, one.needs)
      const { findings, exitCode } = await prove(`correct-${index}`, one)
      expect(texts(findings)).toBe('')
      expect(exitCode).toBe(0)
    })
})

async function prove(name: string, one: CorrectCase): Promise<Report> {
  const dir = join(root, name)
  await mkdir(dir)
  const { setup = '', setupDown = '', up, down, noTransaction } = one
  const head = noTransaction === true ? '-- sqlmig: no-transaction\n' : ''
  const files = {
    '001_setup.up.sql': setup,
    '001_setup.down.sql': setupDown,
    '002_case.up.sql': `${head}${up}`,
    '002_case.down.sql': `${head}${down}`,
  }
  for (const [file, text] of Object.entries(files))
    if (setup !== '' || !file.startsWith('001')) await writeFile(join(dir, file), text)
  const sqlmig = createSqlmig({ database: inject('serverUrl'), dir, scratch: 'server' })
  return sqlmig.roundtrip({ mode: 'each' })
}

function skipUnlessPossible({ skip }: TestContext, needs: Needs = {}): void {
  const { minMajor = 0, maxMajor = 99, extension } = needs
  if (major < minMajor || major > maxMajor) skip(`not on PostgreSQL ${major}`)
  if (extension !== undefined && !extensions.has(extension)) skip(`${extension} is not available`)
}

function texts(findings: readonly Finding[]): string {
  return findings.map(({ code, message, object }) => `${code} ${object?.name ?? ''}: ${message}`).join('\n')
}
