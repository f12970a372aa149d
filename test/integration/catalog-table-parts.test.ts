import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest'
import { columns } from '../../src/adapters/postgres/catalog/columns.ts'
import { constraints } from '../../src/adapters/postgres/catalog/constraints.ts'
import { domains } from '../../src/adapters/postgres/catalog/domains.ts'
import { foreignTables } from '../../src/adapters/postgres/catalog/foreign-tables.ts'
import { indexes } from '../../src/adapters/postgres/catalog/indexes.ts'
import type { CatalogKind } from '../../src/adapters/postgres/catalog/kind.ts'
import { materializedViews } from '../../src/adapters/postgres/catalog/materialized-views.ts'
import { policies } from '../../src/adapters/postgres/catalog/policies.ts'
import { rules } from '../../src/adapters/postgres/catalog/rules.ts'
import { sequences } from '../../src/adapters/postgres/catalog/sequences.ts'
import { statistics } from '../../src/adapters/postgres/catalog/statistics.ts'
import { tables } from '../../src/adapters/postgres/catalog/tables.ts'
import { triggers } from '../../src/adapters/postgres/catalog/triggers.ts'
import { views } from '../../src/adapters/postgres/catalog/views.ts'
import {
  type CatalogObject,
  type CatalogSnapshot,
  type Facts,
  type ObjectKey,
  objectKey,
} from '../../src/core/catalog.ts'
import { commonAlter, commonCreate } from '../../src/core/ddl/common.ts'
import { constraintDdl } from '../../src/core/ddl/constraint.ts'
import { indexDdl } from '../../src/core/ddl/indexes.ts'
import { policyDdl } from '../../src/core/ddl/policy.ts'
import { ruleDdl } from '../../src/core/ddl/rule.ts'
import { ownedBySql, sequenceDdl } from '../../src/core/ddl/sequence.ts'
import { statisticsDdl } from '../../src/core/ddl/statistics.ts'
import { triggerDdl } from '../../src/core/ddl/trigger.ts'
import type { CreateContext, DdlWriter } from '../../src/core/ddl/writer.ts'
import type { Session } from '../../src/ports.ts'
import { objectsQuery, toObjects } from '../support/catalog.ts'
import { serverVersion, withConnection } from '../support/connect.ts'
import { createTestDatabase } from '../support/database.ts'
import { openSession, pgliteInMemory, postgresAt } from '../support/session.ts'
import { APPEARING } from './catalog-table-parts/appearing.ts'
import type { Change } from './catalog-table-parts/case.ts'
import { CONSTRAINTS } from './catalog-table-parts/constraints.ts'
import { INDEXES, SEQUENCES } from './catalog-table-parts/indexes-sequences.ts'
import { OTHERS } from './catalog-table-parts/others.ts'

const CHANGES: readonly Change[] = [...CONSTRAINTS, ...INDEXES, ...SEQUENCES, ...OTHERS]

const PARTS: Partial<Record<CatalogObject['kind'], DdlWriter>> = {
  constraint: constraintDdl,
  index: indexDdl,
  policy: policyDdl,
  rule: ruleDdl,
  sequence: sequenceDdl,
  statistics: statisticsDdl,
  trigger: triggerDdl,
}
const KINDS: readonly CatalogKind[] = [
  ...[constraints, indexes, policies, rules, sequences, statistics, triggers],
  ...[columns, domains, foreignTables, materializedViews, tables, views],
]
const COMMON = ['owner', 'comment', 'privileges', 'labels']
const PGLITE_MAJOR = 18
const serverMajor = Number.parseInt(await serverVersion(inject('serverUrl'), 5_000), 10)

