import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { startOwnServer } from '../faults/own-server.ts'
import { runBinary } from '../support/binary.ts'
import { withConnection } from '../support/connect.ts'
import { createRole, createTestDatabase } from '../support/database.ts'
import { migrationsFolder } from '../support/folder.ts'
import { historyOf, tablePair } from '../support/sqlmig.ts'

interface Switch {
  readonly port: number
  /** How many connections went to the second server. */
  after(): number
}

/**
 * Leads to one server until a COMMIT behind a row of the history has been sent, then to the other: a failover to what is no copy of the
 * first. The COMMIT arrives, its answer does not.
 */
async function startSwitch(first: URL, second: URL): Promise<Switch> {
  let [switched, after, rows] = [false, 0, 0]
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const target = switched ? second : first
    if (switched) after++
    const upstream = connect(Number(target.port || 5432), target.hostname)
    for (const socket of [client, upstream]) sockets.add(socket.on('error', () => {}))
    client.on('data', (bytes) => {
      const text = bytes.toString('latin1')
      if (text.includes('insert into')) rows++
      upstream.write(bytes)
      if (!switched && rows > 0 && /commit\0/.test(text)) switched = true
    })
    upstream.on('data', (bytes) => {
      if (switched && target === first) client.resetAndDestroy()
      else client.write(bytes)
    })
    client.on('close', () => upstream.end())
    upstream.on('close', () => client.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, after: () => after }
}

it('a COMMIT whose answer is lost is not called undone because another cluster does not know it', async () => {
  const db = await createTestDatabase()
  const role = await createRole()
  await db.sql.unsafe(
    `grant create on database "${db.name}" to "${role.name}"; grant all on schema public to "${role.name}"`,
  )
  const other = await startOwnServer()
  onTestFinished(() => other.remove())
  await withConnection(other.url, async (sql) => {
    await sql.unsafe(`create role "${role.name}" login password '${role.password}'`)
    await sql.unsafe(`create database "${db.name}" owner "${role.name}"`)
  })
  const url = new URL(role.urlFor(db))
  const relay = await startSwitch(new URL(url), new URL(other.url))
  url.hostname = '127.0.0.1'
  url.port = String(relay.port)
  const folder = await migrationsFolder({ ...tablePair('001_a'), ...tablePair('002_b') })
  const run = await runBinary(['up', '--json', '-d', url.href, '--dir', folder, '--lock-wait', '1s'], {
    cwd: folder,
  })
  const report = JSON.parse(run.stdout)
  expect(run.code).toBe(1)
  expect(report.error).toMatchObject({
    code: 'OUTCOME_UNKNOWN',
    message: expect.stringContaining('another server or another database answers now'),
    consequence: 'Whether 001 a was applied is unknown.',
  })
  expect(relay.after()).toBeGreaterThan(0)
  expect(run.stdout + run.stderr).not.toContain(role.password)
  // It was, as the first server knows; nothing was written on the other.
  expect(await historyOf(db)).toEqual(['applied 001'])
  const there = new URL(other.url)
  there.pathname = `/${db.name}`
  await withConnection(there.href, async (sql) => {
    expect(await sql`select from pg_namespace where nspname = 'sqlmig'`).toHaveLength(0)
    expect(await sql`select from pg_tables where schemaname = 'public'`).toHaveLength(0)
  })
})
