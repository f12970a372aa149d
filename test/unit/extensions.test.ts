import { describe, expect, it } from 'vitest'
import { findExtensions } from '../../src/core/extensions.ts'
import { migration } from './values.ts'

const found = (up: string, down = 'select 1') =>
  findExtensions([migration('001', 'a', up, down)]).map(({ extension, required }) => [extension, required])

describe('the extensions that migrations name', () => {
  it.each([
    ['create extension vector', [['vector', true]]],
    ['CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA x', [['uuid-ossp', true]]],
    ['/* a */ create /* b */ extension -- c\n PG_TRGM;', [['pg_trgm', true]]],
    ['select 1; create extension citext cascade; create extension citext', [['citext', true]]],
    ['do $$ begin create extension if not exists PGCRYPTO; end $$', [['pgcrypto', false]]],
    ['do $$ begin create extension "uuid-ossp"; end $$', [['uuid-ossp', false]]],
    ['do $$ begin create extension a; end $$; create extension a', [['a', true]]],
    ["select 'create extension x'", []],
    ['-- create extension x\nselect 1', []],
    ['drop extension x; alter extension y update; comment on extension z is null', []],
  ])('%j', (text, expected) => {
    expect(found(text)).toEqual(expected)
  })

  it('may stand in a down', () => {
    expect(found('drop extension a', 'create extension a')).toEqual([['a', true]])
  })
})
