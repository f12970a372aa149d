import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { serverVersion, withConnection } from '../support/connect.ts'
import { migrationsFolder } from '../support/folder.ts'
import { freePort, reachableTemp } from '../support/server-embedded.ts'
import { documentOf, falseClaims, isFinished } from './claims.ts'
import { type Lab, type LabDatabase, openLab, runTool } from './lab.ts'
import { serverUser } from './own-server.ts'
import { TWO } from './shape.ts'
import { look } from './world.ts'

const missing = whyNot()

function whyNot(): string | undefined {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is none on the PATH (Debian: apt-get install pgbouncer)'
  }
}

interface Pooler {
  urlOf(db: LabDatabase): string
  stop(): Promise<void>
}

/** What sqlmig sends when it connects; a pooler knows few of them, and refuses a client that sends others unless it is told to ignore them. */
const STARTUP = `bytea_output client_connection_check_interval client_min_messages default_transaction_deferrable
  default_transaction_isolation default_transaction_read_only extra_float_digits idle_in_transaction_session_timeout
  idle_session_timeout lock_timeout options search_path statement_timeout synchronous_commit tcp_keepalives_count
  tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout transaction_timeout`

/** In transaction mode, where one client's messages can go to several server sessions. */
async function startPooler({ role }: Lab, ignored: string): Promise<Pooler> {
  const home = await mkdtemp(join(await reachableTemp(), 'sqlmig-pooler-'))
  await chmod(home, 0o755)
  const target = new URL(inject('serverUrl'))
  const port = await freePort()
  await writeFile(join(home, 'users.txt'), `"${role.name}" "${role.password}"\n`)
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    auth_type: 'scram-sha-256',
    auth_file: join(home, 'users.txt'),
    pool_mode: 'transaction',
    default_pool_size: 4,
    unix_socket_dir: '',
    ignore_startup_parameters: ignored,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}`)
  const databases = `[databases]\n* = host=${target.hostname} port=${target.port || 5432}\n`
  await writeFile(join(home, 'pooler.ini'), `${databases}[pgbouncer]\n${lines.join('\n')}\n`)
  const user = serverUser()
  const child = spawn(
    'pgbouncer',
    ['-q', ...(user === undefined ? [] : ['-u', user]), join(home, 'pooler.ini')],
    {
      stdio: 'ignore',
    },
  )
  const urlOf = (db: LabDatabase) => {
    const url = new URL(db.url)
    url.hostname = '127.0.0.1'
    url.port = String(port)
    return url.href
  }
  return { urlOf, stop: () => end(child, home) }
}

async function end(child: ChildProcess, home: string): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
  await rm(home, { recursive: true, force: true })
}

const title = `pgbouncer in transaction mode${missing === undefined ? '' : ` (skipped: ${missing})`}`

describe.skipIf(missing !== undefined).each([
  ['as it is', 'extra_float_digits'],
  ['that lets every client in', STARTUP.split(/\s+/).join(',')],
])(`${title}, %s`, (_what, ignored) => {
  let lab: Lab
  let pooler: Pooler
  beforeAll(async () => {
    lab = await openLab()
    pooler = await startPooler(lab, ignored)
  })
  afterAll(async () => {
    await pooler?.stop()
    await lab?.close()
  })

  it('is refused by every one of eight runs with the reason, before anything is written', async () => {
    const db = await lab.database()
    onTestFinished(() => db.drop())
    const url = pooler.urlOf(db)
    await serverVersion(url, 10_000)
    const cwd = await migrationsFolder(TWO.files)
    const runs = await Promise.all(Array.from({ length: 8 }, () => runTool(url, ['up'], { cwd })))
    const world = await look(db.adminUrl)
    for (const run of runs) {
      expect(run.code).not.toBe(0)
      expect(falseClaims(run, world, TWO, { secrets: lab.secrets })).toEqual([])
      const error = documentOf(run.stdout)?.error
      expect(`${error?.message} ${error?.hint}`).toMatch(/pooler/i)
      expect(error?.hint).toEqual(expect.any(String))
    }
    expect(world).toMatchObject({ history: [], tables: ['ledger'] })
    const locks = await withConnection(
      db.adminUrl,
      (sql) => sql`select from pg_locks l
      join pg_database d on d.oid = l.database where l.locktype = 'advisory' and d.datname = current_database()`,
    )
    expect(locks).toHaveLength(0)
    expect((await runTool(db.url, ['up'], { cwd })).code).toBe(0)
    expect(isFinished(await look(db.adminUrl), TWO)).toBe(true)
  })
})
