import { describe, expect, it } from 'vitest'
import { repairSql } from '../../src/core/repair.ts'
import { compareSnapshots } from '../../src/core/schema-diff.ts'
import { columnOf, constraintOf, primaryKey, snapshot, table, the, told } from './snapshots.ts'

const T = 'table app.t' as const
const U = 'table app.u' as const

describe('a new name', () => {
  it('of a column is one difference, with all that only names it', () => {
    const state = (name: string) =>
      snapshot(
        the(T),
        columnOf(T, name, { type: 'integer', position: '1' }),
        constraintOf(T, 't_k_check', { type: 'check', definition: `CHECK ((${name} > 0))` }),
        the(
          'index app.t_k',
          { definition: `CREATE INDEX t_k ON app.t USING btree (${name})` },
          { parent: T },
        ),
      )
    expect(told(state('k'), state('kk'))).toEqual([
      'renamed column app.t.k -> app.t.kk [constraint app.t.t_k_check, index app.t_k]',
    ])
  })

  it('of a column is no second difference in a view, which keeps its own column', () => {
    const state = (column: string, definition: string) =>
      snapshot(
        table('app.t', column),
        the('view app.v', { definition, columns: ['k'] }),
        columnOf('view app.v', 'k', { type: 'integer' }),
      )
    const was = state('k', ' SELECT t.k\n   FROM app.t;')
    const is = state('new', ' SELECT t.new AS k\n   FROM app.t;')
    expect(told(was, is)).toEqual(['renamed column app.t.k -> app.t.new [view app.v]'])
  })

  it('of a table takes its columns, constraints and indexes along, once each', () => {
    const state = (name: string) =>
      snapshot(
        table(`app.${name}`, 'id'),
        primaryKey(`table app.${name}`, 't_pkey', 'id'),
        constraintOf('table app.other', 'o_fkey', {
          definition: `FOREIGN KEY (t) REFERENCES app.${name}(id)`,
        }),
      )
    expect(told(state('t'), state('u'))).toEqual([
      'renamed table app.t -> app.u [column app.t.id, constraint app.other.o_fkey, constraint app.t.t_pkey, index app.t_pkey]',
    ])
  })

  it('of a table and of its parts is one difference, with one RENAME each, from the inside out', () => {
    const state = (name: string, column: string, key: string, index: string) => {
      const relation = `table app.${name}` as const
      return snapshot(
        the(relation, { cluster: index }),
        columnOf(relation, 'id', { position: '1', default: `nextval('app.${name}_id_seq'::regclass)` }),
        columnOf(relation, column, { type: 'integer', position: '2' }),
        the(`sequence app.${name}_id_seq`, {}, { parent: `column app.${name}.id` }),
        primaryKey(relation, key, 'id'),
        the(
          `index app.${index}`,
          { definition: `INDEX ${index} ON app.${name} (${column})` },
          { parent: relation },
        ),
      )
    }
    const before = state('t', 'k', 't_pkey', 't_k')
    const after = state('u', 'kk', 'u_pkey', 'u_kk')
    const differences = compareSnapshots(before, after)
    expect(differences.map(({ type }) => type)).toEqual(['renamed'])
    const sql = differences.flatMap((one) => repairSql(one, { before, after }))
    expect(sql.at(-1)).toBe('ALTER TABLE app.u RENAME TO t')
    expect(sql.toSorted()).toEqual([
      'ALTER INDEX app.u_kk RENAME TO t_k',
      'ALTER SEQUENCE app.u_id_seq RENAME TO t_id_seq',
      'ALTER TABLE app.u RENAME COLUMN kk TO k',
      'ALTER TABLE app.u RENAME CONSTRAINT u_pkey TO t_pkey',
      'ALTER TABLE app.u RENAME TO t',
    ])
  })

  it('of a schema takes everything in it along', () => {
    const state = (schema: string) =>
      snapshot(
        the(`schema ${schema}`),
        table(`${schema}.t`, 'id'),
        the(`function ${schema}.f(${schema}.t)`, { arguments: `${schema}.t` }),
      )
    expect(told(state('a'), state('b'))).toEqual([
      'renamed schema a -> b [column a.t.id, function a.f(a.t), table a.t]',
    ])
  })

  it('of the schema a table is in takes its indexes and sequences along', () => {
    const state = (schema: string) =>
      snapshot(
        table(`${schema}.t`, 'n'),
        columnOf(`table ${schema}.t`, 'id', { default: `nextval('${schema}.t_id_seq'::regclass)` }),
        primaryKey(`table ${schema}.t`, 't_pkey', 'id'),
        the(`sequence ${schema}.t_id_seq`, {}, { parent: `column ${schema}.t.id` }),
      )
    expect(told(state('public'), state('app'))).toEqual([
      'renamed table public.t -> app.t [column public.t.id, column public.t.n, constraint public.t.t_pkey, index public.t_pkey, sequence public.t_id_seq]',
    ])
  })

  it.each([
    ['constraint', 'app.t.a', 'app.t.b', T],
    ['index', 'app.a', 'app.b', T],
    ['trigger', 'app.t.a', 'app.t.b', T],
    ['policy', 'app.t.a', 'app.t.b', T],
    ['function', 'app.a(integer, text)', 'app.b(integer, text)', undefined],
    ['function', 'app.a(integer)', 'other.a(integer)', undefined],
    ['sequence', 'app."A b"', 'app."Ünï"', undefined],
    ['type', 'app."a.b"', 'app.c', undefined],
    ['server', 'a', 'b', undefined],
  ] as const)('of a %s: %s is %s', (kind, a, b, parent) => {
    const state = (name: string) =>
      snapshot(
        the(T),
        the(`${kind} ${name}`, { definition: `X ${name} Y` }, parent === undefined ? {} : { parent }),
      )
    expect(told(state(a), state(b))).toEqual([`renamed ${kind} ${a} -> ${b}`])
  })

  it('is found for each of several alike', () => {
    const state = (...names: string[]) =>
      snapshot(names.map((name) => the(`type app.${name}`, { labels: [name] })))
    expect(told(state('a', 'b'), state('c', 'd'))).toEqual([
      'renamed type app.a -> app.c',
      'renamed type app.b -> app.d',
    ])
  })
})

