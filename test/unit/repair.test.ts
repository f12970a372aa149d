import { describe, expect, it } from 'vitest'
import type { CatalogSnapshot } from '../../src/core/catalog.ts'
import { repairSql } from '../../src/core/repair.ts'
import { compareSnapshots } from '../../src/core/schema-diff.ts'
import { columnOf, constraintOf, primaryKey, snapshot, table, the } from './snapshots.ts'

const T = 'table app.t' as const

/** What brings `before` back, difference by difference. */
function repair(before: CatalogSnapshot, after: CatalogSnapshot): string[] {
  return compareSnapshots(before, after).flatMap((difference) => repairSql(difference, { before, after }))
}

describe('the SQL that a down lacks', () => {
  it.each([
    ['type app.mood', 'DROP TYPE app.mood'],
    ['table app.t', 'DROP TABLE app.t'],
    ['view app.v', 'DROP VIEW app.v'],
    ['materialized-view app.m', 'DROP MATERIALIZED VIEW app.m'],
    ['sequence app."S s"', 'DROP SEQUENCE app."S s"'],
    ['function app.f(integer, text)', 'DROP FUNCTION app.f(integer, text)'],
    ['schema app', 'DROP SCHEMA app'],
    ['role r', 'DROP ROLE r'],
  ] as const)('drops the leftover %s', (key, sql) => {
    expect(repair(snapshot(), snapshot(the(key)))).toEqual([sql])
  })

  it.each([
    [constraintOf(T, 'c', { type: 'check' }), 'ALTER TABLE app.t DROP CONSTRAINT c'],
    [columnOf(T, '"C c"', { type: 'integer' }), 'ALTER TABLE app.t DROP COLUMN "C c"'],
    [the('trigger app.t.g', {}, { parent: T }), 'DROP TRIGGER g ON app.t'],
    [the('policy app.t.p', {}, { parent: T }), 'DROP POLICY p ON app.t'],
    [the('index app.i', {}, { parent: T }), 'DROP INDEX app.i'],
  ])('drops a part of a table: %j', (part, sql) => {
    expect(repair(snapshot(the(T)), snapshot(the(T), part))).toEqual([sql])
  })

  it('drops a table alone, since its parts go with it', () => {
    expect(repair(snapshot(), snapshot(table('app.t', 'a'), primaryKey(T, 'k', 'a')))).toEqual([
      'DROP TABLE app.t',
    ])
  })

  it('empties a schema, the newest first, before it drops it', () => {
    const is = snapshot(
      the('schema app', {}, { order: 1 }),
      the('type app.mood', {}, { order: 2 }),
      the(T, {}, { order: 3 }),
      columnOf(T, 'a', { type: 'app.mood' }),
      the('index app.i', {}, { parent: T, order: 4 }),
      the('view app.v', {}, { order: 5 }),
    )
    expect(repair(snapshot(), is)).toEqual([
      'DROP VIEW app.v',
      'DROP TABLE app.t',
      'DROP TYPE app.mood',
      'DROP SCHEMA app',
    ])
  })

  it('lets columns be NULL again when a primary key goes', () => {
    const column = (notNull: object) => columnOf(T, 'a', { type: 'integer', ...notNull })
    const is = snapshot(the(T), column({ notNull: 'yes' }), primaryKey(T, 't_pkey', 'a'))
    expect(repair(snapshot(the(T), column({})), is)).toEqual([
      'ALTER TABLE app.t DROP CONSTRAINT t_pkey',
      'ALTER TABLE app.t ALTER COLUMN a DROP NOT NULL',
    ])
  })

  it('makes a lost table again with its parts, each once and parents first', () => {
    const was = snapshot(
      the(
        'index app.t_n',
        { definition: 'CREATE INDEX t_n ON app.t USING btree (n)' },
        { parent: T, order: 9 },
      ),
      the(T, {}, { order: 5 }),
      columnOf(T, 'n', { type: 'integer', position: '1', comment: 'how many' }),
    )
    const sql = repair(was, snapshot())
    expect(sql[0]).toMatch(/^CREATE TABLE app\.t \(\s+n integer\s+\)$/)
    expect(sql.slice(1).toSorted()).toEqual([
      "COMMENT ON COLUMN app.t.n IS 'how many'",
      'CREATE INDEX t_n ON app.t USING btree (n)',
    ])
  })

  it('has none for the order of columns', () => {
    expect(repair(snapshot(table('app.t', 'a', 'b')), snapshot(table('app.t', 'b', 'a')))).toEqual([])
  })

  it('gives back a comment and an owner', () => {
    const was = snapshot(the('view app.v', { definition: 'x', comment: "it's", owner: 'a' }))
    const is = snapshot(the('view app.v', { definition: 'x', owner: 'b' }))
    expect(repair(was, is).toSorted()).toEqual([
      'ALTER VIEW app.v OWNER TO a',
      "COMMENT ON VIEW app.v IS 'it''s'",
    ])
  })
})

