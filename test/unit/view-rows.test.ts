import { describe, expect, it } from 'vitest'
import { type CatalogObject, type CatalogSnapshot, objectKey } from '../../src/core/catalog.ts'
import { sourcesOf } from '../../src/core/view-rows.ts'
import { snapshot, the } from './snapshots.ts'

const sources = (view: CatalogObject, catalog: CatalogSnapshot) => [...sourcesOf(view, catalog)].sort()

describe('what the rows of a materialized view are made of', () => {
  const view = the('materialized-view app.m', { definition: ' SELECT v.id FROM app.v, "Odd".t' })

  it('is what definitions name, and what that is made of', () => {
    const catalog = snapshot(
      view,
      the('view app.v', { definition: ' SELECT app.f(a.id) FROM app.parent a' }),
      the('function app.f(integer)', { body: 'select id from inner_table where id = $1' }),
      the('table app.inner_table'),
      the('table app.parent'),
      the('table app.child', { inherits: ['app.parent'] }),
      the('table "Odd".t'),
      the('table app.part', {}, { parent: 'table app.child' }),
      the('table app.v_other'),
      the('table app.other'),
      the('view app.over', { definition: ' SELECT m.id FROM app.m' }),
    )
    expect(sources(view, catalog)).toEqual([
      'function app.f(integer)',
      'table "Odd".t',
      'table app.child',
      'table app.inner_table',
      'table app.parent',
      'table app.part',
      'view app.v',
    ])
  })

  it('ends where functions name each other', () => {
    const one = the('function app.one()', { body: 'select two()' })
    const two = the('function app.two()', { sqlBody: 'RETURN app.one()' })
    const caller = the('materialized-view app.c', { definition: ' SELECT app.one()' })
    expect(sources(caller, snapshot(caller, one, two))).toEqual([objectKey(one), objectKey(two)])
  })
})