describe('another object', () => {
  it('is what differs in more than the name', () => {
    expect(
      told(snapshot(the('sequence app.a', { cache: '1' })), snapshot(the('sequence app.b', { cache: '2' }))),
    ).toEqual(['leftover sequence app.b', 'lost sequence app.a'])
    expect(told(snapshot(table('app.t', 'a')), snapshot(table('app.u', 'a', 'b')))).toEqual([
      'leftover table app.u [column app.u.a, column app.u.b]',
      'lost table app.t [column app.t.a]',
    ])
    expect(
      told(snapshot(table('app.t', 'a', 'b', 'c')), snapshot(table('app.u', 'x', 'y', 'c'))),
    ).toHaveLength(2)
  })

  it('is one of another kind, or of another place', () => {
    expect(told(snapshot(the('view app.a')), snapshot(the('table app.b')))).toHaveLength(2)
    const parts = (relation: typeof T | typeof U) => snapshot(the(T), the(U), constraintOf(relation, 'c', {}))
    expect(told(parts(T), parts(U))).toEqual(['leftover constraint app.u.c', 'lost constraint app.t.c'])
  })

  it.each(['role', 'extension', 'cast', 'default-privileges', 'user-mapping', 'large-object'] as const)(
    'is a %s of another name, because the name says what it is',
    (kind) => {
      expect(told(snapshot(the(`${kind} a`)), snapshot(the(`${kind} b`)))).toEqual([
        `leftover ${kind} b`,
        `lost ${kind} a`,
      ])
    },
  )

  it('is a name that only begins alike', () => {
    const was = snapshot(the('type app.a'), the('index app.i', { definition: 'ON (app.b2)' }))
    const is = snapshot(the('type app.b'), the('index app.i', { definition: 'ON (app.a2)' }))
    expect(told(was, is)).toEqual(['renamed type app.a -> app.b', 'changed index app.i: definition'])
  })
})
