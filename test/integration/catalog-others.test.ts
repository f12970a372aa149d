import { randomBytes } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import type { CatalogKind } from '../../src/adapters/postgres/catalog/kind.ts'
import { type CatalogObject, type ObjectKey, objectKey } from '../../src/core/catalog.ts'
import { commonAlter, commonCreate } from '../../src/core/ddl/common.ts'
import type { CreateContext, DdlWriter } from '../../src/core/ddl/writer.ts'
import { objectsQuery, type Row, toObjects } from '../support/catalog.ts'
import { connect, databaseUrl } from '../support/connect.ts'
import { createTestDatabase } from '../support/database.ts'
import { type Case, PLACEHOLDERS } from './catalog-others-case.ts'
import { CASES } from './catalog-others-cases.ts'
import { SERVER_CASES } from './catalog-others-server-cases.ts'

/** One session: each case is a transaction. */
interface Target {
  readonly major: number
  run(sql: string): Promise<unknown>
  rows(query: string): Promise<readonly Row[]>
  close(): Promise<void>
}

const SETTINGS = `savepoint reading; set local jit = off; set local search_path = ''; set local sqlmig.history_schema = 'sqlmig'`
const MAJOR = `select current_setting('server_version_num')::int / 10000 as major`

async function server(): Promise<Target> {
  const { name, drop } = await createTestDatabase({ cleanup: 'manual' })
  const sql = connect(databaseUrl(inject('serverUrl'), name))
  const [version] = await sql.unsafe(MAJOR)
  return {
    major: Number(version?.['major']),
    run: (text) => sql.unsafe(text),
    rows: (query) => sql.unsafe<Row[]>(query),
    async close() {
      await sql.end({ timeout: 5 })
      await drop()
    },
  }
}

async function pglite(): Promise<Target> {
  const database = await PGlite.create()
  const { rows } = await database.query<{ major: number }>(MAJOR)
  return {
    major: Number(rows[0]?.major),
    run: (text) => database.exec(text),
    rows: async (query) => (await database.query<Row>(query)).rows,
    close: () => database.close(),
  }
}

async function read(
  target: Target,
  kind: CatalogKind,
  superuser = true,
): Promise<ReadonlyMap<ObjectKey, CatalogObject>> {
  await target.run(SETTINGS)
  const rows = await target.rows(objectsQuery([kind], { major: target.major, superuser }))
  await target.run('rollback to savepoint reading')
  const objects = toObjects(rows)
  const known = new Map(objects.map((object) => [objectKey(object), object]))
  expect(known.size).toBe(rows.length)
  expect(kind.kinds).toEqual(expect.arrayContaining(objects.map((object) => object.kind)))
  return known
}

async function apply(target: Target, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    expect(statement).not.toMatch(/;$|undefined/)
    await target.run(statement).catch((error: unknown) => {
      throw new Error(`${statement}: ${error instanceof Error ? error.message : error}`)
    })
  }
}

/** Others may use the same server. */
const SERVER_WIDE = /^role |^system-object parameter /

const COMMON = ['owner', 'privileges', 'comment', 'labels']

function alter(writer: DdlWriter, from: CatalogObject, to: CatalogObject): readonly string[] | undefined {
  const changed = Object.keys({ ...from.facts, ...to.facts }).filter(
    (fact) => !COMMON.includes(fact) && JSON.stringify(from.facts[fact]) !== JSON.stringify(to.facts[fact]),
  )
  const own = changed.length === 0 ? [] : writer.alter(from, to, changed)
  return own && [...own, ...commonAlter(writer, from, to)]
}

function create(writer: DdlWriter, object: CatalogObject): readonly string[] {
  const context: CreateContext = { snapshot: { objects: new Map(), hashes: new Map() }, childrenOf: () => [] }
  return [...writer.create(object, context), ...commonCreate(writer, object)]
}

