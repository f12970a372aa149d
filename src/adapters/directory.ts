import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { appendFile, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SqlmigError } from '../core/errors.ts'
import type { SourceFile } from '../core/migration.ts'
import type { FileWriter, MigrationSource } from '../ports.ts'

const SQL_FILE = /\.sql$/i
const PARALLEL_READS = 16

interface DirectoryOptions {
  /** What a folder that does not exist means; default: an error. */
  readonly missing?: 'error' | 'empty'
}

/** The migrations of one folder. Sub-folders are not looked into. */
export function createDirectorySource(
  directory: string,
  { missing = 'error' }: DirectoryOptions = {},
): MigrationSource {
  return {
    description: directory,
    async read() {
      const names = (await listNames(directory, missing)).filter((name) => SQL_FILE.test(name)).sort()
      const files: SourceFile[] = []
      for (let at = 0; at < names.length; at += PARALLEL_READS) {
        const batch = names.slice(at, at + PARALLEL_READS)
        files.push(...(await Promise.all(batch.map((name) => readOne(directory, name)))))
      }
      return files
    },
    async readBeside(file) {
      const found = await readOne(directory, file)
      return 'problem' in found && found.problem === ABSENT ? undefined : found
    },
  }
}

async function listNames(directory: string, missing: 'error' | 'empty'): Promise<string[]> {
  try {
    return await readdir(directory)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' && missing === 'empty') return []
    if (code === 'ENOENT' || code === 'ENOTDIR')
      throw new SqlmigError('DIRECTORY_MISSING', { directory }, { cause: error })
    throw new SqlmigError(
      'USAGE',
      { problem: `cannot read the folder ${directory}: ${code}` },
      { cause: error },
    )
  }
}

/**
 * Opens without following links and without waiting for the other end of a FIFO, looks at what was opened, and reads that very file:
 * nothing can be exchanged between the look and the read.
 */
async function readOne(directory: string, file: string): Promise<SourceFile> {
  let handle: Awaited<ReturnType<typeof open>>
  try {
    handle = await open(
      join(directory, file),
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    )
  } catch (error) {
    return { file, problem: openProblem((error as NodeJS.ErrnoException).code) }
  }
  try {
    const stats = await handle.stat()
    if (!stats.isFile())
      return { file, problem: stats.isDirectory() ? 'is a folder' : 'is not a regular file' }
    return { file, bytes: await handle.readFile() }
  } catch (error) {
    return { file, problem: `cannot be read (${(error as NodeJS.ErrnoException).code})` }
  } finally {
    await handle.close()
  }
}

const ABSENT = 'is not there'

function openProblem(code: string | undefined): string {
  // O_NOFOLLOW makes a symbolic link fail with ELOOP, on FreeBSD with EMLINK.
  if (code === 'ELOOP' || code === 'EMLINK') return 'is a symbolic link'
  if (code === 'ENOENT' || code === 'ENOTDIR') return ABSENT
  if (code === 'ENXIO') return 'is not a regular file'
  if (code === 'EACCES' || code === 'EPERM') return 'cannot be read: permission denied'
  return `cannot be read (${code})`
}

/** Creates folders and files. */
export function createFileWriter(): FileWriter {
  return {
    async createDirectory(path) {
      try {
        return (await mkdir(path, { recursive: true })) !== undefined
      } catch (error) {
        throw writeFailed(path, error)
      }
    },
    async createFile(path, content) {
      try {
        const handle = await open(path, 'wx')
        await handle.writeFile(content)
        await handle.close()
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST')
          throw new SqlmigError('FILE_EXISTS', { file: path })
        throw writeFailed(path, error)
      }
    },
    async appendToFile(path, content) {
      try {
        await appendFile(path, content)
      } catch (error) {
        throw writeFailed(path, error)
      }
    },
    async replaceFile(path, content) {
      const draft = `${path}.${randomUUID()}.tmp`
      try {
        await writeFile(draft, content)
        await rename(draft, path)
      } catch (error) {
        await rm(draft, { force: true })
        throw writeFailed(path, error)
      }
    },
  }
}

function writeFailed(file: string, error: unknown): SqlmigError {
  const reason = (error as NodeJS.ErrnoException).code ?? 'unknown reason'
  return new SqlmigError('FILE_WRITE_FAILED', { file, reason }, { cause: error })
}
