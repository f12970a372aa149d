import { describe, expect, it } from 'vitest'
import { columnOf, constraintOf, primaryKey, snapshot, table, the, told } from './snapshots.ts'

const T = 'table app.t' as const
const notNull = (...columns: string[]) =>
  columns.map((column) => columnOf(T, column, { type: 'integer', notNull: 'yes', position: '1' }))
const nullable = (...columns: string[]) =>
  columns.map((column) => columnOf(T, column, { type: 'integer', position: '1' }))

describe('differences', () => {
  it('are none between equal snapshots, whatever the order of creation', () => {
    const was = snapshot(the('table app.t', { owner: 'a' }, { order: 3 }))
    const is = snapshot(the('table app.t', { owner: 'a' }, { order: 90 }))
    expect(told(was, is)).toEqual([])
    expect(told(was, was)).toEqual([])
  })

  it('name the facts that differ, absent ones too', () => {
    const was = snapshot(the('sequence app.s', { cache: '5', owner: 'a' }))
    const is = snapshot(the('sequence app.s', { owner: 'a', cycle: 'yes' }))
    expect(told(was, is)).toEqual(['changed sequence app.s: cache, cycle'])
    expect(
      told(snapshot(the(T, { inherits: ['a', 'b'] })), snapshot(the(T, { inherits: ['b', 'a'] }))),
    ).toEqual(['changed table app.t: inherits'])
  })

  it('leave out what is ignored, on every side', () => {
    const role = (facts: { login?: string }) => the('role theirs', facts)
    const ignored = ({ kind }: { kind: string }) => kind === 'role'
    for (const [was, is] of [
      [snapshot(), snapshot(role({}))],
      [snapshot(role({})), snapshot()],
      [snapshot(role({})), snapshot(role({ login: 'yes' }))],
    ] as const) {
      expect(told(was, is, ignored)).toEqual([])
      expect(told(was, is)).toHaveLength(1)
    }
  })

  it('come in the order in which the objects were made', () => {
    const at = (name: string, order: number) => the(`table app.${name}`, {}, { order })
    expect(told(snapshot(), snapshot(at('b', 9), at('a', 4), at('c', 5)))).toEqual([
      'leftover table app.a',
      'leftover table app.c',
      'leftover table app.b',
    ])
  })
})