describe.each([
  ['the server', server],
  ['PGlite', pglite],
] as const)('what stands beside the schemas, on %s', (where, open) => {
  let target: Target
  let names: readonly string[] = []
  beforeAll(async () => {
    target = await open()
    const [me] = await target.rows('select quote_ident(current_user) as name')
    const suffix = randomBytes(6).toString('hex')
    names = [...['one', 'two', 'three'].map((one) => `sqlmig_test_${one}_${suffix}`), me?.['name'] ?? '']
  })
  afterAll(() => target.close())
  // everything is transactional, also what belongs to the whole server
  beforeEach(() =>
    target.run(
      `begin; create schema app; ${names
        .slice(0, 3)
        .map((role) => `create role ${role};`)
        .join('')}`,
    ),
  )
  afterEach(() => target.run('rollback'))

  /** With the roles of this run. */
  function filled<T>(value: T): T {
    const text = PLACEHOLDERS.reduce(
      (done, placeholder, index) => done.replaceAll(placeholder, names[index] ?? ''),
      JSON.stringify(value),
    )
    const sorted = (_: string, one: unknown) => (Array.isArray(one) ? one.toSorted() : one)
    return JSON.parse(text, sorted)
  }

  async function find({ family: [kind], name }: Case): Promise<CatalogObject | undefined> {
    const objects = await read(target, kind)
    return objects.get(objectKey({ kind: kind.kinds[0] ?? 'schema', name: filled(name) }))
  }

  /** Without what no statement can bring back. */
  function comparable(object: CatalogObject | undefined, { lost = [] }: Case): unknown {
    return object && Object.fromEntries(Object.entries(object.facts).filter(([fact]) => !lost.includes(fact)))
  }

  async function remake(one: Case, object: CatalogObject): Promise<void> {
    const [, writer] = one.family
    await apply(target, writer.drop(object))
    expect(comparable(await find(one), one)).toEqual(one.drop === undefined ? undefined : {})
    await apply(target, create(writer, object))
    expect(comparable(await find(one), one)).toEqual(comparable(object, one))
  }

  async function lead(one: Case, from: CatalogObject, to: CatalogObject): Promise<void> {
    const statements = alter(one.family[1], from, to)
    if (one.alter === 'no') expect(statements).toBeUndefined()
    else {
      await apply(target, statements ?? [])
      expect(comparable(await find(one), one)).toEqual(comparable(to, one))
    }
  }

  function isKnown({ since = 0, until = 99, pglite }: Case): boolean {
    return target.major >= since && target.major <= until && !(where === 'PGlite' && pglite === 'no')
  }

  test.for([...CASES, ...SERVER_CASES])('$title', async (one, { skip }) => {
    skip(!isKnown(one))
    const [, writer] = one.family
    await target.run(filled(one.before ?? ''))
    await target.run(filled(one.make))
    const first = await find(one)
    expect(first?.facts).toEqual(one.made && filled(one.made))
    await target.run(filled(one.change))
    const second = await find(one)
    if (second === undefined) throw new Error(`${one.name} is not there`)
    expect(second.facts).toEqual(filled(one.changed))
    if (first !== undefined) {
      if (one.alter === 'one way') await apply(target, [...writer.drop(second), ...create(writer, first)])
      else await lead(one, second, first)
      await lead(one, first, second)
    }
    await remake(one, second)
  })

  const kinds = [...new Set([...CASES, ...SERVER_CASES].map(({ family: [kind] }) => kind))]

  test('is next to nothing at first', async () => {
    const found: Record<string, unknown> = {}
    for (const kind of kinds)
      for (const [key, { facts }] of await read(target, kind)) if (!SERVER_WIDE.test(key)) found[key] = facts
    const public_ = found['schema public']
    const comment = 'default administrative connection database'
    expect(found).toEqual({
      'database current database': where === 'PGlite' ? { comment } : {},
      'extension plpgsql': {
        version: '1.0',
        schema: 'pg_catalog',
        comment: 'PL/pgSQL procedural language',
      },
      'schema public': public_,
      'schema app': { owner: names[3] },
    })
    expect(public_).toMatchObject({ comment: 'standard public schema' })
  })

  test('can be read by an ordinary role, but for what only superusers see', async () => {
    await target.run(
      filled(`select lo_create(4712); alter large object 4712 owner to @one; select lo_put(4712, 0, 'abc');
        select lo_create(4713); alter role @two password 'secret' valid until 'infinity' connection limit 3;
        create foreign data wrapper w; create server srv foreign data wrapper w;
        create user mapping for @two server srv options (area 'x');
        ${where === 'PGlite' ? '' : `create subscription sqlmig_test_@one connection 'password=secret' publication a with (connect = false, streaming = off);`}
        set role @one`),
    )
    const found: Record<string, unknown> = {}
    for (const kind of kinds)
      for (const [key, { facts }] of await read(target, kind, false)) found[key] = facts
    expect(found).toMatchObject(
      filled({
        'large-object 4712': { owner: '@one', content: '900150983cd24fb0d6963f7d28e17f72' },
        'role @two': { connectionLimit: '3' },
      }),
    )
    expect(found['large-object 4713']).toEqual({ owner: names[3] })
    expect(found[filled('role @two')]).toEqual({ connectionLimit: '3' })
    expect(found[filled('user-mapping @two SERVER srv')]).toEqual({})
    expect(found[filled('subscription sqlmig_test_@one')]).toEqual(
      where === 'PGlite' ? undefined : { owner: names[3], publications: ['a'], enabled: 'no' },
    )
  })
})
