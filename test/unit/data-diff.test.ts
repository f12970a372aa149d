import { describe, expect, it } from 'vitest'
import type { TableRows } from '../../src/core/data.ts'
import { compareData, compareRows } from '../../src/core/data-diff.ts'
import { matchRows } from '../../src/core/row-match.ts'

type Values = TableRows['rows'][number]

function tableRows(
  columns: readonly string[],
  rows: readonly Values[],
  more: Partial<TableRows> = {},
): TableRows {
  return { columns, rows, key: [], generated: [], identityAlways: [], opaque: [], ...more }
}

describe('the content of tables', () => {
  it('differs by count or hash, on either side, and is told in the order of names', () => {
    const before = new Map([
      ['app.same', { rows: 1, hash: '1' }],
      ['app.lost', { rows: 2, hash: '2' }],
      ['app.changed', { rows: 3, hash: '3' }],
    ])
    const after = new Map([
      ['app.changed', { rows: 3, hash: '4' }],
      ['app.new', { rows: 4, hash: '5' }],
      ['app.same', { rows: 1, hash: '1' }],
    ])
    expect(compareData(before, after)).toEqual([
      { table: 'app.changed', before: { rows: 3, hash: '3' }, after: { rows: 3, hash: '4' } },
      { table: 'app.lost', before: { rows: 2, hash: '2' }, after: undefined },
      { table: 'app.new', before: undefined, after: { rows: 4, hash: '5' } },
    ])
    expect(compareData(after, after)).toEqual([])
  })
})

describe('rows with a primary key', () => {
  const key = { key: ['id'] }
  const before = tableRows(
    ['id', 'name', 'note'],
    [
      ['1', 'Ada', null],
      ['2', 'Bob', ''],
      ['3', 'Cy', 'x'],
    ],
    key,
  )
  const after = tableRows(
    ['id', 'name', 'note'],
    [
      ['4', "D'Or", '\\'],
      ['3', 'Cyd', null],
      ['1', 'Ada', null],
    ],
    key,
  )

  it('are left over, lost or changed', () => {
    expect(compareRows('app.users', before, after)).toEqual({
      leftover: 1,
      lost: 1,
      changed: 1,
      rows: [
        "+ id=4 name='D''Or' note='\\'",
        "- id=2 name='Bob' note=''",
        "~ id=3 name='Cy' → 'Cyd' note='x' → NULL",
      ],
      missingSql: [
        `DELETE FROM app.users WHERE "id" = '4' AND "name" = 'D''Or' AND "note" = E'\\\\'`,
        `UPDATE app.users SET "name" = 'Cy', "note" = 'x' WHERE "id" = '3' AND "name" = 'Cyd' AND "note" IS NULL`,
        `INSERT INTO app.users ("id", "name", "note") VALUES ('2', 'Bob', '')`,
      ],
    })
  })

  it('are alike when only their order, or the order of columns, differs', () => {
    const turned = tableRows(
      ['note', 'id', 'name'],
      [
        ['x', '3', 'Cy'],
        [null, '1', 'Ada'],
        ['', '2', 'Bob'],
      ],
      key,
    )
    expect(compareRows('app.users', before, turned)).toEqual({
      leftover: 0,
      lost: 0,
      changed: 0,
      rows: [],
      missingSql: [],
    })
  })

  it('are compared as a whole when the key is another one, or not in both', () => {
    const other = { ...after, key: ['name'] }
    expect(compareRows('app.users', before, other)).toMatchObject({ leftover: 2, lost: 2, changed: 0 })
    const gone = { ...after, columns: ['other', 'name', 'note'] }
    expect(matchRows(before, gone)).toMatchObject({ key: [], columns: ['name', 'note'] })
  })

  it('of several columns are found by all of them', () => {
    const both = { key: ['b', 'a'] }
    const difference = compareRows(
      's.t',
      tableRows(['a', 'b', 'c'], [['1', '1', 'x']], both),
      tableRows(
        ['a', 'b', 'c'],
        [
          ['1', '1', 'y'],
          ['1', '2', 'x'],
        ],
        both,
      ),
    )
    expect(difference.rows).toEqual(["+ b=2 a=1 c='x'", "~ b=1 a=1 c='x' → 'y'"])
    expect(difference.missingSql).toEqual([
      `DELETE FROM s.t WHERE "b" = '2' AND "a" = '1' AND "c" = 'x'`,
      `UPDATE s.t SET "c" = 'x' WHERE "b" = '1' AND "a" = '1' AND "c" = 'y'`,
    ])
  })
})

