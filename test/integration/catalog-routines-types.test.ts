import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { aggregates } from '../../src/adapters/postgres/catalog/aggregates.ts'
import { casts } from '../../src/adapters/postgres/catalog/casts.ts'
import { collations } from '../../src/adapters/postgres/catalog/collations.ts'
import { columns } from '../../src/adapters/postgres/catalog/columns.ts'
import { constraints } from '../../src/adapters/postgres/catalog/constraints.ts'
import { conversions } from '../../src/adapters/postgres/catalog/conversions.ts'
import { domains } from '../../src/adapters/postgres/catalog/domains.ts'
import { functions } from '../../src/adapters/postgres/catalog/functions.ts'
import { indexes } from '../../src/adapters/postgres/catalog/indexes.ts'
import { materializedViews } from '../../src/adapters/postgres/catalog/materialized-views.ts'
import { operatorClasses } from '../../src/adapters/postgres/catalog/operator-classes.ts'
import { operatorFamilies } from '../../src/adapters/postgres/catalog/operator-families.ts'
import { operators } from '../../src/adapters/postgres/catalog/operators.ts'
import { tables } from '../../src/adapters/postgres/catalog/tables.ts'
import { textSearch } from '../../src/adapters/postgres/catalog/text-search.ts'
import { types } from '../../src/adapters/postgres/catalog/types.ts'
import { views } from '../../src/adapters/postgres/catalog/views.ts'
import {
  type CatalogObject,
  type CatalogSnapshot,
  kindOf,
  type ObjectKey,
  objectKey,
} from '../../src/core/catalog.ts'
import { commonAlter, commonCreate } from '../../src/core/ddl/common.ts'
import { DDL_WRITERS } from '../../src/core/ddl/index.ts'
import { rebuildEnum, typeDdl } from '../../src/core/ddl/type.ts'
import type { CreateContext, DdlWriter } from '../../src/core/ddl/writer.ts'
import { objectsQuery, toObjects } from '../support/catalog.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import type { Case } from './catalog-case.ts'
import { OPERATOR_CASES } from './catalog-operators-cases.ts'
import { ROUTINE_CASES } from './catalog-routines-cases.ts'
import { TYPE_CASES } from './catalog-types-cases.ts'
import { VIEW_CASES } from './catalog-views-cases.ts'

const KINDS = [
  ...[aggregates, casts, collations, columns, constraints, conversions, domains, functions, indexes],
  ...[materializedViews, operatorClasses, operatorFamilies, operators, tables, textSearch, types, views],
]

const READ_SETTINGS = `set local search_path = ''; set local jit = off; set local plan_cache_mode = force_generic_plan;
  set local sqlmig.history_schema = 'sqlmig'`

const COMMON = ['owner', 'privileges', 'comment', 'labels']

let db: TestDatabase
let major: number

beforeAll(async () => {
  db = await createTestDatabase({ cleanup: 'manual' })
  const [row] = await db.sql`select current_setting('server_version_num')::int / 10000 as major`
  major = Number(row?.['major'])
})

afterAll(() => db.drop())

beforeEach(async () => {
  await run('drop schema if exists app cascade', 'create schema app')
})

/** Runs statements one by one. */
async function run(...statements: readonly string[]): Promise<void> {
  for (const statement of statements) await db.sql.unsafe(statement)
}

async function read(): Promise<CatalogSnapshot> {
  const rows = await db.sql.begin(async (sql) => {
    await sql.unsafe(READ_SETTINGS)
    return sql.unsafe(objectsQuery(KINDS, { major, superuser: true }), [], { prepare: true })
  })
  const objects = toObjects(rows).map((object) => [objectKey(object), object] as const)
  const snapshot = { objects: new Map(objects), hashes: new Map() }
  expect(objects.length).toBe(snapshot.objects.size)
  return snapshot
}

/** Everything that is compared. */
function compared({ objects }: CatalogSnapshot): unknown {
  return Object.fromEntries([...objects].map(([key, { parent, facts }]) => [key, { parent, facts }]).sort())
}

function context(snapshot: CatalogSnapshot): CreateContext {
  const all = [...snapshot.objects.values()].sort((a, b) => a.order - b.order)
  return { snapshot, childrenOf: (object) => all.filter(({ parent }) => parent === objectKey(object)) }
}

function object(snapshot: CatalogSnapshot, key: ObjectKey): CatalogObject {
  const found = snapshot.objects.get(key)
  if (found === undefined) throw new Error(`there is no ${key} in ${[...snapshot.objects.keys()].join(', ')}`)
  return found
}

function writerOf(key: ObjectKey): DdlWriter {
  return DDL_WRITERS[kindOf(key)]
}

function creation(one: CatalogObject, within: CreateContext): readonly string[] {
  const children = within.childrenOf(one).filter(({ kind }) => kind !== 'column')
  const writer = writerOf(objectKey(one))
  return [
    ...writer.create(one, within),
    ...commonCreate(writer, one),
    ...children.flatMap((child) => creation(child, within)),
    ...(writer.complete?.(one, within) ?? []),
  ]
}