describe.each([
  ['a server', serverMajor],
  ['PGlite', PGLITE_MAJOR],
] as const)('parts of tables on %s', (where, major) => {
  let session: Session
  let drop = async () => {}
  const run = (statements: readonly string[]) => session.send(statements.join(';\n'))
  const reset = (...sql: string[]) =>
    run([
      'drop schema if exists app cascade',
      'create schema app',
      ...sql.map((one) => one.replace(/;\s*$/, '')),
    ])
  const read = () => snapshotOf(session, major)

  beforeAll(async () => {
    const database = where === 'PGlite' ? pgliteInMemory() : postgresAt((await serverDatabase()).url)
    session = await database.connect({ onNotice: () => {} })
    await run(['create foreign data wrapper parts', 'create server parts foreign data wrapper parts'])
  })
  afterAll(async () => {
    await session.close()
    await drop()
  })
  async function serverDatabase() {
    const database = await createTestDatabase({ cleanup: 'manual' })
    drop = database.drop
    return database
  }

  it.each(CHANGES.filter(({ since = 0 }) => since <= major))('tell apart $object: $what', async (change) => {
    await reset(change.base)
    const before = await read()
    await run([change.change])
    const after = await read()
    const [is, was] = [after, before].map((snapshot) => get(snapshot, change.object)) as [
      CatalogObject,
      CatalogObject,
    ]
    const changed = differing(was, is)
    expect(pick(is.facts, changed)).toEqual(withoutUndefined(change.facts))
    expect(changed.sort()).toEqual(Object.keys(change.facts).sort())

    const back = alter(is, was)
    const forth = alter(was, is)
    expect(wayOf(forth, back)).toBe(change.alters)
    if (back !== undefined && change.alters !== 'forth') {
      await run(back)
      expect(partsOf(await read())).toEqual(partsOf(before))
    }
    if (forth !== undefined) {
      await reset(change.base)
      await run(forth)
      expect(partsOf(await read())).toEqual(partsOf(after))
    }
    if (change.rebuilds === false) return
    await reset(change.base, change.change)
    await run([...drops([is]), ...creates([is, ...childrenOf(after, is)], after)])
    expect(partsOf(await read())).toEqual(partsOf(after))
  })

  it.each(APPEARING.filter(({ since = 0 }) => since <= major))('find $what', async (appearing) => {
    await reset(appearing.base)
    const before = await read()
    await run([appearing.change])
    const after = await read()
    const added = [...after.objects.values()].filter(
      (object) => isPart(object) && !before.objects.has(objectKey(object)),
    )
    expect(Object.fromEntries(added.map((object) => [objectKey(object), object.facts]))).toEqual(
      appearing.objects,
    )
    for (const { parent } of added) expect(parent && after.objects.has(parent)).toBe(true)

    if (appearing.drops === false) {
      expect(drops(added)).toEqual([])
      await reset(appearing.base)
    } else {
      await run(drops(added.filter(({ parent }) => !added.some((other) => objectKey(other) === parent))))
      expect(partsOf(await read())).toEqual(partsOf(before))
    }
    await run(creates(added, after))
    expect(partsOf(await read())).toEqual(partsOf(after))
  })

  it('leave out what the system makes by itself and what is not compared', async () => {
    await reset(
      'create table app.t (id int not null, b text)',
      'create view app.v as select * from app.t',
      'create schema if not exists sqlmig',
      'create table if not exists sqlmig.history (id int primary key, seq serial)',
      'create temporary table if not exists own (id serial primary key)',
    )
    expect(partsOf(await read())).toEqual({})
    await run(['drop schema sqlmig cascade', 'drop table own'])
  })

  it('take what a sequence has from its column for no change of the sequence', async () => {
    await reset('create table app.t (id int generated always as identity, n serial)')
    const before = await read()
    await run([
      'alter table app.t alter id type bigint',
      ...(major < 15 ? [] : ['alter table app.t set unlogged']),
    ])
    expect(partsOf(await read())).toEqual(partsOf(before))
  })

  it('make the sequence of an identity column as it was, whatever it is called', async () => {
    const table = 'create table app.t (id int generated always as identity)'
    await reset(table, 'alter sequence app.t_id_seq increment 5 minvalue 20 start 30 restart')
    await run(['alter sequence app.t_id_seq rename to "Odd"', `comment on sequence app."Odd" is 'x'`])
    const after = await read()
    await reset(table)
    await run(creates([get(after, 'sequence app."Odd"')], after))
    expect(partsOf(await read())).toEqual(partsOf(after))
    const { rows } = await session.send(`insert into app.t default values returning id`)
    expect(rows).toEqual([{ id: '30' }])
  })
})

