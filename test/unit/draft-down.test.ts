import { describe, expect, it } from 'vitest'
import type { CatalogObject } from '../../src/core/catalog.ts'
import type { Difference } from '../../src/core/difference.ts'
import { draftDown } from '../../src/core/draft-down.ts'
import { columnOf, constraintOf, the } from './snapshots.ts'

const T = 'table app.t' as const
const leftover = (object: CatalogObject, ...inside: CatalogObject[]): Difference => ({
  type: 'leftover',
  object,
  inside,
})
const lost = (object: CatalogObject, ...inside: CatalogObject[]): Difference => ({
  type: 'lost',
  object,
  inside,
})

/** The marks and statements, without the head. */
function body(...statements: Parameters<typeof draftDown>[1]): string[] {
  const [head = '', ...lines] = draftDown('001_a.up.sql', statements).split('\n')
  expect(head).toMatch(/^-- Draft .*001_a\.up\.sql/)
  return lines.filter((line) => line !== '')
}

describe('a drafted down', () => {
  it('is a text that ends with one newline, statements apart', () => {
    const text = draftDown('001_a.up.sql', [
      { sql: 'DROP TYPE a', difference: leftover(the('type app.a')) },
      { sql: 'DROP TYPE b', difference: leftover(the('type app.b')) },
    ])
    expect(text).toMatch(/[^\n]\n\nDROP TYPE a;\n\nDROP TYPE b;\n$/)
  })

  it.each([
    [the(T), 'app.t'],
    [columnOf(T, 'c'), 'app.t.c'],
    [the('large-object 7'), '7'],
  ])('says what is lost with %j', (object, name) => {
    expect(body({ sql: 'DROP', difference: leftover(object) })).toEqual([
      `-- LOSES DATA: whatever ${name} holds by then is gone.`,
      'DROP;',
    ])
    expect(body({ sql: 'CREATE', difference: lost(object) })).toEqual([
      `-- COMES BACK EMPTY: what ${name} held when the up dropped it is not brought back.`,
      'CREATE;',
    ])
  })

  it('says it of a schema that takes tables along', () => {
    const difference = leftover(the('schema app'), the('function app.f()'), columnOf(T, 'c'), the(T))
    expect(body({ sql: 'DROP SCHEMA app', difference })[0]).toContain('app.t holds')
  })

  it('says it once for the statements of one difference', () => {
    const difference = lost(the(T))
    const lines = body({ sql: 'CREATE TABLE', difference }, { sql: 'ALTER TABLE', difference })
    expect(lines).toEqual([expect.stringContaining('COMES BACK EMPTY'), 'CREATE TABLE;', 'ALTER TABLE;'])
  })

  it.each([
    the('view app.v'),
    columnOf('view app.v', 'c'),
    columnOf('type app.c', 'c'),
    the('index app.i'),
    constraintOf(T, 'c', {}),
    the('sequence app.s'),
  ])('says nothing of %j, which holds no rows', (object) => {
    expect(body({ sql: 'DROP', difference: leftover(object) })).toEqual(['DROP;'])
  })

  it('says nothing of rows and of what is only changed', () => {
    const changed: Difference = {
      type: 'changed',
      before: the(T),
      after: the(T),
      facts: ['owner'],
      inside: [],
    }
    expect(body({ sql: 'DELETE', difference: undefined }, { sql: 'ALTER', difference: changed })).toEqual([
      'DELETE;',
      'ALTER;',
    ])
  })
})
