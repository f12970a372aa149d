import { randomBytes } from 'node:crypto'
import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { columns } from '../../src/adapters/postgres/catalog/columns.ts'
import { foreignTables } from '../../src/adapters/postgres/catalog/foreign-tables.ts'
import { tables } from '../../src/adapters/postgres/catalog/tables.ts'
import { type CatalogObject, type CatalogSnapshot, objectKey } from '../../src/core/catalog.ts'
import { column } from '../../src/core/ddl/column.ts'
import { commonAlter, commonCreate } from '../../src/core/ddl/common.ts'
import { foreignTable } from '../../src/core/ddl/foreign-table.ts'
import { table } from '../../src/core/ddl/table.ts'
import type { CreateContext, DdlWriter } from '../../src/core/ddl/writer.ts'
import { objectsQuery, type Row, toObjects } from '../support/catalog.ts'
import { connect } from '../support/connect.ts'
import { createTestDatabase } from '../support/database.ts'
import { ANCESTRY } from './relation-cases/ancestry.ts'
import { type Case, PREPARED, was } from './relation-cases/case.ts'
import { COLUMNS } from './relation-cases/columns.ts'
import { OTHERS } from './relation-cases/others.ts'
import { TABLES } from './relation-cases/tables.ts'

interface Target {
  readonly major: number
  run(sql: string): Promise<unknown>
  rows(query: string): Promise<readonly Row[]>
  close(): Promise<void>
}

const SETTINGS = `set local search_path = ''; set local sqlmig.history_schema = 'sqlmig'`
const MAJOR = `select current_setting('server_version_num')::int / 10000 as major`

