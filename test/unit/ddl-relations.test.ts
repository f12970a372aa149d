import { describe, expect, test } from 'vitest'
import {
  bareName,
  foreignOptionChanges,
  foreignOptions,
  identifier,
  storageOptionChanges,
  storageOptions,
} from '../../src/core/ddl/relation-text.ts'

describe('options of a foreign-data wrapper', () => {
  test('are literals, whatever is in them', () => {
    expect(foreignOptions(['table_name=a=b', `q=it's \\`])).toBe(
      `OPTIONS (table_name 'a=b', "q" E'it''s \\\\')`,
    )
  })

  test('are left out where they are secret', () => {
    expect(foreignOptions(['password=(masked 1a2b3c4d)'])).toBe('')
    expect(foreignOptionChanges(['password=(masked 1a2b3c4d)'], ['password=(masked 99999999)'])).toBe('')
  })

  test('that are secret can still be dropped', () => {
    expect(foreignOptionChanges(['password=(masked 1a2b3c4d)'], [])).toBe('OPTIONS (DROP "password")')
  })
})

describe('storage parameters', () => {
  test('are quoted unless they are numbers or truth values', () => {
    expect(storageOptions(['fillfactor=70', 'vacuum_index_cleanup=auto'], 'toast.')).toBe(
      `toast.fillfactor=70, toast.vacuum_index_cleanup='auto'`,
    )
  })

  test('that stay as they are are not set again', () => {
    expect(storageOptionChanges(['a=1', 'b=2', 'c=3'], ['b=2', 'c=4'])).toEqual(['RESET (a)', 'SET (c=4)'])
  })
})

test.each([
  ['app.t', 't'],
  ['app."a.b"', 'a.b'],
  ['"x"."a""b"', 'a"b'],
])('the bare name of %s', (name, bare) => {
  expect(bareName(name)).toBe(bare)
})

test.each([
  ['order', '"order"'],
  ['column_name', 'column_name'],
  ['current_user', '"current_user"'],
  ['Column_name', '"Column_name"'],
])('the identifier %s', (name, quoted) => {
  expect(identifier(name)).toBe(quoted)
})
