import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
// biome-ignore lint/style/noRestrictedImports: a claim on a directory is a matter between processes
import { kill, pid as ownPid } from 'node:process'

/** Another process works with the embedded database. */
export class DirectoryInUse extends Error {
  readonly pid: number

  constructor(pid: number) {
    super(`process ${pid} is using it`)
    this.pid = pid
  }
}

/**
 * Claims a data directory for this process; PGlite itself lets two processes destroy each other's files. The claim is a file beside the
 * directory that holds the process number. A heartbeat would be no use: a long statement keeps the event loop of its process busy.
 * @returns a function that gives the directory back
 * @throws DirectoryInUse
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const file = `${directory}.lock`
  await mkdir(dirname(file), { recursive: true })
  for (;;) {
    if (await create(file)) return () => rm(file, { force: true })
    const owner = await readOwner(file)
    if (owner !== undefined && isAlive(owner)) throw new DirectoryInUse(owner)
    await removeStale(file, owner)
  }
}

async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx')
    await handle.writeFile(`${ownPid}\n`)
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function readOwner(file: string): Promise<number | undefined> {
  const text = await readFile(file, 'utf8').catch(() => '')
  const pid = Number(text.trim())
  return Number.isInteger(pid) && pid > 0 ? pid : undefined
}

function isAlive(pid: number): boolean {
  try {
    // Signal 0 is never delivered; it only asks whether the process is there (kill(2)).
    kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Renaming takes the file away from one process only; if it was a fresh claim after all, it is put back. */
async function removeStale(file: string, owner: number | undefined): Promise<void> {
  const aside = `${file}.${ownPid}.stale`
  try {
    await rename(file, aside)
  } catch {
    return
  }
  const taken = await readOwner(aside)
  if (taken === owner) await rm(aside, { force: true })
  else await rename(aside, file)
}
