import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TableRows } from '../../src/core/data.ts'
import { matchRows, type NamedRow, unsteadyBetween } from '../../src/core/row-match.ts'

type Values = TableRows['rows'][number]

function tableRows(
  columns: readonly string[],
  rows: readonly Values[],
  more: Partial<TableRows> = {},
): TableRows {
  return { columns, rows, key: [], generated: [], identityAlways: [], opaque: [], ...more }
}

describe('the difference of any two states', () => {
  const value = fc.option(fc.constantFrom('', 'a', 'b', '1', "'"), { nil: null })
  const columns = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 })
  const state = (names: readonly string[], key: readonly string[]) => {
    const row = fc.tuple(
      ...names.map((name) => (key.includes(name) ? fc.constantFrom('1', '2', '3', '4') : value)),
    )
    const rows =
      key.length === 0
        ? fc.array(row, { maxLength: 8 })
        : fc.uniqueArray(row, {
            maxLength: 8,
            selector: (r) => JSON.stringify(key.map((k) => r[names.indexOf(k)])),
          })
    return rows.map((found) => tableRows(names, found, { key }))
  }
  const states = columns.chain((names) =>
    fc.subarray([...names]).chain((key) => fc.tuple(state(names, key), state(names, key))),
  )

  const signature = (row: NamedRow) => JSON.stringify([...row].sort())
  const multiset = (rows: Iterable<NamedRow>) => [...rows].map(signature).sort()
  const named = ({ columns, rows }: TableRows) =>
    rows.map((row): NamedRow => new Map(columns.map((name, i) => [name, row[i] ?? null])))

  it('applied to the first gives the second', () => {
    fc.assert(
      fc.property(states, ([before, after]) => {
        const { leftover, lost, changed } = matchRows(before, after)
        const rows = multiset(named(before))
        for (const row of [...lost, ...changed.map(([from]) => from)]) {
          const at = rows.indexOf(signature(row))
          expect(at).toBeGreaterThanOrEqual(0)
          rows.splice(at, 1)
        }
        rows.push(...multiset([...leftover, ...changed.map(([, to]) => to)]))
        expect(rows.sort()).toEqual(multiset(named(after)))
      }),
    )
  })

  it('is as small as can be, and the other way round the same', () => {
    fc.assert(
      fc.property(states, ([before, after]) => {
        const there = matchRows(before, after)
        const back = matchRows(after, before)
        expect(multiset(there.leftover)).toEqual(multiset(back.lost))
        expect(multiset(there.lost)).toEqual(multiset(back.leftover))
        expect(there.changed).toHaveLength(back.changed.length)
        const lost = new Set(multiset(there.lost))
        expect(multiset(there.leftover).filter((row) => lost.has(row))).toEqual([])
        expect(matchRows(before, before)).toMatchObject({ leftover: [], lost: [], changed: [] })
      }),
    )
  })
})

describe('what two runs made differently', () => {
  const ids = (...rows: Values[]) => tableRows(['at', 'id', 'n'], rows, { key: ['id'] })

  it('are columns, as long as the key is the same', () => {
    expect(unsteadyBetween(ids(['1', 'a', 'x']), ids(['2', 'a', 'x']))).toEqual({
      columns: new Set(['at']),
      identity: 'steady',
    })
  })

  it('are columns without a key too, where the others tell that rows are the same', () => {
    const first = tableRows(
      ['at', 'n'],
      [
        ['1', 'x'],
        ['1', 'y'],
      ],
    )
    expect(
      unsteadyBetween(
        first,
        tableRows(
          ['at', 'n'],
          [
            ['2', 'y'],
            ['3', 'x'],
          ],
        ),
      ),
    ).toEqual({
      columns: new Set(['at']),
      identity: 'steady',
    })
    const all = { columns: new Set(['at', 'n']), identity: 'unsteady' }
    expect(unsteadyBetween(first, tableRows(['at', 'n'], [['2', 'y']]))).toEqual(all)
    expect(
      unsteadyBetween(
        first,
        tableRows(
          ['at', 'n'],
          [
            ['1', 'z'],
            ['2', 'w'],
          ],
        ),
      ),
    ).toEqual(all)
    // Every value is there, but not in the same rows.
    const turned = tableRows(
      ['a', 'b'],
      [
        ['1', '2'],
        ['2', '1'],
      ],
    )
    expect(
      unsteadyBetween(
        turned,
        tableRows(
          ['a', 'b'],
          [
            ['1', '1'],
            ['2', '2'],
          ],
        ),
      ).identity,
    ).toBe('unsteady')
  })

  it('are the keys, beside which others may be steady', () => {
    expect(unsteadyBetween(ids(['1', 'a', 'x']), ids(['2', 'b', 'x']))).toEqual({
      columns: new Set(['at', 'id']),
      identity: 'unsteady',
    })
  })
})
