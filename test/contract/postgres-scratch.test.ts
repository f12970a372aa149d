import { randomBytes } from 'node:crypto'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { SCRATCH_MARK, unlockName } from '../../src/adapters/postgres/scratch-database.ts'
import { canCreateScratch, createServerScratch } from '../../src/adapters/postgres/scratch-server.ts'
import type { ScratchProvider } from '../../src/ports.ts'
import { connect, withConnection } from '../support/connect.ts'
import { createRole, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { startServer } from '../support/proxy.ts'
import { openSession, postgresAt, rejection } from '../support/session.ts'
import { waitFor } from '../support/wait.ts'
import { describeScratch, fill, request, stateOf, whileTesting } from './scratch-contract.ts'

const optionsFor = (url: string) => ({
  url,
  source: 'test',
  environment: {},
  applicationName: 'sqlmig/test',
  lockTimeoutMs: 5000,
})
const serverAt = (url: string): ScratchProvider => createServerScratch(optionsFor(url))

describeScratch('a server', async () => serverAt((await createTestDatabase()).url))

describe('a server: scratch databases of a role that is no superuser', () => {
  const setUp = async (attributes: string) => {
    const db = await createTestDatabase()
    const role = await createRole({ attributes })
    return { db, role, url: role.urlFor(db) }
  }

  describeScratch('with CREATEDB', async () => serverAt((await setUp('createdb')).url))

  it('are refused without CREATEDB, with the way to allow them', async () => {
    const { role, url } = await setUp('')
    expect(await canCreateScratch(optionsFor(url))).toBe(false)
    expect(await rejection(whileTesting(serverAt(url)).create(request()))).toMatchObject({
      code: 'SCRATCH_UNAVAILABLE',
      message: expect.stringContaining(role.name),
      hint: expect.stringContaining(`alter role "${role.name}" createdb`),
    })
  })

  it('are possible with CREATEDB and for a superuser', async () => {
    const { db, url } = await setUp('createdb')
    expect(await canCreateScratch(optionsFor(url))).toBe(true)
    expect(await canCreateScratch(optionsFor(db.url))).toBe(true)
  })
})

const scratchesOf = async (db: TestDatabase, owner: string) => {
  const rows = await db.sql`select datname from pg_database d join pg_roles r on r.oid = d.datdba
    where rolname = ${owner} and datname like 'sqlmig\\_scratch\\_%' order by datname`
  return rows.map(({ datname }) => String(datname))
}

function dropAtEnd(name: string): void {
  onTestFinished(async () => {
    await withConnection(inject('serverUrl'), (sql) =>
      sql.unsafe(`drop database if exists "${name}" with (force)`),
    )
  })
}

/** A role of its own makes its databases known among those of other tests. */
async function ownServer() {
  const db = await createTestDatabase()
  const role = await createRole({ attributes: 'createdb' })
  return { db, role, url: role.urlFor(db), scratches: () => scratchesOf(db, role.name) }
}

describe('a server: around scratch databases', () => {
  it('everything is gone after close(), the spare and open sessions too', async () => {
    const { url, scratches } = await ownServer()
    const provider = whileTesting(serverAt(url))
    const session = await openSession(await provider.create(request()))
    await waitFor(async () => (await scratches()).length === 2)
    await provider.close()
    expect(await scratches()).toEqual([])
    expect(await rejection(session.send('select 1'))).toMatchObject({ code: 'SESSION_LOST' })
  })

  it('what was made ahead is given out first, and what was not wanted is gone after close()', async () => {
    const { url, scratches } = await ownServer()
    const provider = whileTesting(serverAt(url))
    const { signal } = request()
    provider.prepare?.({ signal, more: true })
    await waitFor(async () => (await scratches()).length === 2)
    const ahead = await scratches()
    const session = await openSession(await provider.create({ ...request(), more: false }))
    expect(ahead).toContain(session.info.database)
    expect(await scratches()).toEqual(ahead)
    await provider.close()
    expect(await scratches()).toEqual([])
  })

  it('what cannot be made ahead is told when it is wanted, and nobody waits for it who wants nothing', async () => {
    const port = await startServer(() => {})
    const url = `postgres://u:p@127.0.0.1:${port}/db`
    const { signal } = request()
    const silent = whileTesting(serverAt(`${url}?connect_timeout=600`))
    silent.prepare?.({ signal, more: true })
    await silent.close()
    const short = whileTesting(serverAt(`${url}?connect_timeout=1`))
    short.prepare?.({ signal, more: true })
    expect(await rejection(short.create(request()))).toMatchObject({ code: 'CONNECTION_FAILED' })
  })

  it('nothing is left of a provider that is closed while it works', async () => {
    const { url, scratches } = await ownServer()
    const abort = new AbortController()
    const provider = whileTesting(serverAt(url))
    const making = Promise.allSettled([
      provider.create(request(abort.signal)),
      provider.create(request(abort.signal)),
    ])
    await waitFor(async () => (await scratches()).length > 0)
    abort.abort()
    await provider.close()
    expect(await scratches()).toEqual([])
    await making
  })

  it('the given database is as it was', async () => {
    const { db, url } = await ownServer()
    await fill(await openSession(postgresAt(db.url)))
    const others = () => db.sql`select datname, datdba, datacl, datconnlimit from pg_database
      where datname not like 'sqlmig%' or datname = ${db.name} order by datname`
    const catalog = async () => {
      const session = await openSession(postgresAt(db.url))
      const { rows } = await session.send(`select sum(hashtext(c.xmin::text || c.oid))::text as rows
        from (select xmin, oid from pg_class union all select xmin, oid from pg_proc union all select xmin, oid from pg_namespace) c`)
      return [rows, await stateOf(session)]
    }
    const before = [await others(), await catalog()]
    const provider = whileTesting(serverAt(url))
    const scratch = await provider.create(request())
    await fill(await openSession(scratch))
    await scratch.drop()
    await provider.create(request())
    await provider.close()
    expect([await others(), await catalog()]).toEqual(before)
  })

  it.for([
    ['before 15', "lc_collate 'C' lc_ctype 'C' encoding 'SQL_ASCII'"],
    ['of the C library', "locale_provider libc lc_collate 'C' lc_ctype 'C' encoding 'SQL_ASCII'"],
    ['of ICU', "locale_provider icu icu_locale 'de-u-co-phonebk'"],
    ['of ICU with rules', "locale_provider icu icu_locale 'und' icu_rules '&a < g'"],
    ['built in', "locale_provider builtin builtin_locale 'C.UTF-8'"],
  ])('encoding and locale are those of the given database, %s', async ([, locale], context) => {
    const { role, db } = await ownServer()
    const name = `sqlmig_test_db_${randomBytes(8).toString('hex')}`
    const refusal = await db.sql
      .unsafe(`create database ${name} template template0 ${locale}`)
      .then(() => undefined, String)
    context.skip(refusal !== undefined, refusal)
    dropAtEnd(name)
    const provider = whileTesting(serverAt(role.urlFor({ name })))
    const { database } = (await openSession(await provider.create(request()))).info
    const localeOf = (
      of: string,
    ) => db.sql`select to_jsonb(d) - 'oid' - 'datname' - 'datdba' - 'datcollversion'
      - 'datfrozenxid' - 'datminmxid' as facts from pg_database d where datname = ${of}`
    expect(await localeOf(database)).toEqual(await localeOf(name))
  })

  it('the search path is that of the given database, or of the role in it', async () => {
    const { db, role, url } = await ownServer()
    await db.sql.unsafe(`alter database ${db.name} set search_path = "$user", 'Od"d, one', public`)
    const first = await openSession(await whileTesting(serverAt(url)).create(request()))
    expect(first.info.searchPath).toBe('"$user", "Od""d, one", public')
    await db.sql.unsafe(`alter role "${role.name}" in database ${db.name} set search_path = ''`)
    const second = await openSession(await whileTesting(serverAt(url)).create(request()))
    expect(second.info.searchPath).toBe('""')
  })

  it('what would keep a database from being dropped does not', async () => {
    const db = await createTestDatabase()
    const provider = whileTesting(serverAt(db.url))
    const scratch = await provider.create(request())
    const session = await openSession(scratch)
    const { database } = session.info
    await session.send(
      `create subscription ${database} connection 'dbname=nowhere' publication p with (connect = false)`,
    )
    await session.send(`alter database ${database} is_template true`)
    await session.send(`comment on database ${database} is null`)
    await scratch.drop()
    expect(await db.sql`select from pg_database where datname = ${database}`).toHaveLength(0)
  })

  it('a session that the server ended is replaced', async () => {
    const { db, role, url, scratches } = await ownServer()
    const provider = whileTesting(serverAt(url))
    const first = await provider.create(request())
    await waitFor(async () => (await scratches()).length === 2)
    await db.sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role.name}`
    await first.drop()
    await openSession(await provider.create(request()))
    await provider.close()
    expect(await scratches()).toEqual([])
  })
})

describe('a server: orphans of killed runs', () => {
  const old = '20200101000000'
  const suffix = () => randomBytes(6).toString('hex')
  const lockOf = (name: string) => `select pg_advisory_lock_shared(1936813171, hashtext('${name}'))`

  async function setUp() {
    const { db, role, url } = await ownServer()
    const own = connect(url)
    onTestFinished(() => own.end({ timeout: 1 }))
    // A superuser's runs in other tests sweep these as well, so nothing may look like an orphan before it is to be one.
    const make = async (name: string, comment: string | null = SCRATCH_MARK, options = '') => {
      await own.unsafe(lockOf(name))
      await own.unsafe(`create database "${name}" template template0 ${options}`)
      dropAtEnd(name)
      if (comment !== null) await own.unsafe(`comment on database "${name}" is '${comment}'`)
      await own.unsafe(unlockName(name))
      return name
    }
    const exists = async (name: string) =>
      (await db.sql`select from pg_database where datname = ${name}`).length === 1
    const sweep = async () => {
      const provider = whileTesting(serverAt(url))
      await provider.create(request())
      await provider.close()
    }
    return { db, role, url, make, exists, sweep }
  }

  it('are removed, whether they were ready or just begun', async () => {
    const { make, exists, sweep } = await setUp()
    const names = [
      await make(`sqlmig_scratch_${old}_${suffix()}`),
      await make(`sqlmig_scratch_${old}_${suffix()}`, null, 'allow_connections false'),
    ]
    await sweep()
    for (const name of names) expect(await exists(name)).toBe(false)
  })

  it('are told from everything else', async () => {
    const { make, exists, sweep } = await setUp()
    const now = new Date().toISOString().replace(/\D/g, '').slice(0, 14)
    const names = [
      await make(`sqlmig_scratch_${old}_${suffix()}`, null),
      await make(`sqlmig_scratch_${old}_${suffix()}`, 'mine'),
      await make(`sqlmig_scratch_${old}_${suffix()}`, 'mine', 'allow_connections false'),
      await make(`sqlmig_scratch_${old}_${suffix()}0`),
      await make(`sqlmig_scratch_${old}_${suffix().toUpperCase().replace(/\d/g, 'A')}`),
      await make(`sqlmig_scratch_${suffix()}`),
      await make(`xsqlmig_scratch_${old}_${suffix()}`),
      await make(`sqlmig_scratch_${now}_${suffix()}`),
    ]
    await sweep()
    for (const name of names) expect([name, await exists(name)]).toEqual([name, true])
  })

  it('are told from those in use, by a session or by a run', async () => {
    const { db, role, make, exists, sweep } = await setUp()
    const [used, held] = [`sqlmig_scratch_${old}_${suffix()}`, `sqlmig_scratch_${old}_${suffix()}`]
    // The run that made it holds this lock, in whichever database it is.
    const holder = await openSession(postgresAt(db.url))
    for (const name of [used, held]) {
      await holder.send(lockOf(name))
      await make(name)
    }
    const session = await openSession(postgresAt(role.urlFor({ name: used })))
    await holder.send(unlockName(used))
    await sweep()
    expect([await exists(used), await exists(held)]).toEqual([true, true])
    await session.close()
    await holder.close()
    await sweep()
    expect([await exists(used), await exists(held)]).toEqual([false, false])
  })

  it('are never taken from a run that is alive', async () => {
    const { db, url, sweep } = await setUp()
    const provider = whileTesting(serverAt(url))
    const { database } = (await openSession(await provider.create(request()))).info
    const { rows } = await (await openSession(postgresAt(db.url))).send(
      `select count(*)::text as n from pg_locks where locktype = 'advisory' and objsubid = 2 and mode = 'ShareLock'
        and objid = (hashtext('${database}')::bigint & 4294967295)::oid`,
    )
    expect(rows).toEqual([{ n: '1' }])
    await sweep()
    expect(await db.sql`select from pg_database where datname = ${database}`).toHaveLength(1)
  })
})
