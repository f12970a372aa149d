import { describe, expect, it } from 'vitest'
import { pair, workspace } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'

const FILES = {
  ...pair(
    '001',
    'base',
    'create table base (id int);\ninsert into base values (1), (1);\n',
    'drop table base;\n',
  ),
  ...pair(
    '002',
    'index',
    '-- sqlmig: no-transaction\ncreate table half ();\n\ncreate unique index concurrently base_id on base (id);\n',
    '-- sqlmig: no-transaction\ndrop index concurrently base_id;\ndrop table half;\n',
  ),
}

async function stopped() {
  const db = await createTestDatabase()
  const space = await workspace(FILES, { env: { DATABASE_URL: db.url } })
  const first = await space.run('up')
  return { db, space, first }
}

describe('up --resume', () => {
  it('says what stopped in the words of status, and goes on once it is mended', async () => {
    const { db, space, first } = await stopped()
    expect(first.code).toBe(1)
    expect(first.stderr).toContain('it is incomplete now; sqlmig status shows how to go on')
    for (const command of ['status', 'verify', 'up']) {
      const { code, stderr } = await space.run(command)
      expect(code).toBe(4)
      expect(stderr).toContain(
        'error INCOMPLETE: 002 index runs without a transaction and stopped midway (up)',
      )
      expect(stderr).toContain('(line 4): create unique index concurrently base_id on base (id)')
      expect(stderr).toContain('sqlmig up --resume drops what is left behind and runs statement 2')
      expect(stderr).toContain('DROP INDEX CONCURRENTLY "public"."base_id";')
    }
    await db.sql`delete from base`
    const resumed = await space.run('up --resume')
    expect(resumed).toMatchObject({ code: 0, stderr: '' })
    expect(resumed.stdout).toContain('applied  002 index')
    const { stdout } = await space.run('history')
    expect(stdout).toContain('resumed at statement 2: it had failed')
    expect(stdout).not.toMatch(/v1:[0-9a-f]{64}.*\n.*head/)
  })

  it('prints one document', async () => {
    const { space } = await stopped()
    const refused = await space.run('up --resume=skip --json')
    expect(refused.code).toBe(4)
    expect(refused.report).toMatchObject({
      command: 'up',
      exitCode: 4,
      error: { code: 'RESUME_REFUSED' },
      findings: [
        {
          code: 'INCOMPLETE',
          location: { file: '002_index.up.sql', line: 4, column: 1 },
          facts: {
            failed: 2,
            leftovers: 'public.base_id',
            repair: 'DROP INDEX CONCURRENTLY "public"."base_id";',
          },
        },
      ],
    })
  })

  it.each([
    ['up --resume=maybe', '--resume takes no "maybe"'],
    ['up --resume --single-transaction', 'exclude each other'],
    ['down --resume --steps 2', 'exclude each other'],
    ['down --resume --all', 'exclude each other'],
    ['redo --resume', 'unknown argument: --resume'],
  ])('%s is a usage error', async (line, words) => {
    const space = await workspace(FILES, { env: { DATABASE_URL: 'postgres://nowhere.invalid/x' } })
    const { code, stderr } = await space.run(line)
    expect(code).toBe(2)
    expect(stderr).toContain(words)
  })

  it('goes on with a down, too', async () => {
    const { db, space } = await stopped()
    await db.sql`delete from base`
    await space.run('up --resume=retry')
    await db.sql`create view uses as select from half`
    expect((await space.run('down')).code).toBe(1)
    expect((await space.run('up --resume')).code).toBe(4)
    await db.sql`drop view uses`
    const down = await space.run('down --resume')
    expect(down.code).toBe(0)
    expect(down.stdout).toContain('reverted 002 index')
    const nothing = await space.run('down --resume')
    expect(nothing.code).toBe(0)
    expect(nothing.stdout).toContain('nothing to do')
  })
})