describe('the tablespace of an index', () => {
  it.each(['index app.i', 'index app.c'] as const)('is told apart: %s', async (key) => {
    const { url, name } = await createTestDatabase()
    const session = await openSession(postgresAt(url))
    const space = name.replace('sqlmig', 'sqlmig_space')
    // 15, and minor versions of 14, make one without a directory of its own
    await session.send('set allow_in_place_tablespaces = on')
    await session.send(`create tablespace ${space} location ''`)
    onTestFinished(() =>
      withConnection(inject('serverUrl'), (sql) => sql.unsafe(`drop tablespace ${space}`)).then(() => {}),
    )
    await session.send(
      `create schema app; create table app.t (a int constraint c unique); create index i on app.t (a) where a > 0`,
    )
    const before = await snapshotOf(session, serverMajor)
    await session.send(`alter ${key} set tablespace ${space}; alter ${key} set (fillfactor = 50)`)
    const after = await snapshotOf(session, serverMajor)
    expect(get(before, key).facts).not.toHaveProperty('tablespace')
    expect(get(after, key).facts).toMatchObject({ tablespace: space, options: ['fillfactor=50'] })
    await session.send(alter(get(after, key), get(before, key))!.join(';'))
    expect(partsOf(await snapshotOf(session, serverMajor))).toEqual(partsOf(before))
    const owner = get(after, key.endsWith('c') ? 'constraint app.t.c' : key)
    await session.send(alter(get(before, key), get(after, key))!.join(';'))
    await session.send([...drops([owner]), ...creates([owner, ...childrenOf(after, owner)], after)].join(';'))
    expect(partsOf(await snapshotOf(session, serverMajor))).toEqual(partsOf(after))
    await session.send('drop schema app cascade')
  })
})

async function snapshotOf(session: Session, major: number): Promise<CatalogSnapshot> {
  const query = objectsQuery(KINDS, { major, superuser: true })
  const { rows } = await session.send(
    `begin; set local search_path = ''; set local sqlmig.history_schema = 'sqlmig'; ${query}; commit`,
  )
  const objects = toObjects(rows)
  return { objects: new Map(objects.map((object) => [objectKey(object), object])), hashes: new Map() }
}

const isPart = ({ kind }: CatalogObject) => PARTS[kind] !== undefined

function partsOf({ objects }: CatalogSnapshot): Record<string, Facts> {
  return Object.fromEntries(
    [...objects].filter(([, object]) => isPart(object)).map(([key, { facts }]) => [key, facts]),
  )
}

function get({ objects }: CatalogSnapshot, key: ObjectKey): CatalogObject {
  const object = objects.get(key)
  if (object === undefined) throw new Error(`${key} is not among ${[...objects.keys()].join(', ')}`)
  return object
}

function differing(from: CatalogObject, to: CatalogObject): string[] {
  const names = [...new Set([...Object.keys(from.facts), ...Object.keys(to.facts)])]
  return names.filter((name) => JSON.stringify(from.facts[name]) !== JSON.stringify(to.facts[name]))
}

const pick = (facts: Facts, names: readonly string[]) =>
  Object.fromEntries(names.filter((name) => name in facts).map((name) => [name, facts[name]]))
const withoutUndefined = (facts: Change['facts']) =>
  Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined))

function writerOf({ kind }: CatalogObject): DdlWriter {
  return PARTS[kind]!
}

/** Undefined where there is no way. */
function alter(from: CatalogObject, to: CatalogObject): readonly string[] | undefined {
  const changed = differing(from, to)
  const own = changed.filter((fact) => !COMMON.includes(fact))
  const altered = own.length === 0 ? [] : writerOf(to).alter(from, to, own)
  return altered && [...altered, ...commonAlter(writerOf(to), from, to)]
}

/** Nothing to run is no way either. */
function wayOf(forth: readonly string[] | undefined, back: readonly string[] | undefined): Change['alters'] {
  if (forth?.length) return back?.length ? 'both ways' : 'forth'
  return back?.length ? 'back' : 'no way'
}

function drops(objects: readonly CatalogObject[]): readonly string[] {
  return [...objects].sort((a, b) => b.order - a.order).flatMap((object) => writerOf(object).drop(object))
}

function creates(objects: readonly CatalogObject[], snapshot: CatalogSnapshot): readonly string[] {
  const within: CreateContext = { snapshot, childrenOf: (object) => childrenOf(snapshot, object) }
  const inOrder = [...objects].sort((a, b) => a.order - b.order)
  return [
    ...inOrder.flatMap((object) => [
      ...writerOf(object).create(object, within),
      ...commonCreate(writerOf(object), object),
    ]),
    ...inOrder.flatMap(ownedBySql),
  ]
}

function childrenOf({ objects }: CatalogSnapshot, of: CatalogObject): CatalogObject[] {
  return [...objects.values()].filter(({ parent }) => parent === objectKey(of))
}
