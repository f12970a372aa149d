import { describe, expect, it } from 'vitest'
import type { TableRows } from '../../src/core/data.ts'
import { compareRows } from '../../src/core/data-diff.ts'

type Values = TableRows['rows'][number]

function tableRows(
  columns: readonly string[],
  rows: readonly Values[],
  more: Partial<TableRows> = {},
): TableRows {
  return { columns, rows, key: [], generated: [], identityAlways: [], opaque: [], ...more }
}

describe('the SQL for rows of which some columns are different every time', () => {
  const columns = ['at', 'id', 'n']
  const sql = (
    naming: { unsteady: string[]; unique?: string[][] },
    before: readonly Values[],
    after: readonly Values[],
    key = ['id'],
  ) =>
    compareRows('t', tableRows(columns, before, { key }), tableRows(columns, after, { key }), {
      unsteady: new Set(naming.unsteady),
      unique: naming.unique ?? [],
    }).missingSql

  it('names them by the others', () => {
    const at = { unsteady: ['at'] }
    expect(sql(at, [], [['9', '1', 'x']])).toEqual([`DELETE FROM t WHERE "id" = '1' AND "n" = 'x'`])
    expect(sql(at, [['8', '1', 'x']], [['9', '1', 'y']])).toEqual([
      `UPDATE t SET "at" = '8', "n" = 'x' WHERE "id" = '1' AND "n" = 'y'`,
    ])
    expect(sql(at, [['8', '1', 'x']], [['9', '1', 'x']])).toEqual([])
  })

  it('names them by what is unique, where the key is different every time', () => {
    const unsteady = ['at', 'id']
    expect(sql({ unsteady }, [], [['9', '1', 'x']])).toEqual([])
    expect(sql({ unsteady, unique: [['id'], ['n']] }, [], [['9', '1', 'x']])).toEqual([
      `DELETE FROM t WHERE "n" = 'x'`,
    ])
    expect(sql({ unsteady, unique: [['n']] }, [], [['9', '1', null]])).toEqual([])
    expect(sql({ unsteady, unique: [['n']] }, [['9', '1', 'x']], [['9', '1', 'y']])).toEqual([])
  })

  it('names them without a key only where the others pick no more than them', () => {
    const unsteady = ['at', 'id']
    const old: Values = ['8', '1', 'y']
    const one = `DELETE FROM t WHERE ctid IN (SELECT ctid FROM t WHERE "n" = 'x' LIMIT`
    expect(sql({ unsteady }, [old], [old, ['9', '2', 'x']], [])).toEqual([`${one} 1)`])
    expect(sql({ unsteady }, [old], [old, ['9', '2', 'x'], ['9', '3', 'x']], [])).toEqual([`${one} 2)`])
    expect(sql({ unsteady }, [old], [old, ['9', '2', 'y']], [])).toEqual([])
    expect(sql({ unsteady }, [old], [old, ['9', '2', null]], [])).toEqual([])
    expect(sql({ unsteady: columns }, [old], [old, ['9', '2', 'x']], [])).toEqual([])
  })
})
