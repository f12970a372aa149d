import { describe, expect, it } from 'vitest'
import { createSqlParser } from '../../src/adapters/sql-parser.ts'
import type { StatementEffect } from '../../src/core/effect.ts'

async function effects(text: string): Promise<Array<StatementEffect | undefined>> {
  const statements = (await createSqlParser().parse(text)) ?? []
  return statements.map(({ effect }) => effect)
}

const t = { schema: undefined, name: 't' }

describe('what a statement leaves in the catalogs', () => {
  it.each<[string, StatementEffect | undefined]>([
    [
      'create unique index concurrently if not exists "I" on s.t (a)',
      {
        kind: 'create-index',
        index: 'I',
        table: { schema: 's', name: 't' },
        concurrent: true,
        ifNotExists: true,
      },
    ],
    [
      'create index on T (a)',
      { kind: 'create-index', index: undefined, table: t, concurrent: false, ifNotExists: false },
    ],
    [
      'drop index concurrently if exists a, b.c',
      {
        kind: 'drop-index',
        concurrent: true,
        indexes: [
          { schema: undefined, name: 'a' },
          { schema: 'b', name: 'c' },
        ],
      },
    ],
    ['drop table a', undefined],
    ['reindex index concurrently t', { kind: 'reindex', what: 'index', name: t, concurrent: true }],
    [
      'reindex (concurrently, verbose) table s.t',
      { kind: 'reindex', what: 'table', name: { schema: 's', name: 't' }, concurrent: true },
    ],
    ['reindex table t', { kind: 'reindex', what: 'table', name: t, concurrent: false }],
    ['reindex schema concurrently t', { kind: 'reindex', what: 'schema', name: t, concurrent: true }],
    [
      'alter table t detach partition s.p concurrently',
      { kind: 'detach-partition', table: t, partition: { schema: 's', name: 'p' }, concurrent: true },
    ],
    [
      'alter table t detach partition p finalize',
      {
        kind: 'detach-partition',
        table: t,
        partition: { schema: undefined, name: 'p' },
        concurrent: false,
      },
    ],
    ['alter table t add column c int', undefined],
    [
      "alter type s.mood add value if not exists 'o''k' before 'x'",
      { kind: 'add-enum-value', type: { schema: 's', name: 'mood' }, label: "o'k" },
    ],
    ["alter type mood rename value 'a' to 'b'", undefined],
    ['set search_path = x', { kind: 'setting', setting: 'search_path' }],
    ["set schema 'x'", { kind: 'setting', setting: 'search_path' }],
    ['reset all', { kind: 'setting', setting: 'all' }],
    ['set role r', { kind: 'setting', setting: 'role' }],
    ['vacuum t', { kind: 'repeatable' }],
    ["do 'begin end'", { kind: 'procedure' }],
    ['call p()', { kind: 'procedure' }],
    ['create table a ()', undefined],
    ['create database a', undefined],
    ['select 1', undefined],
  ])('%s', async (text, expected) => {
    expect(await effects(text)).toEqual([expected])
  })
})
