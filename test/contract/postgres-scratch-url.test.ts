import { describe, expect, it } from 'vitest'
import { layoutComment } from '../../src/adapters/postgres/history-layout.ts'
import { createHistoryTable } from '../../src/adapters/postgres/history-table.ts'
import { createUrlScratch } from '../../src/adapters/postgres/scratch-url.ts'
import type { ScratchProvider } from '../../src/ports.ts'
import { createRole, createTestDatabase } from '../support/database.ts'
import { errorCode, openSession, postgresAt, rejection } from '../support/session.ts'
import { describeScratch, fill, request, stateOf, whileTesting } from './scratch-contract.ts'

const scratchAt = (url: string): ScratchProvider =>
  createUrlScratch({
    url,
    source: 'test',
    environment: {},
    applicationName: 'sqlmig/test',
    lockTimeoutMs: 5000,
  })

describeScratch('a URL', async () => scratchAt((await createTestDatabase()).url))

describe('a URL whose role owns the database and is no superuser', () => {
  describeScratch('an owner', async () => {
    const role = await createRole()
    return scratchAt(role.urlFor(await createTestDatabase({ owner: role.name })))
  })
})

/** What only a superuser can make. */
const OF_SUPERUSERS = [
  "create function public.noop() returns event_trigger language plpgsql as 'begin end'",
  'create event trigger everything on ddl_command_start execute function public.noop()',
  'create foreign data wrapper w',
  'create server srv foreign data wrapper w',
  'create user mapping for current_user server srv',
  'create foreign table public.ft (a int) server srv',
  'create access method am type table handler heap_tableam_handler',
  'create language lang handler plpgsql_call_handler',
  'create type public.comp as (a int)',
  'create cast (public.comp as text) with inout',
  "create function pg_catalog.in_the_wrong_place() returns int language sql as 'select 1'",
  "create function public.tr(internal) returns internal language internal immutable as 'int4in'",
  'create transform for int language sql (from sql with function public.tr(internal))',
  "create subscription sub connection 'dbname=nowhere' publication p with (connect = false)",
  'alter schema public rename to elsewhere',
  'drop extension plpgsql cascade',
]

describe('a URL: the scratch database', () => {
  const anywhere = async () => {
    const db = await createTestDatabase()
    return { db, session: await openSession(postgresAt(db.url)) }
  }

  it.each([
    ['a table', 'create table public.customers ()', 'table public.customers'],
    ['a schema', 'create schema app', 'schema app'],
    ['a function', "create function public.f() returns int language sql as 'select 1'", 'public.f()'],
    ['a type', "create type public.mood as enum ('ok')", 'type public.mood'],
    ['a large object', 'select lo_create(4711)', 'large object 4711'],
    ['default privileges', 'alter default privileges grant select on tables to public', 'default privileges'],
    ['a publication', 'create publication pub', 'publication pub'],
  ])('is refused and left alone when there is %s in it', async (_what, sql, named) => {
    const { db, session } = await anywhere()
    await session.send(sql)
    const before = await stateOf(session)
    const provider = whileTesting(scratchAt(db.url))
    expect(await rejection(provider.create(request()))).toMatchObject({
      code: 'SCRATCH_UNAVAILABLE',
      message: expect.stringContaining(named),
      hint: expect.stringContaining('createdb'),
    })
    await provider.close()
    expect(await stateOf(session)).toEqual(before)
  })

  it('is refused by name when it has a history, however empty', async () => {
    const { db, session } = await anywhere()
    await createHistoryTable({ location: { schema: 'public', table: 'h' }, toolVersion: '0' }).prepare(
      session,
    )
    expect(layoutComment(1)).toMatch(/^sqlmig history, layout 1$/)
    expect(await rejection(whileTesting(scratchAt(db.url)).create(request()))).toMatchObject({
      code: 'SCRATCH_UNAVAILABLE',
      message: expect.stringMatching(/migrations were applied to it \(history (public\.)?h\)/),
    })
  })

  it('keeps its own settings, privileges and comment, and the objects of superusers go', async () => {
    const { db, session } = await anywhere()
    const own = [
      `comment on database ${db.name} is 'ours'`,
      `alter database ${db.name} set search_path = "$user", 'a "b', public`,
      `alter database ${db.name} set timezone = 'Asia/Tokyo'`,
      `alter database ${db.name} set my.setting = 'a, "b"'`,
      `revoke connect on database ${db.name} from public`,
      'grant create on schema public to public',
      "comment on schema public is 'the public one'",
    ]
    for (const statement of own) await session.send(statement)
    const before = await stateOf(session)
    const provider = whileTesting(scratchAt(db.url))
    const scratch = await provider.create(request())
    const worker = await openSession(scratch)
    await fill(worker)
    for (const statement of OF_SUPERUSERS) await worker.send(statement)
    await worker.send(`alter database ${db.name} reset all`)
    await worker.send(`alter database ${db.name} set timezone = 'UTC'`)
    await worker.send(`grant all on database ${db.name} to public`)
    await scratch.drop()
    expect(await stateOf(session)).toEqual(before)
    await provider.create(request())
  })

  it('is used by one run at a time', async () => {
    const { db } = await anywhere()
    const [one, other] = [whileTesting(scratchAt(db.url)), whileTesting(scratchAt(db.url))]
    await one.create(request())
    expect(await errorCode(one.create(request()))).toBe('SCRATCH_UNAVAILABLE')
    expect(await rejection(other.create(request()))).toMatchObject({
      message: expect.stringContaining('another run'),
    })
    await one.close()
    await other.create(request())
  })

  it('leaves sessions alone that were there before', async () => {
    const { db, session } = await anywhere()
    const scratch = await whileTesting(scratchAt(db.url)).create(request())
    const late = await openSession(scratch)
    await scratch.drop()
    await session.send('select 1')
    expect(await errorCode(late.send('select 1'))).toBe('SESSION_LOST')
  })

  it('is named as not empty when something could not be removed', async () => {
    const { db, session } = await anywhere()
    const provider = whileTesting(scratchAt(db.url))
    const scratch = await provider.create(request())
    await session.send('create table public.held ()')
    await session.send('begin; lock table public.held')
    await scratch.drop()
    expect(await rejection(provider.create(request()))).toMatchObject({
      code: 'SCRATCH_UNAVAILABLE',
      message: expect.stringContaining('public.held'),
    })
  })
})
