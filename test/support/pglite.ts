import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll } from 'vitest'

/** An empty embedded database, made once for the file: copying it is quicker than making another one. */
export function pgliteTemplate(): (to: string) => Promise<void> {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sqlmig-test-pglite-'))
    const database = await PGlite.create(join(folder, 'data'))
    await database.close()
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))
  return (to) => cp(join(folder, 'data'), to, { recursive: true })
}