async function makeAgain(from: CatalogSnapshot, to: CatalogSnapshot, key: ObjectKey): Promise<void> {
  await run(...writerOf(key).drop(object(from, key)))
  expect((await read()).objects.has(key)).toBe(false)
  await run(...creation(object(to, key), context(to)))
}

/** Brings the object from one state to the other as the writer says, and looks whether it is there. */
async function change(from: CatalogSnapshot, to: CatalogSnapshot, key: ObjectKey, way: 'alter' | 'again') {
  const is = object(from, key)
  const should = object(to, key)
  const facts = new Set([...Object.keys(is.facts), ...Object.keys(should.facts)])
  const changed = [...facts].filter(
    (fact) => JSON.stringify(is.facts[fact]) !== JSON.stringify(should.facts[fact]),
  )
  const own = changed.filter((fact) => !COMMON.includes(fact))
  const altered = own.length === 0 ? [] : writerOf(key).alter(is, should, own)
  expect({ changed, way: altered === undefined ? 'again' : 'alter' }).toEqual({ changed, way })
  if (altered === undefined) await makeAgain(from, to, key)
  else await run(...altered, ...commonAlter(writerOf(key), is, should))
  expect(compared(await read())).toEqual(compared(to))
}

const cases = [...VIEW_CASES, ...ROUTINE_CASES, ...TYPE_CASES, ...OPERATOR_CASES]

describe.each(cases.map((one) => [one.key, one] as const))('%s', (key, one: Case) => {
  it('has no facts by default, and is made again as it was', async ({ skip }) => {
    if (one.since !== undefined && major < one.since) skip()
    await run(one.base)
    const before = await read()
    const { owner, definition, ...facts } = object(before, key).facts
    expect({ ...facts, ...(one.facts['definition'] && { definition }) }).toEqual(one.facts)
    if (key.startsWith('cast ') || kindOf(key) === 'text-search-parser') expect(owner).toBeUndefined()
    if (one.facts['shell'] === undefined) await makeAgain(before, before, key)
    expect(compared(await read())).toEqual(compared(before))
  })

  it.for(one.changes.map((step) => [step.fact, step.value, step] as const))(
    '%s = %j',
    async ([fact, value, step], { skip }) => {
      if (step.since !== undefined && major < step.since) skip()
      await run(one.base)
      const plain = await read()
      await run(step.sql)
      const changed = await read()
      expect(object(changed, key).facts[fact]).toEqual(value)
      expect(object(plain, key).facts[fact]).not.toEqual(value)
      await makeAgain(changed, changed, key)
      expect(compared(await read())).toEqual(compared(changed))
      await run('drop schema app cascade', 'create schema app', one.base, step.sql)
      await change(changed, plain, key, step.alter === 'both' || step.alter === 'back' ? 'alter' : 'again')
      await change(plain, changed, key, step.alter === 'both' || step.alter === 'forth' ? 'alter' : 'again')
    },
  )
})

describe('an enum that loses a label', () => {
  const MOOD: ObjectKey = 'type app.mood'
  const used = (labels: string) => `create type app.mood as enum (${labels});
    create table app.t(id int, m app.mood default 'b', ms app.mood[] default array['a', 'b']::app.mood[], "M" app.mood,
      constraint mood_check check (m <> 'a'::app.mood)) partition by list (id);
    create table app.p partition of app.t for values in (1);
    alter table app.p alter column "M" set default 'a';
    create index t_i on app.t (id) where m = 'b';
    create type app.c as (m app.mood);
    create view app.v as select m, 'mood' as text from app.t;
    create view app.w as select * from app.v;
    create function app.f(m app.mood) returns app.mood[] language sql as 'select array[m]';
    comment on type app.mood is 'kept'; grant usage on type app.mood to pg_monitor; comment on view app.v is 'kept'`

  it('is made again, with everything that uses it', async () => {
    await run(used("'a', 'b'"))
    const should = await read()
    await run('drop schema app cascade', 'create schema app', used("'a', 'b', 'c'"))
    await run(`insert into app.t(id, "M") values (1, 'a')`)
    const is = await read()
    const from = object(is, MOOD)
    expect(typeDdl.alter(from, object(should, MOOD), ['values'])).toBeUndefined()
    await run(...rebuildEnum(from, object(should, MOOD), context(is)))
    expect(compared(await read())).toEqual(compared(should))
    expect([...(await db.sql`select m::text, ms::text, "M"::text from app.t`)]).toEqual([
      { m: 'b', ms: '{a,b}', M: 'a' },
    ])
  })

  it('keeps no default that is gone', async () => {
    await run(`create type app.mood as enum ('a', 'b'); create table app.t(m app.mood default 'b')`)
    const is = await read()
    const from = object(is, MOOD)
    await run(...rebuildEnum(from, { ...from, facts: { ...from.facts, values: ['a'] } }, context(is)))
    const after = await read()
    expect(object(after, MOOD).facts['values']).toEqual(['a'])
    expect(object(after, 'column app.t.m').facts).toMatchObject({ type: 'app.mood' })
    expect(object(after, 'column app.t.m').facts['default']).toBeUndefined()
  })
})