describe('rows without a primary key', () => {
  it('count as often as they are there', () => {
    const before = tableRows(
      ['a', 'j'],
      [
        ['1', '{}'],
        [null, null],
      ],
    )
    const after = tableRows(
      ['a', 'j'],
      [
        ['1', '{}'],
        ['1', '{}'],
        ['1', '{}'],
      ],
      { opaque: ['j'] },
    )
    expect(compareRows('s.t', before, after)).toMatchObject({
      leftover: 2,
      lost: 1,
      changed: 0,
      missingSql: [
        `DELETE FROM s.t WHERE ctid IN (SELECT ctid FROM s.t WHERE "a" = '1' AND format('%s', "j") = '{}' LIMIT 2)`,
        `INSERT INTO s.t ("a", "j") VALUES (NULL, NULL)`,
      ],
    })
  })

  it('of no columns are only counted', () => {
    const difference = compareRows('s.t', tableRows([], [[]]), tableRows([], [[], []]))
    expect(difference).toMatchObject({ leftover: 1, lost: 0, rows: ['+ (no columns)'] })
    expect(difference.missingSql).toEqual([
      'DELETE FROM s.t WHERE ctid IN (SELECT ctid FROM s.t WHERE true LIMIT 1)',
    ])
    expect(compareRows('s.t', tableRows([], [[]]), tableRows([], [])).missingSql).toEqual([
      'INSERT INTO s.t DEFAULT VALUES',
    ])
  })
})