async function server(): Promise<Target> {
  const { url, drop } = await createTestDatabase({ cleanup: 'manual' })
  const sql = connect(url)
  const [version] = await sql.unsafe(MAJOR)
  return {
    major: Number(version?.['major']),
    run: (text) => sql.unsafe(text),
    rows: (query) =>
      sql.begin(async (transaction) => {
        await transaction.unsafe(SETTINGS)
        return transaction.unsafe<Row[]>(query)
      }),
    close: async () => {
      await sql.end({ timeout: 1 })
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
    rows: (query) =>
      database.transaction(async (transaction) => {
        await transaction.exec(SETTINGS)
        return (await transaction.query<Row>(query)).rows
      }),
    close: () => database.close(),
  }
}

async function snapshot(target: Target): Promise<CatalogSnapshot> {
  const scope = { major: target.major, superuser: true }
  const rows = await target.rows(objectsQuery([tables, columns, foreignTables], scope))
  const objects = new Map(toObjects(rows).map((object) => [objectKey(object), object]))
  expect(objects.size).toBe(rows.length)
  return { objects, hashes: new Map() }
}

/** What differs, as `object → fact → value`, or what it was and is; an object that is new or gone has all its facts. */
function changes(from: CatalogSnapshot, to: CatalogSnapshot): Record<string, Record<string, unknown>> {
  const found: Record<string, Record<string, unknown>> = {}
  for (const key of new Set([...from.objects.keys(), ...to.objects.keys()])) {
    const [before, after] = [from.objects.get(key)?.facts ?? {}, to.objects.get(key)?.facts ?? {}]
    for (const fact of factsThatDiffer(before, after))
      found[key] = { ...found[key], [fact]: fact in before ? was(before[fact], after[fact]) : after[fact] }
  }
  return found
}

function factsThatDiffer(before: CatalogObject['facts'], after: CatalogObject['facts']): string[] {
  const names = Object.keys({ ...before, ...after })
  return names.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
}

function writerOf({ kind }: CatalogObject): DdlWriter {
  const writers: Partial<Record<CatalogObject['kind'], DdlWriter>> = {
    table,
    column,
    'foreign-table': foreignTable,
  }
  const writer = writers[kind]
  if (writer === undefined) throw new Error(`no writer for ${kind}`)
  return writer
}

/** Tables before columns, else in order of creation. */
function inOrder(objects: Iterable<CatalogObject>): CatalogObject[] {
  const rank = ({ kind }: CatalogObject) => (kind === 'column' ? 1 : 0)
  return [...objects].sort((a, b) => rank(a) - rank(b) || a.order - b.order)
}

function within({ objects }: CatalogSnapshot): CreateContext {
  const context: CreateContext = {
    snapshot: { objects, hashes: new Map() },
    childrenOf: (object) => inOrder(objects.values()).filter(({ parent }) => parent === objectKey(object)),
  }
  return context
}

function createAll(objects: readonly CatalogObject[], to: CatalogSnapshot): [string[], string[]] {
  const context = within(to)
  const comesAlong = ({ kind, parent }: CatalogObject) =>
    kind === 'column' && objects.some((object) => objectKey(object) === parent)
  const own = objects.filter((object) => !comesAlong(object))
  return [
    [
      ...own.flatMap((object) => writerOf(object).create(object, context)),
      ...objects.flatMap((object) => commonCreate(writerOf(object), object)),
    ],
    own.flatMap((object) => writerOf(object).complete?.(object, context) ?? []),
  ]
}

const BY_OTHERS = ['owner', 'privileges', 'comment', 'labels', 'position']

/** The statements that lead from one snapshot to the other. */
function repair(from: CatalogSnapshot, to: CatalogSnapshot): string[] {
  const remade: CatalogObject[] = []
  const altered = inOrder(to.objects.values()).flatMap((object) => {
    const before = from.objects.get(objectKey(object))
    if (before === undefined) return []
    const changed = factsThatDiffer(before.facts, object.facts).filter((fact) => !BY_OTHERS.includes(fact))
    const statements = changed.length === 0 ? [] : writerOf(object).alter(before, object, changed)
    if (statements === undefined) remade.push(object)
    return statements === undefined ? [] : [...statements, ...commonAlter(writerOf(object), before, object)]
  })
  const missing =
    ({ objects }: CatalogSnapshot) =>
    (object: CatalogObject) =>
      !objects.has(objectKey(object))
  const gone = inOrder(from.objects.values()).filter(missing(to))
  const goesAlong = ({ parent }: CatalogObject) => gone.some((object) => objectKey(object) === parent)
  const dropped = [...gone.filter((object) => !goesAlong(object)), ...remade]
  const made = inOrder(to.objects.values()).filter(missing(from))
  return [
    ...dropped.reverse().flatMap((object) => writerOf(object).drop(object)),
    ...altered,
    ...createAll([...remade, ...made], to).flat(),
  ]
}

/** Everything but columns, whose types stay. */
function dropAll({ objects }: CatalogSnapshot): string[] {
  const relations = inOrder(objects.values()).filter(({ kind }) => kind !== 'column')
  return relations
    .filter(({ parent }) => parent === undefined)
    .reverse()
    .flatMap((object) => writerOf(object).drop(object))
}

async function apply(target: Target, statements: readonly string[]): Promise<void> {
  for (const statement of statements) {
    expect(statement).not.toMatch(/;|undefined/)
    await target.run(statement).catch((error: unknown) => {
      throw new Error(`${statement}: ${error instanceof Error ? error.message : error}`)
    })
  }
}

/** The facts of all objects; without the columns' places where a column had to be made again. */
function facts({ objects }: CatalogSnapshot, { moves = false }: Case): unknown {
  return new Map(
    [...objects]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(
        ([
          key,
          {
            facts: { position, ...rest },
            parent,
          },
        ]) => [key, { parent, ...rest, ...(moves ? {} : { position }) }],
      ),
  )
}

function expectedOn(major: number, { expected, since18 = {} }: Case): Case['expected'] {
  if (major < 18) return expected
  const keys = Object.keys({ ...expected, ...since18 })
  return Object.fromEntries(keys.map((key) => [key, { ...expected[key], ...since18[key] }]))
}

describe.each([
  ['the server', server],
  ['PGlite', pglite],
] as const)('relations on %s', (_, open) => {
  let target: Target
  beforeAll(async () => {
    target = await open()
    await target.run(PREPARED)
  })
  afterAll(() => target.close())

  async function states({ before, change }: Case): Promise<[CatalogSnapshot, CatalogSnapshot]> {
    await target.run(`drop schema if exists app cascade; create schema app; ${before}`)
    const without = await snapshot(target)
    await target.run(change)
    return [without, await snapshot(target)]
  }

  describe.each([...TABLES, ...ANCESTRY, ...COLUMNS, ...OTHERS])('$title', (one) => {
    test('changes these facts and no others', async ({ skip }) => {
      skip(target.major < (one.since ?? 0))
      const [without, changed] = await states(one)
      expect(changes(without, changed)).toEqual(expectedOn(target.major, one))
    })

    test.skipIf(one.alter === 'no')('is undone and done again', async ({ skip }) => {
      skip(target.major < (one.since ?? 0))
      const [without, changed] = await states(one)
      await apply(target, repair(changed, without))
      expect(facts(await snapshot(target), one)).toEqual(facts(without, one))
      await apply(target, repair(without, changed))
      expect(facts(await snapshot(target), one)).toEqual(facts(changed, one))
    })

    test.skipIf(one.create === 'no')('is there again after DROP and CREATE', async ({ skip }) => {
      skip(target.major < (one.since ?? 0))
      const [, changed] = await states(one)
      await apply(target, dropAll(changed))
      await target.run(one.first ?? '')
      const [create, complete] = createAll(
        inOrder(changed.objects.values()).filter(({ parent }) => !parent?.startsWith('type ')),
        changed,
      )
      await apply(target, create)
      await target.run(one.between ?? '')
      await apply(target, complete)
      expect(facts(await snapshot(target), one)).toEqual(facts(changed, one))
    })
  })
  // The folder of such a tablespace is made within the server's own (allow_in_place_tablespaces, since 15).
  test('tablespace', async ({ skip }) => {
    skip(target.major < 15)
    const name = `sqlmig_test_${randomBytes(8).toString('hex')}`
    await target.run('set allow_in_place_tablespaces = on')
    await target.run(`create tablespace ${name} location ''`)
    try {
      const one = {
        before: 'create table app.t (id integer)',
        change: `alter table app.t set tablespace ${name}`,
      }
      const [without, changed] = await states({ title: 'tablespace', expected: {}, ...one })
      expect(changes(without, changed)).toEqual({ 'table app.t': { tablespace: name } })
      await apply(target, repair(changed, without))
      expect(changes(await snapshot(target), without)).toEqual({})
      await apply(target, [
        ...dropAll(without),
        ...createAll(inOrder(changed.objects.values()), changed).flat(),
      ])
      expect(changes(await snapshot(target), changed)).toEqual({})
    } finally {
      await target.run('drop schema if exists app cascade')
      await target.run(`drop tablespace ${name}`)
    }
  })
})
