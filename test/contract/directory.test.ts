import { execFile } from 'node:child_process'
import { access, chmod, constants, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createDirectorySource, createFileWriter } from '../../src/adapters/directory.ts'
import type { MigrationSource } from '../../src/ports.ts'
import { migrationsFolder, readFolder } from '../support/folder.ts'
import { rejection } from '../support/session.ts'

/** What every source of migrations has to do with the given files. */
function describeSource(adapter: string, sourceOf: (folder: string) => MigrationSource): void {
  describe(adapter, () => {
    it('gives the bytes of every file that ends in .sql, whatever its name', async () => {
      const bytes = new Uint8Array([0xef, 0xbb, 0xbf, 0x61, 0x0d, 0x0a, 0xff])
      const folder = await migrationsFolder({
        '001_a.up.sql': bytes,
        'notes.sql': '',
        'README.md': 'x',
        'B.SQL': 'y',
        '.hidden.sql': 'z',
      })
      const files = await sourceOf(folder).read()
      expect(files.map(({ file }) => file).sort()).toEqual([
        '.hidden.sql',
        '001_a.up.sql',
        'B.SQL',
        'notes.sql',
      ])
      const first = files.find(({ file }) => file === '001_a.up.sql')
      expect(first !== undefined && 'bytes' in first && Uint8Array.from(first.bytes)).toEqual(bytes)
    })

    it('reads more files than it opens at once', async () => {
      const names = Array.from({ length: 200 }, (_, i) => `${i}_x.up.sql`)
      const folder = await migrationsFolder(Object.fromEntries(names.map((name) => [name, name])))
      const files = await sourceOf(folder).read()
      expect(files.map((one) => ('bytes' in one ? Buffer.from(one.bytes).toString() : ''))).toEqual(
        names.toSorted(),
      )
    })

    it('does not look into sub-folders', async () => {
      const folder = await migrationsFolder({ '001_a.up.sql': 'a', 'old/002_b.up.sql': 'b' })
      expect((await sourceOf(folder).read()).map(({ file }) => file)).toEqual(['001_a.up.sql'])
    })

    it('follows no link, not even a good one', async () => {
      const folder = await migrationsFolder({ 'real.txt': 'select 1' })
      await symlink(join(folder, 'real.txt'), join(folder, '001_a.up.sql'))
      await symlink('/nowhere/at/all', join(folder, '001_a.down.sql'))
      expect(await sourceOf(folder).read()).toEqual([
        { file: '001_a.down.sql', problem: 'is a symbolic link' },
        { file: '001_a.up.sql', problem: 'is a symbolic link' },
      ])
    })

    it.skipIf(process.platform === 'win32')('does not wait for the other end of a FIFO', async () => {
      const folder = await migrationsFolder()
      await promisify(execFile)('mkfifo', [join(folder, '001_a.up.sql')])
      expect(await sourceOf(folder).read()).toEqual([
        { file: '001_a.up.sql', problem: 'is not a regular file' },
      ])
    })

    it('names a folder that is called like a migration', async () => {
      const folder = await migrationsFolder()
      await mkdir(join(folder, '001_a.up.sql'))
      expect(await sourceOf(folder).read()).toEqual([{ file: '001_a.up.sql', problem: 'is a folder' }])
    })

    it('names a file that it must not read', async (context) => {
      const folder = await migrationsFolder()
      const path = join(folder, '001_a.up.sql')
      await writeFile(path, 'select 1')
      await chmod(path, 0)
      const readable = await access(path, constants.R_OK).then(
        () => true,
        () => false,
      )
      context.skip(readable, 'this user may read everything')
      expect(await sourceOf(folder).read()).toEqual([
        { file: '001_a.up.sql', problem: 'cannot be read: permission denied' },
      ])
    })

    it('fails where there is no folder, or a file instead', async () => {
      const folder = await migrationsFolder({ file: '' })
      for (const name of ['missing', 'file']) {
        const error = await rejection(sourceOf(join(folder, name)).read())
        expect(error).toMatchObject({ code: 'DIRECTORY_MISSING', exitCode: 2 })
      }
    })

    it('gives nothing for an empty folder', async () => {
      expect(await sourceOf(await migrationsFolder()).read()).toEqual([])
    })
  })
}

describeSource('a directory', createDirectorySource)

describe('a file that stands beside the migrations', () => {
  it('is read like they are, and may be absent', async () => {
    const folder = await migrationsFolder({ 'sqlmig.lock': 'x' })
    await symlink(join(folder, 'sqlmig.lock'), join(folder, 'link'))
    const { readBeside } = createDirectorySource(folder)
    const found = await readBeside('sqlmig.lock')
    expect(found !== undefined && 'bytes' in found && Buffer.from(found.bytes).toString()).toBe('x')
    expect(await readBeside('link')).toEqual({ file: 'link', problem: 'is a symbolic link' })
    expect(await readBeside('other')).toBeUndefined()
    expect(await createDirectorySource(join(folder, 'missing')).readBeside('sqlmig.lock')).toBeUndefined()
  })

  it('is replaced as a whole, and nothing else is left', async () => {
    const folder = await migrationsFolder({ 'sqlmig.lock': 'a longer text than the next' })
    const files = createFileWriter()
    await files.replaceFile(join(folder, 'sqlmig.lock'), 'new')
    await files.replaceFile(join(folder, 'another'), 'made')
    expect(await readFolder(folder)).toEqual({ 'sqlmig.lock': 'new', another: 'made' })
    const refused = await rejection(files.replaceFile(join(folder, 'missing/file'), 'x'))
    expect(refused).toMatchObject({ code: 'FILE_WRITE_FAILED' })
  })
})
