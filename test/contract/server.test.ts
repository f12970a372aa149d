import { describe, expect, inject, it } from 'vitest'
import { withConnection } from '../support/connect.ts'
import { createRole, createTestDatabase } from '../support/database.ts'

async function exists(catalog: 'pg_database' | 'pg_roles', column: string, name: string): Promise<boolean> {
  const rows = await withConnection(
    inject('serverUrl'),
    (sql) => sql`select from ${sql(catalog)} where ${sql(column)} = ${name}`,
  )
  return rows.length > 0
}

describe('the test server', () => {
  const seen = { database: '', role: '' }

  it('gives each test a database and a role of its own', async () => {
    const db = await createTestDatabase()
    const role = await createRole()
    seen.database = db.name
    seen.role = role.name
    await db.sql`create schema own authorization ${db.sql(role.name)}`
    const rows = await withConnection(role.urlFor(db), async (sql) => {
      await sql`create table own.things (id int)`
      return sql`select current_user::text as who, count(*)::int as things from own.things`
    })
    expect([...rows]).toEqual([{ who: role.name, things: 0 }])
  })

  it('takes both away at the end of the test', async () => {
    expect(await exists('pg_database', 'datname', seen.database)).toBe(false)
    expect(await exists('pg_roles', 'rolname', seen.role)).toBe(false)
  })

  it('drops a role that owns the database and things in another one', async () => {
    const role = await createRole({ attributes: 'CREATEDB' })
    const own = await createTestDatabase({ owner: role.name })
    const other = await createTestDatabase({ cleanup: 'manual' })
    await other.sql`create schema own authorization ${other.sql(role.name)}`
    await own.drop()
    await role.drop()
    expect(await exists('pg_roles', 'rolname', role.name)).toBe(false)
    await other.drop()
  })

  it('drops a database that is still in use', async () => {
    const db = await createTestDatabase()
    const open = await db.sql.reserve()
    await open`begin`
    await db.drop()
    expect(await exists('pg_database', 'datname', db.name)).toBe(false)
  })
})