describe('one cause', () => {
  const indexed = [
    ...table('app.t', 'id', 'n'),
    ...primaryKey(T, 't_pkey', 'id'),
    the('index app.t_n', {}, { parent: T }),
    the('sequence app.t_id_seq', {}, { parent: 'column app.t.id' }),
  ]
  const parts =
    '[column app.t.id, column app.t.n, constraint app.t.t_pkey, index app.t_n, index app.t_pkey, sequence app.t_id_seq]'

  it('is a table with its columns, constraints, indexes and sequences', () => {
    expect(told(snapshot(), snapshot(indexed))).toEqual([`leftover table app.t ${parts}`])
    expect(told(snapshot(indexed), snapshot())).toEqual([`lost table app.t ${parts}`])
  })

  it('is the same when the parts come before the table', () => {
    expect(told(snapshot(), snapshot(indexed.toReversed()))).toEqual([`leftover table app.t ${parts}`])
  })

  it('is a schema with all that lies in it, but not what lies in one of a longer name', () => {
    expect(
      told(snapshot(), snapshot(the('schema app'), indexed, the('type app.mood'), the('type app2.mood'))),
    ).toEqual([
      `leftover schema app ${parts.replace('sequence app.t_id_seq]', 'sequence app.t_id_seq, table app.t, type app.mood]')}`,
      'leftover type app2.mood',
    ])
  })

  it('is a primary key that made its columns NOT NULL', () => {
    const was = snapshot(the(T), nullable('a', 'b'))
    const is = snapshot(the(T), notNull('a', 'b'), primaryKey(T, 't_pkey', 'a', 'b'))
    expect(told(was, is)).toEqual([
      'leftover constraint app.t.t_pkey [column app.t.a, column app.t.b, index app.t_pkey]',
    ])
    expect(told(is, was)).toEqual([
      'lost constraint app.t.t_pkey [column app.t.a, column app.t.b, index app.t_pkey]',
    ])
  })

  it('is not a primary key where a column of it differs in more, or another constraint is left', () => {
    const was = snapshot(the(T), nullable('a'))
    const changed = columnOf(T, 'a', { type: 'bigint', notNull: 'yes', position: '1' })
    expect(told(was, snapshot(the(T), changed, primaryKey(T, 't_pkey', 'a')))).toContain(
      'changed column app.t.a: type, notNull',
    )
    const unique = constraintOf(T, 't_a_key', { type: 'unique' })
    expect(told(was, snapshot(the(T), notNull('a'), unique))).toEqual([
      'leftover constraint app.t.t_a_key',
      'changed column app.t.a: notNull',
    ])
  })

  it('is not a primary key of other columns', () => {
    const was = snapshot(the(T), nullable('a', 'b'))
    const is = snapshot(the(T), notNull('a', 'b'), primaryKey(T, 't_pkey', 'a'))
    expect(told(was, is)).toContain('changed column app.t.b: notNull')
  })

  it.each(['view', 'materialized-view'] as const)('is a %s with its columns', (kind) => {
    const key = `${kind} app.v` as const
    const was = snapshot(the(key, { definition: 'SELECT 1 AS a' }), columnOf(key, 'a', { type: 'integer' }))
    const is = snapshot(
      the(key, { definition: 'SELECT 2::bigint AS a, 3 AS b' }),
      columnOf(key, 'a', { type: 'bigint' }),
      columnOf(key, 'b', { type: 'integer' }),
    )
    expect(told(was, is)).toEqual([`changed ${key}: definition [column app.v.a, column app.v.b]`])
    expect(told(is, was)).toEqual([`changed ${key}: definition [column app.v.a, column app.v.b]`])
  })

  it('is a column of a partitioned table with those of its partitions', () => {
    const partitions = [
      the('table app.t1', {}, { parent: T }),
      the('table app.t2', { inherits: ['app.t1'] }, {}),
    ]
    const column = (relation: `table ${string}`) => columnOf(relation, 'c', { type: 'integer' })
    const all = [column(T), column('table app.t1'), column('table app.t2')]
    expect(told(snapshot(the(T), partitions), snapshot(the(T), partitions, all))).toEqual([
      'leftover column app.t.c [column app.t1.c, column app.t2.c]',
    ])
    expect(told(snapshot(the(T), partitions, all), snapshot(the(T), partitions))).toEqual([
      'lost column app.t.c [column app.t1.c, column app.t2.c]',
    ])
  })

  it('is an index of a partitioned table with those of its partitions', () => {
    const tables = [the(T), the('table app.t1', {}, { parent: T })]
    const is = snapshot(
      tables,
      the('index app.t1_n_idx', { inherited: 'app.t_n' }, { parent: 'table app.t1' }),
      the('index app.t_n', {}, { parent: T }),
    )
    expect(told(snapshot(tables), is)).toEqual(['leftover index app.t_n [index app.t1_n_idx]'])
  })

  it('is the identity of a column with its sequence', () => {
    const sequence = the('sequence app.t_id_seq', {}, { parent: 'column app.t.id' })
    const is = snapshot(the(T), columnOf(T, 'id', { identity: 'always' }), sequence)
    expect(told(snapshot(the(T), columnOf(T, 'id')), is)).toEqual([
      'changed column app.t.id: identity [sequence app.t_id_seq]',
    ])
  })

  it('takes along only what is its own', () => {
    const is = snapshot(the(T), the('index app.t_n', {}, { parent: T }), the('function app.t_n()'))
    expect(told(snapshot(the(T)), is)).toEqual(['leftover index app.t_n', 'leftover function app.t_n()'])
  })
})

describe('the order of columns', () => {
  it('is that of the columns which both sides have', () => {
    const was = snapshot(table('app.t', 'a', 'b', 'c'))
    expect(told(was, snapshot(table('app.t', 'b', 'c')))).toEqual(['lost column app.t.a'])
    expect(told(was, snapshot(table('app.t', 'x', 'a', 'b', 'c')))).toEqual(['leftover column app.t.x'])
    expect(told(was, snapshot(table('app.t', 'b', 'c', 'a')))).toEqual(['order app.t: a b c -> b c a'])
    expect(told(was, snapshot(table('app.t', 'c', 'a', 'x', 'y')))).toEqual([
      'leftover column app.t.x',
      'leftover column app.t.y',
      'lost column app.t.b',
      'order app.t: a c -> c a',
    ])
  })

  it('counts a renamed column under its old name', () => {
    const was = snapshot(table('app.t', 'a', 'b', 'c'))
    expect(told(was, snapshot(table('app.t', 'c', 'new', 'a')))).toEqual([
      'renamed column app.t.b -> app.t.new',
      'order app.t: a b c -> c b a',
    ])
  })

  it('does not count in views, whose definition says it', () => {
    const view = (...columns: string[]) =>
      snapshot(
        the('view app.v', { definition: columns.join() }),
        columns.map((column, index) => columnOf('view app.v', column, { position: `${index + 1}` })),
      )
    expect(told(view('a', 'b'), view('b', 'a'))).toEqual(['changed view app.v: definition'])
  })

  it('shows names with a dot in them whole', () => {
    const key = 'table app."t.x"' as const
    const columns = (...names: string[]) =>
      snapshot(
        the(key),
        names.map((name, index) => columnOf(key, name, { position: `${index + 1}` })),
      )
    expect(told(columns('"a.b"', 'c'), columns('c', '"a.b"'))).toEqual([
      'order app."t.x": "a.b" c -> c "a.b"',
    ])
  })

  it('has more than nine places', () => {
    const names = Array.from({ length: 12 }, (_, index) => `c${index}`)
    expect(told(snapshot(table('app.t', 'x', ...names)), snapshot(table('app.t', ...names)))).toEqual([
      'lost column app.t.x',
    ])
  })
})
