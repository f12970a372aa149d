import { describe, expect, it } from 'vitest'
import { createSnapshotReader } from '../../src/adapters/postgres/catalog/reader.ts'
import { SCRATCH_MARK } from '../../src/adapters/postgres/scratch-database.ts'
import { createRole, createTestDatabase } from '../support/database.ts'
import { openSession, postgresAt } from '../support/session.ts'
import { describeDataSnapshots } from './data-contract.ts'
import { describeSequencePositions } from './positions-contract.ts'
import { describeCatalogSnapshots } from './snapshot-contract.ts'

const fresh = async () => postgresAt((await createTestDatabase()).url)

describeCatalogSnapshots('postgres', fresh)
describeDataSnapshots('postgres', fresh)
describeSequencePositions('postgres', fresh)

describe('postgres: a snapshot by a role that is no superuser', () => {
  const reader = createSnapshotReader({ historySchema: 'sqlmig' })

  it('holds the whole catalog, and the data that the role may read', async () => {
    const role = await createRole()
    const db = await createTestDatabase({ owner: role.name })
    const session = await openSession(postgresAt(role.urlFor(db)))
    await session.send(`create schema app; create table app.mine as select 1 as a;
      create table app.guarded as select 1 as a; alter table app.guarded enable row level security`)
    await db.sql.unsafe('create table app.theirs as select 1 as a; create publication p')
    const snapshot = await reader.catalog(session, undefined, 'none')
    expect([...snapshot.objects.keys()]).toEqual(
      expect.arrayContaining(['table app.mine', 'table app.theirs', 'publication p', `role ${role.name}`]),
    )
    expect(snapshot.objects.get('table app.mine')?.facts).toMatchObject({ owner: role.name })
    expect([...(await reader.data(session, [], 'none')).keys()]).toEqual(['app.guarded', 'app.mine'])
  })

  it('holds the positions of the sequences on which the role has a privilege', async () => {
    const role = await createRole()
    const db = await createTestDatabase()
    const session = await openSession(postgresAt(role.urlFor(db)))
    await db.sql.unsafe(`create schema app; create table app.t (s serial); insert into app.t default values;
      create sequence app.to_read; create sequence app.to_use; create sequence app.to_set; create sequence app.theirs;
      grant select on app.to_read to ${role.name}; grant usage on app.to_use to ${role.name};
      grant update on app.to_set to ${role.name}; grant select on app.t to ${role.name}`)
    const readable = new Map([
      ['app.to_read', null],
      ['app.to_use', null],
    ])
    expect(await reader.positions(session)).toEqual(readable)
    await reader.dedicate(session)
    expect(await reader.positions(session)).toEqual(readable)
  })
})

describe('postgres: the comment of the database', () => {
  it.for([
    [null, undefined],
    [SCRATCH_MARK, undefined],
    [`${SCRATCH_MARK}s`, `${SCRATCH_MARK}s`],
  ] as const)('%s', async ([comment, fact]) => {
    const db = await createTestDatabase()
    await db.sql.unsafe(`comment on database ${db.name} is ${comment === null ? 'null' : `'${comment}'`}`)
    const session = await openSession(postgresAt(db.url))
    const { objects } = await createSnapshotReader({ historySchema: 'sqlmig' }).catalog(
      session,
      undefined,
      'none',
    )
    expect(objects.get('database current database')?.facts['comment']).toBe(fact)
  })
})