describe('the SQL that rows lack', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => [`${i}`])
  const table = (rows: readonly Values[]) => tableRows(['id'], rows, { key: ['id'] })

  it('names each row by its key, in one statement where they are more, also where the table held no others', () => {
    const { rows, leftover, missingSql } = compareRows('s.t', table([]), table(many(100)))
    expect(leftover).toBe(100)
    expect(rows).toEqual(['+ id=0', '+ id=1', '+ id=2', '+ id=3', '+ id=4'])
    expect(missingSql).toEqual([
      expect.stringMatching(/^DELETE FROM s\.t WHERE "id" IN \('0', '1', .*'99'\)$/),
    ])
    expect(compareRows('s.t', table([]), table(many(101))).missingSql).toEqual([])
    expect(compareRows('s.t', table([]), table(many(2))).missingSql).toEqual([
      `DELETE FROM s.t WHERE "id" = '0'`,
      `DELETE FROM s.t WHERE "id" = '1'`,
    ])
  })

  it('names a row that is left over by all that can be compared: elsewhere its key may be that of another', () => {
    const more = { key: ['id'], generated: ['g'], opaque: ['id', 'j'] }
    const columns = ['g', 'id', 'j', 'name', 'note']
    const after = tableRows(columns, [['2', '1', '{}', 'auditor', null]], more)
    expect(compareRows('s.t', tableRows(columns, [], more), after).missingSql).toEqual([
      `DELETE FROM s.t WHERE format('%s', "id") = '1' AND "name" = 'auditor' AND "note" IS NULL`,
    ])
  })

  it('names many rows by tuples, and none of them where a value is NULL', () => {
    const columns = ['name', 'id']
    const sql = (count: number, name: string | null) => {
      const rows = many(count).map(([id = '']) => [id === '0' ? name : 'x', id])
      const sides = [
        tableRows(columns, [], { key: ['id'] }),
        tableRows(columns, rows, { key: ['id'] }),
      ] as const
      return compareRows('s.t', ...sides).missingSql
    }
    expect(sql(21, "it's")).toEqual([
      expect.stringMatching(
        /^DELETE FROM s\.t WHERE \("id", "name"\) IN \(\('0', 'it''s'\), \('1', 'x'\), .*\('20', 'x'\)\)$/,
      ),
    ])
    expect(sql(20, null)[0]).toBe(`DELETE FROM s.t WHERE "id" = '0' AND "name" IS NULL`)
    expect(sql(20, null)).toHaveLength(20)
    expect(sql(21, null)).toEqual([])
  })

  it('names a row that changed also by what it holds now, opaque or not', () => {
    const more = { key: ['id'], opaque: ['j'] }
    const sides = [
      tableRows(['id', 'j', 'same'], [['1', '{}', 'x']], more),
      tableRows(['id', 'j', 'same'], [['1', '[]', 'x']], more),
    ] as const
    expect(compareRows('s.t', ...sides).missingSql).toEqual([
      `UPDATE s.t SET "j" = '{}' WHERE "id" = '1' AND format('%s', "j") = '[]'`,
    ])
  })

  it('is left out when it is long', () => {
    expect(compareRows('s.t', table(many(20)), table([])).missingSql).toHaveLength(20)
    expect(compareRows('s.t', table(many(21)), table([])).missingSql).toEqual([])
  })

  it('writes no generated columns and overrides identities', () => {
    const more = { key: ['id'], generated: ['g'], identityAlways: ['id'] }
    const before = tableRows(
      ['g', 'id', 'v'],
      [
        ['2', '1', 'x'],
        ['4', '2', 'y'],
      ],
      more,
    )
    const after = tableRows(['g', 'id', 'v'], [['3', '1', 'z']], more)
    expect(compareRows('s.t', before, after).missingSql).toEqual([
      `UPDATE s.t SET "v" = 'x' WHERE "id" = '1' AND "v" = 'z'`,
      `INSERT INTO s.t ("id", "v") OVERRIDING SYSTEM VALUE VALUES ('2', 'y')`,
    ])
  })

  it('is none when one of the rows cannot be brought back', () => {
    const more = { key: ['id'], generated: ['g'] }
    const before = tableRows(
      ['g', 'id'],
      [
        ['2', '1'],
        ['3', '2'],
      ],
      more,
    )
    const after = tableRows(['g', 'id'], [['5', '1']], more)
    expect(compareRows('s.t', before, after)).toMatchObject({ lost: 1, changed: 1, missingSql: [] })
  })

  it('brings back a column that the other side lacks', () => {
    const before = tableRows(
      ['id', 'note'],
      [
        ['1', 'a'],
        ['2', 'b'],
      ],
      { key: ['id'] },
    )
    expect(compareRows('s.t', before, table([['1']]))).toMatchObject({
      lost: 1,
      changed: 0,
      missingSql: [`INSERT INTO s.t ("id", "note") VALUES ('2', 'b')`],
    })
  })
})

describe('the text of a row', () => {
  const text = (...values: Values) =>
    compareRows(
      's.t',
      tableRows([], []),
      tableRows(
        values.map((_, i) => `c${i}`),
        [values],
      ),
    ).rows[0]

  it.each([
    [['1', '-2.50', 'NaN', null, ''], "+ c0=1 c1=-2.50 c2='NaN' c3=NULL c4=''"],
    [['1', '2', '3', '4', '5', '6'], '+ c0=1 c1=2 c2=3 c3=4 c4=5 …'],
    [['a\nb\u001b[31m\u0085'], "+ c0='a\\nb\\u001b[31m\\u0085'"],
    [['a\u202eb\u2028\tc'], "+ c0='a\\u202eb\\u2028\\tc'"],
    [['x'.repeat(40)], `+ c0='${'x'.repeat(40)}'`],
    [['😀'.repeat(41)], `+ c0='${'😀'.repeat(40)}…'`],
    [['1'.repeat(41)], `+ c0='${'1'.repeat(40)}…'`],
  ])('of %j is short and on one line', (values, expected) => {
    expect(text(...values)).toBe(expected)
  })
})
