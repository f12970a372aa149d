import { randomBytes } from 'node:crypto'
import { inject, onTestFinished } from 'vitest'
import { connect, databaseUrl, type Sql, withConnection } from './connect.ts'

export interface TestDatabase {
  readonly url: string
  readonly name: string
  readonly sql: Sql
  drop(): Promise<void>
}

export interface DatabaseOptions {
  readonly template?: string
  readonly owner?: string
  /** `manual` is for databases made in a beforeAll: the caller drops them. */
  readonly cleanup?: 'test-end' | 'manual'
  /** A superuser's URL of another server than that of the tests. */
  readonly server?: string
}

export async function createTestDatabase(options: DatabaseOptions = {}): Promise<TestDatabase> {
  const server = options.server ?? inject('serverUrl')
  const name = uniqueName('db')
  await withConnection(server, async (sql) => {
    const owner = options.owner ? sql`owner ${sql(options.owner)}` : sql``
    await sql`create database ${sql(name)} template ${sql(options.template ?? 'template0')} ${owner}`
  })
  const url = databaseUrl(server, name)
  const sql = connect(url, 2)
  const drop = once(async () => {
    await sql.end({ timeout: 1 })
    await withConnection(server, (admin) => admin`drop database if exists ${admin(name)} with (force)`)
  })
  if (options.cleanup !== 'manual') onTestFinished(drop)
  return { url, name, sql, drop }
}

export interface TestRole {
  readonly name: string
  readonly password: string
  /** The URL by which this role connects to the database. */
  urlFor(database: Pick<TestDatabase, 'name'>): string
  drop(): Promise<void>
}

export interface RoleOptions {
  /** As in CREATE ROLE, e.g. `CREATEDB` or `CREATEROLE NOINHERIT`. */
  readonly attributes?: string
  readonly cleanup?: 'test-end' | 'manual'
  readonly server?: string
}

export async function createRole(options: RoleOptions = {}): Promise<TestRole> {
  const server = options.server ?? inject('serverUrl')
  const name = uniqueName('role')
  const password = randomBytes(12).toString('hex')
  await withConnection(server, (sql) =>
    sql.unsafe(`create role "${name}" login password '${password}' ${options.attributes ?? ''}`),
  )
  const drop = once(() => dropRole(server, name))
  if (options.cleanup !== 'manual') onTestFinished(drop)
  return { name, password, urlFor: (database) => roleUrl(server, name, password, database.name), drop }
}

function roleUrl(server: string, name: string, password: string, database: string): string {
  const url = new URL(databaseUrl(server, database))
  url.username = name
  url.password = password
  return url.href
}

async function dropRole(server: string, name: string): Promise<void> {
  await withConnection(server, async (admin) => {
    // a session of the role may hold locks that DROP OWNED would wait for
    await admin`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${name}`
    // a role can own things in several databases, and DROP OWNED sees only the one it runs in
    const databases = await admin<{ datname: string }[]>`
      select distinct d.datname
      from pg_shdepend s join pg_database d on d.oid = s.dbid join pg_roles r on r.oid = s.refobjid
      where r.rolname = ${name} and s.refclassid = 'pg_authid'::regclass and d.datallowconn`
    for (const { datname } of databases) {
      await withConnection(databaseUrl(server, datname), async (sql) => {
        await sql`set lock_timeout = '10s'`
        await sql`drop owned by ${sql(name)} cascade`
      })
    }
    // what is left is shared: databases change hands, privileges on them go
    await admin`reassign owned by ${admin(name)} to current_user`
    await admin`drop owned by ${admin(name)}`
    await admin`drop role ${admin(name)}`
  })
}

function uniqueName(kind: string): string {
  return `sqlmig_test_${kind}_${randomBytes(8).toString('hex')}`
}

function once(work: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<unknown> | undefined
  return async () => {
    running ??= work()
    await running
  }
}
