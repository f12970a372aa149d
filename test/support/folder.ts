import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'

export type FileContents = Readonly<Record<string, string | Uint8Array>>

/** A temporary folder with these files, gone at the end of the test. */
export async function migrationsFolder(files: FileContents = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sqlmig-test-folder-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await writeFiles(folder, files)
  return folder
}

export async function writeFiles(folder: string, files: FileContents): Promise<void> {
  for (const [name, contents] of Object.entries(files)) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, contents)
  }
}

export async function readFolder(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).toSorted()
  const entries = names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)
  return Object.fromEntries(await Promise.all(entries))
}

export async function deleteFiles(folder: string, ...names: string[]): Promise<void> {
  for (const name of names) await rm(join(folder, name))
}
