import { describe, expect, it } from 'vitest'
import { runBinary } from '../support/binary.ts'
import { type Judge, startFaultProxy } from '../support/fault-proxy.ts'
import { createProject, historyOf, isQuiet, type Project, stepsOf, tablePair } from '../support/sqlmig.ts'
import { wireMessage } from '../support/wire.ts'

const files = tablePair('001_a')

// The columns of the first answer in which a server tells of itself.
const VERSION_NUM = 5
const STANDBY = 6
const READ_ONLY = 7

/** Makes the server say something else of itself; the first row of each connection is its first answer. */
function saying(column: number, value: string): Judge {
  const told = new Set<number>()
  return ({ connection, from, type, bytes }) => {
    if (from !== 'server' || type !== 'D' || told.has(connection)) return undefined
    told.add(connection)
    return { replace: withColumn(bytes, column, value) }
  }
}

/** A DataRow: a count, then for each value its length, -1 for null, and its bytes (manual, section 54.7). */
function withColumn(row: Buffer, column: number, value: string): Buffer {
  const pieces = [row.subarray(5, 7)]
  let at = 7
  for (let i = 0; i < row.readInt16BE(5); i++) {
    const end = at + 4 + Math.max(row.readInt32BE(at), 0)
    if (i === column) {
      const length = Buffer.alloc(4)
      length.writeInt32BE(Buffer.byteLength(value))
      pieces.push(length, Buffer.from(value))
    } else pieces.push(row.subarray(at, end))
    at = end
  }
  return wireMessage('D', Buffer.concat(pieces))
}

/** As a pooler does, which has process numbers of its own. */
const anotherPid: Judge = ({ type, bytes }) => {
  if (type !== 'K') return undefined
  const changed = Buffer.from(bytes)
  changed.writeInt32BE(bytes.readInt32BE(5) + 1, 5)
  return { replace: changed }
}

async function expectUntouched({ db, folder }: Project): Promise<void> {
  expect(await historyOf({ sql: db.sql })).toEqual([])
  expect(await isQuiet(db.sql)).toBe(true)
  expect(folder).not.toBe('')
}

describe('a server that nothing can be written on', () => {
  it.each([
    ['a standby', STANDBY, 't', 'SERVER_READ_ONLY', /standby/],
    ['one that allows nothing but reading', READ_ONLY, 'on', 'SERVER_READ_ONLY', /read-only/],
    ['one that is too old', VERSION_NUM, '130018', 'SERVER_TOO_OLD', /PostgreSQL 14 or newer/],
  ])('%s is refused before the lock and before any write', async (_what, column, value, code, words) => {
    const project = await createProject(files)
    const proxy = await startFaultProxy(project.db.url, saying(column, value))
    const through = project.with({ database: proxy.url })
    for (const command of ['up', 'down', 'redo'] as const) {
      const report = await through[command]()
      expect(report).toMatchObject({ exitCode: 7, error: { code } })
      expect(report.error?.message).toMatch(words)
    }
    expect(proxy.log.some(({ text }) => /advisory|create |begin/i.test(text))).toBe(false)
    await expectUntouched(project)
  })

  it('can be read on all the same', async () => {
    const project = await createProject(files)
    await project.sqlmig.up()
    const proxy = await startFaultProxy(project.db.url, saying(STANDBY, 't'))
    const through = project.with({ database: proxy.url })
    expect(await through.status()).toMatchObject({ ok: true, migrations: [{ state: 'applied' }] })
    expect(await through.verify()).toMatchObject({ ok: true })
    expect(await through.history()).toMatchObject({ ok: true })
    expect(await through.up({ dryRun: true })).toMatchObject({ ok: true })
  })
})

describe('a transaction pooler', () => {
  it('is told by the process number, and refused for everything that writes', async () => {
    const project = await createProject(files)
    const proxy = await startFaultProxy(project.db.url, anotherPid)
    const report = await project.with({ database: proxy.url }).up()
    expect(report).toMatchObject({ exitCode: 7, error: { code: 'POOLER_DETECTED' } })
    expect(report.error?.hint).toContain('direct URL')
    // Other clients of the pool would get a session with our settings; what is LOCAL they do not.
    expect(proxy.log.some(({ type, text }) => type === 'Q' && /\bset (?!local )/i.test(text))).toBe(false)
    await expectUntouched(project)
  })

  it('can be read through, in one transaction', async () => {
    const project = await createProject(files)
    await project.sqlmig.up()
    const proxy = await startFaultProxy(project.db.url, anotherPid)
    const through = project.with({ database: proxy.url })
    expect(await through.status()).toMatchObject({ ok: true, migrations: [{ state: 'applied' }] })
    expect(await through.verify()).toMatchObject({ ok: true })
    const queries = proxy.log.filter(({ type }) => type === 'Q').map(({ text }) => text)
    expect(queries.filter((text) => /^set (?!local )/i.test(text))).toEqual([])
    const states = proxy.log.filter(({ type }) => type === 'Z').map(({ text }) => text)
    expect(new Set(states)).toEqual(new Set(['I', 'T']))
  })

  it('that knows no settings of ours says so at the start', async () => {
    const project = await createProject(files)
    const body = Buffer.from(
      'SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: idle_session_timeout\0\0',
    )
    const proxy = await startFaultProxy(project.db.url, ({ from, type }) =>
      from === 'server' && type === 'R' ? { replace: wireMessage('E', body) } : undefined,
    )
    for (const command of ['up', 'status']) {
      const run = await runBinary([command, '--database', proxy.url, '--dir', project.folder], {
        cwd: project.folder,
      })
      expect(run.code).toBe(7)
      expect(run.stdout + run.stderr).toContain('direct URL')
    }
  })
})

describe('settings of the database', () => {
  it('do not reach the tool, whatever they are', async () => {
    const project = await createProject({ ...files, ...tablePair('002_b') })
    const [row] = await project.db.sql`select current_setting('server_version_num')::int >= 170000 as late`
    const settings = {
      statement_timeout: '1ms',
      lock_timeout: '1ms',
      idle_in_transaction_session_timeout: '1ms',
      idle_session_timeout: '1ms',
      default_transaction_isolation: 'serializable',
      default_transaction_read_only: 'on',
      synchronous_commit: 'off',
      tcp_user_timeout: '1ms',
      client_connection_check_interval: '1ms',
      ...(row?.['late'] === true ? { transaction_timeout: '200ms' } : {}),
    }
    await project.db.sql.unsafe(`alter database "${project.db.name}" set search_path = nowhere, public`)
    for (const [name, value] of Object.entries(settings))
      await project.db.sql.unsafe(`alter database "${project.db.name}" set ${name} = '${value}'`)
    const report = await project.sqlmig.up()
    expect(report.error).toBeUndefined()
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 done'])
    expect(await project.sqlmig.verify()).toMatchObject({ ok: true })
    expect(await project.sqlmig.down()).toMatchObject({ ok: true })
  })

  it('are ours in a file', async () => {
    const project = await createProject({
      '001_a.up.sql': `create table a as select name, setting from pg_settings where name in
        ('transaction_timeout', 'client_connection_check_interval', 'idle_session_timeout', 'tcp_keepalives_idle');\n`,
      '001_a.down.sql': 'drop table a;\n',
    })
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
    const rows = await project.db.sql`select name, setting from a order by name`
    const found = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]))
    expect(found).toMatchObject({ client_connection_check_interval: '10000', idle_session_timeout: '60000' })
    expect(found['transaction_timeout'] ?? '0').toBe('0')
  })
})