describe('an old name', () => {
  const renamed = (kind: string, a: string, b: string, parent?: typeof T | 'domain app.d' | 'type app.c') => {
    const state = (name: string) =>
      snapshot(
        the(T),
        the('domain app.d', { base: 'integer' }),
        the('type app.c', { variant: 'composite' }),
        the(
          `${kind} ${name}` as `table ${string}`,
          { definition: 'd' },
          parent === undefined ? {} : { parent },
        ),
      )
    return repair(state(a), state(b))
  }

  it.each([
    ['column', 'app.t.a', 'app.t."B b"', T, 'ALTER TABLE app.t RENAME COLUMN "B b" TO a'],
    ['column', 'app.c.a', 'app.c.b', 'type app.c', 'ALTER TYPE app.c RENAME ATTRIBUTE b TO a'],
    ['constraint', 'app.t.a', 'app.t.b', T, 'ALTER TABLE app.t RENAME CONSTRAINT b TO a'],
    ['constraint', 'app.d.a', 'app.d.b', 'domain app.d', 'ALTER DOMAIN app.d RENAME CONSTRAINT b TO a'],
    ['trigger', 'app.t.a', 'app.t.b', T, 'ALTER TRIGGER b ON app.t RENAME TO a'],
    ['policy', 'app.t.a', 'app.t.b', T, 'ALTER POLICY b ON app.t RENAME TO a'],
    ['rule', 'app.t.a', 'app.t.b', T, 'ALTER RULE b ON app.t RENAME TO a'],
    ['index', 'app.a', 'app.b', T, 'ALTER INDEX app.b RENAME TO a'],
    ['table', 'app.a', 'app.b', undefined, 'ALTER TABLE app.b RENAME TO a'],
    ['type', 'app."a.b"', 'app.c2', undefined, 'ALTER TYPE app.c2 RENAME TO "a.b"'],
    ['schema', 'a', 'b', undefined, 'ALTER SCHEMA b RENAME TO a'],
    ['server', 'a', 'b', undefined, 'ALTER SERVER b RENAME TO a'],
    ['function', 'app.a(integer)', 'app.b(integer)', undefined, 'ALTER FUNCTION app.b(integer) RENAME TO a'],
  ] as const)('of a %s comes back: %s', (kind, a, b, parent, sql) => {
    expect(renamed(kind, a, b, parent)).toEqual([sql])
  })

  it('and an old schema come back one after the other', () => {
    expect(renamed('table', 'app.a', 'other.a')).toEqual(['ALTER TABLE other.a SET SCHEMA app'])
    expect(renamed('sequence', '"A p".a', 'other.b')).toEqual([
      'ALTER SEQUENCE other.b SET SCHEMA "A p"',
      'ALTER SEQUENCE "A p".b RENAME TO a',
    ])
  })
})
