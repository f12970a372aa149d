import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { runBinary } from '../support/binary.ts'
import { serverVersion, withConnection } from '../support/connect.ts'
import { createRole, type TestRole } from '../support/database.ts'
import { freePort, isRoot } from '../support/server-embedded.ts'
import { createProject, historyOf, type Project, snapshot, tablePair } from '../support/sqlmig.ts'

function isThere(): boolean {
  try {
    execFileSync('pgbouncer', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** In transaction mode, with room for four clients at once on the server; gone at the end of the test. */
async function startPooler(project: Project, role: TestRole, ignored: string): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'sqlmig-pooler-'))
  await chmod(home, 0o755)
  const url = new URL(role.urlFor(project.db))
  const port = await freePort()
  await writeFile(join(home, 'users.txt'), `"${role.name}" "${role.password}"\n`)
  const settings = [
    'listen_addr=127.0.0.1',
    `listen_port=${port}`,
    'auth_type=scram-sha-256',
    `auth_file=${join(home, 'users.txt')}`,
    'pool_mode=transaction',
    'default_pool_size=4',
    'max_client_conn=500',
    'unix_socket_dir=',
    `ignore_startup_parameters=${ignored}`,
  ]
  const databases = `[databases]\n* = host=${url.hostname} port=${url.port || 5432}\n`
  await writeFile(join(home, 'pooler.ini'), `${databases}[pgbouncer]\n${settings.join('\n')}\n`)
  const asUser = isRoot ? ['-u', 'postgres'] : []
  const child = spawn('pgbouncer', ['-q', ...asUser, join(home, 'pooler.ini')], { stdio: 'ignore' })
  onTestFinished(() => end(child, home))
  url.hostname = '127.0.0.1'
  url.port = String(port)
  // a hundred processes at once keep each other from an answer for a while
  url.searchParams.set('connect_timeout', '120')
  await serverVersion(url.href, 60_000)
  return url.href
}

async function end(child: ChildProcess, home: string): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
  await rm(home, { recursive: true, force: true })
}

const LETS_IN =
  `bytea_output client_connection_check_interval client_min_messages default_transaction_deferrable
  default_transaction_isolation default_transaction_read_only extra_float_digits idle_in_transaction_session_timeout
  idle_session_timeout lock_timeout options search_path statement_timeout synchronous_commit tcp_keepalives_count
  tcp_keepalives_idle tcp_keepalives_interval tcp_user_timeout transaction_timeout`.replace(/\s+/g, ',')

describe.skipIf(!isThere())('pgbouncer in transaction mode', () => {
  it.each([
    ['as it is', 'extra_float_digits', 25],
    ['that ignores what it does not know', LETS_IN, 100],
  ])(
    '%s: of many processes at once all are refused, and nothing is left behind',
    async (_what, ignored, count) => {
      const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b') })
      const role = await createRole()
      await project.db.sql.unsafe(
        `grant create on database "${project.db.name}" to "${role.name}"; grant all on schema public to "${role.name}"`,
      )
      const url = await startPooler(project, role, ignored)
      const before = await snapshot(project.db)
      const args = ['up', '--json', '-d', url, '--dir', project.folder]
      const runs = await Promise.all(
        Array.from({ length: count }, () => runBinary(args, { cwd: project.folder })),
      )
      expect(runs.filter(({ code }) => code !== 7)).toEqual([])
      const codes = new Set(runs.map(({ stdout }) => JSON.parse(stdout).error.code))
      expect([...codes]).toEqual(['POOLER_DETECTED'])
      expect(JSON.stringify(runs)).not.toContain(role.password)
      expect(await snapshot(project.db)).toEqual(before)
      const locks = await withConnection(
        project.db.url,
        (sql) => sql`select from pg_locks l join pg_database d on d.oid = l.database
          where l.locktype = 'advisory' and d.datname = current_database()`,
      )
      expect(locks).toHaveLength(0)
      const direct = role.urlFor(project.db)
      expect(
        (await runBinary(['up', '-d', direct, '--dir', project.folder], { cwd: project.folder })).code,
      ).toBe(0)
      expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002'])
    },
    300_000,
  )
})
