import { randomBytes } from 'node:crypto'
import { describe, expect, inject, it, onTestFinished } from 'vitest'
import { withConnection } from '../support/connect.ts'
import { createRole, createTestDatabase, type TestDatabase, type TestRole } from '../support/database.ts'
import { found, onlyFinding, verdicts, walk } from '../support/roundtrip.ts'
import { catalogOf, createProject, historyOf, isQuiet, pair, tablePair } from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const onServer = <T extends object>(query: string) =>
  withConnection(inject('serverUrl'), async (sql) => [...(await sql.unsafe<T[]>(query))])

/** The databases that belong to a role: what a run under its name made and left. */
async function databasesOf({ name }: TestRole): Promise<string[]> {
  const rows = await onServer<{ datname: string }>(
    `select datname from pg_database where datdba = (select oid from pg_roles where rolname = '${name}')`,
  )
  return rows.map(({ datname }) => datname)
}

/** A role of one's own, because scratch databases of others come and go on the same server. */
async function owner(attributes = 'createdb'): Promise<{ role: TestRole; db: TestDatabase; url: string }> {
  const db = await createTestDatabase()
  const role = await createRole({ attributes })
  return { role, db, url: role.urlFor(db) }
}

/** Everything in a database that a run could have touched. */
async function stateOf(db: TestDatabase): Promise<unknown> {
  const rows = await db.sql`select ctid::text, xmin::text, * from a order by 1`
  const settings = await db.sql`
    select datacl::text, (select count(*) from pg_db_role_setting where setdatabase = d.oid) as settings
    from pg_database d where datname = current_database()`
  return [await catalogOf(db.url, 'none'), await historyOf(db), [...rows], [...settings]]
}

describe('the named database', () => {
  const files = {
    ...pair('001_a', 'create table a (id int);\ninsert into a values (1);'),
    ...pair('002_b', 'create table b ();', 'select 1;'),
    ...pair('003_c', 'create table c (x nope);'),
  }

  it('is not written to, whatever comes of the walk', async () => {
    const project = await createProject(files, { scratch: 'server' })
    await project.sqlmig.up({ to: { kind: 'version', version: '002' } })
    const before = await stateOf(project.db)
    const report = await project.sqlmig.roundtrip()
    expect(report.exitCode).toBe(6)
    expect(verdicts(report).slice(0, 3)).toEqual(['001 passed', '002 failed', '003 failed'])
    expect(await stateOf(project.db)).toEqual(before)
    await waitFor(() => isQuiet(project.db.sql))
  })

  it('may not be the scratch database itself', async () => {
    const project = await createProject(files)
    const report = await project.with({ scratch: project.db.url }).roundtrip()
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'CONFIG_INVALID' } })
    expect(await catalogOf(project.db.url)).toEqual(['extension plpgsql', 'schema public'])
  })
})

describe('a scratch database', () => {
  it('does not survive the run, which makes some', async () => {
    const { role, url } = await owner()
    let most: string[] = []
    let looking: Promise<void> | undefined
    const report = await walk(
      { ...tablePair('001_a'), ...pair('002_b', 'create table b ();', 'drop table nope;') },
      {},
      {
        database: url,
        onEvent: ({ type }) => {
          if (type !== 'proof.finished') return
          looking ??= databasesOf(role).then((names) => {
            most = names
          })
        },
      },
    )
    await looking
    expect(report.exitCode).toBe(6)
    expect(most.length).toBeGreaterThan(0)
    expect(await databasesOf(role)).toEqual([])
  })

  it('does not survive a stop before the walk either', async () => {
    const { role, url } = await owner()
    const report = await walk(pair('001_s', "alter role all set work_mem = '4MB';"), {}, { database: url })
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'SERVER_SHARED' } })
    expect(await databasesOf(role)).toEqual([])
  })

  it.each([
    ['the up', pair('001_s', 'create table s ();\nselect pg_sleep(60);')],
    ['the down', pair('001_s', 'create table s ();', 'select pg_sleep(60);')],
  ])('does not survive an interrupt of %s', async (_, files) => {
    const { role, url } = await owner()
    const abort = new AbortController()
    const running = walk(files, {}, { database: url, signal: abort.signal })
    const sleeping = async () =>
      (
        await onServer(
          `select from pg_stat_activity where usename = '${role.name}' and wait_event = 'PgSleep'`,
        )
      ).length > 0
    await waitFor(sleeping, 30_000)
    abort.abort()
    expect(await running).toMatchObject({ ok: false, exitCode: 130, error: { code: 'INTERRUPTED' } })
    expect(await databasesOf(role)).toEqual([])
    expect(await onServer(`select from pg_stat_activity where usename = '${role.name}'`)).toEqual([])
  })

  it('is not made where the role may not: embedded by default, refused where it was asked for', async () => {
    const { url } = await owner('nocreatedb')
    const refused = await walk(tablePair('001_a'), {}, { database: url })
    expect(refused).toMatchObject({ ok: false, error: { code: expect.stringMatching(/SCRATCH/) } })
    expect(refused.error?.message).toContain('may not create databases')
  })
})

