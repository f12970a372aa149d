import { pbkdf2 } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { DirectoryInUse, lockDirectory, lockFileOf } from '../../src/adapters/pglite/directory-lock.ts'
import { migrationsFolder } from '../support/folder.ts'

const CONTENDERS = [1, 2, 3, 4, 5]

/** Files are worked with in libuv's thread pool; where that is busy, the steps of the contenders fall between each other. */
function delayFileWork() {
  for (let thread = 0; thread < 6; thread++)
    setTimeout(() => pbkdf2('a', 'b', 4000, 32, 'sha256', () => {}), Math.random() * 30)
}

describe('the claim on a data directory', () => {
  it.each([
    ['names no process', 'rubbish'],
    ['names a dead process', '4194305\n'],
  ])('that %s goes to exactly one of many', { timeout: 120_000 }, async (_, left) => {
    const directory = join(await migrationsFolder({}), 'data')
    for (let round = 0; round < 150; round++) {
      await writeFile(lockFileOf(directory), left)
      delayFileWork()
      const claims = await Promise.allSettled(
        CONTENDERS.map(async () => {
          await sleep(Math.random() * 3)
          return await lockDirectory(directory)
        }),
      )
      const got = claims.filter((claim) => claim.status === 'fulfilled')
      const refused = claims.flatMap((claim) => (claim.status === 'rejected' ? [claim.reason] : []))
      expect(got).toHaveLength(1)
      expect(refused.filter((reason) => !(reason instanceof DirectoryInUse))).toEqual([])
      expect(await readFile(lockFileOf(directory), 'utf8')).toBe(`${process.pid}\n`)
      await got[0]?.value()
    }
  })
})