describe('roles of the server', () => {
  const unique = () => `sqlmig_rt_${randomBytes(6).toString('hex')}`
  const rolesLike = (name: string) =>
    onServer(`select rolname, rolconnlimit from pg_roles where rolname = '${name}'`)

  it('that a pair makes and drops pass, and are gone afterwards', async () => {
    const name = unique()
    const report = await walk(
      pair(
        '001_r',
        `create role ${name};\ncreate table t ();\ngrant select on t to ${name};\ngrant pg_monitor to ${name};`,
        `drop table t;\ndrop role ${name};`,
      ),
    )
    expect(report).toMatchObject({ exitCode: 0, findings: [] })
    expect(verdicts(report)).toEqual(['001 passed', 'ladder passed', 'batch passed'])
    expect(await rolesLike(name)).toEqual([])
  })

  it('that a down forgets are found, and are gone afterwards all the same', async () => {
    const name = unique()
    const report = await walk({
      ...pair(
        '001_r',
        `create table t ();\ncreate role "${name}";\ngrant select on t to ${name};`,
        'drop table t;',
      ),
      ...pair('002_g', `create table g ();\nalter table g owner to ${name};`, 'drop table g;'),
    })
    expect(found(report)).toEqual([`ROUNDTRIP_LEFTOVER 001_r.up.sql:2 role ${name}`])
    expect(onlyFinding(report).difference?.missingSql).toEqual([`DROP ROLE ${name};`])
    expect(await rolesLike(name)).toEqual([])
  })

  it('of others make no difference, though they come and go', async () => {
    const name = unique()
    onTestFinished(async () => void (await onServer(`drop role if exists ${name}`)))
    let made: Promise<unknown> | undefined
    const report = await walk(
      { ...tablePair('001_a'), ...tablePair('002_b') },
      {},
      {
        onEvent: ({ type }) => {
          if (type === 'proof.started') made ??= onServer(`create role ${name}`)
        },
      },
    )
    await made
    expect(found(report)).toEqual([])
    expect(await rolesLike(name)).toHaveLength(1)
  })

  it.each([
    (role: string) => `alter role ${role} connection limit 7;`,
    (role: string) => `drop role ${role};`,
    (role: string) => `create role ${role}_new;\ndrop role ${role}_new, ${role};`,
    (role: string) => `do $$ begin execute format('alter role %I connection limit 7', '${role}'); end $$;`,
    (role: string) => `grant pg_monitor to ${role};`,
    (role: string) => `comment on role ${role} is 'x';`,
    (role: string) => `do $$ begin execute 'alter role ${role} connection limit 7'; end $$;`,
  ])('that are there already are not touched: %s', async (statement) => {
    const role = await createRole()
    const before = await rolesLike(role.name)
    const report = await walk(pair('001_r', `create table t ();\n${statement(role.name)}`, 'drop table t;'))
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'SERVER_SHARED' } })
    expect(report.error?.message).toContain('001_r.up.sql')
    expect(report.error?.hint).toContain('--scratch docker')
    expect(await rolesLike(role.name)).toEqual(before)
  })

  it.each([
    (role: string) => `alter role ${role} set work_mem = '4MB';`,
    () => "alter role current_user set work_mem = '4MB';",
    () => "alter user session_user set work_mem = '4MB';",
    () => 'drop owned by current_role;',
  ])('under which the walk itself runs are not touched: %s', async (statement) => {
    const { role, url } = await owner('createdb createrole')
    const report = await walk(pair('001_r', statement(role.name), 'select 1;'), {}, { database: url })
    const settings = await onServer(
      `select from pg_db_role_setting where setrole = (select oid from pg_roles where rolname = '${role.name}')`,
    )
    expect(settings).toEqual([])
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'SERVER_SHARED' } })
  })
})

describe('other databases of the server', () => {
  it.each([
    (name: string) => `grant connect on database ${name} to pg_monitor;`,
    (name: string) => `alter database ${name} set work_mem = '4MB';`,
    (name: string) => `comment on database ${name} is 'x';`,
  ])('are not touched: %s', async (statement) => {
    const project = await createProject(
      { ...pair('001_a', 'create table a (id int);') },
      { scratch: 'server' },
    )
    await project.sqlmig.up()
    const before = await stateOf(project.db)
    const report = await walk(
      pair('001_d', statement(project.db.name), 'select 1;'),
      {},
      { database: project.db.url },
    )
    expect(await stateOf(project.db)).toEqual(before)
    expect(report).toMatchObject({ exitCode: 2, error: { code: 'SERVER_SHARED' } })
  })

  it('may be meant by a statement that finds the name of the present one', async () => {
    const set = (what: string) =>
      `do $$ begin execute format('alter database %I ${what}', current_database()); end $$;`
    const report = await walk(pair('001_d', set("set work_mem = ''4MB''"), set('reset work_mem')))
    expect(found(report)).toEqual([])
    expect(report.exitCode).toBe(0)
  })
})
