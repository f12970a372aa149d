import { describe, expect, it } from 'vitest'
import { createSqlParser } from '../../src/adapters/sql-parser.ts'
import { statementFindings } from '../../src/core/classify.ts'
import { lexicalTrait } from '../../src/core/lexical-trait.ts'
import { sqlFileOf } from '../../src/core/migration.ts'
import { createAnalysis } from '../../src/engine/analyse.ts'
import type { SqlParser } from '../../src/ports.ts'
import { codes } from './values.ts'

const about = { version: '001', name: 'a' }

async function found(text: string, parser: SqlParser) {
  const file = sqlFileOf('001_a.up.sql', text)
  return statementFindings(file, await createAnalysis(parser).statementsOf(file), about)
}

describe('the first words of a statement', () => {
  it.each([
    ['Begin', 'BEGIN'],
    ['START TRANSACTION read only', 'START TRANSACTION'],
    ['/* a */ -- b\n\tcommit /* c */', 'COMMIT'],
    ['end', 'COMMIT'],
    ['abort work', 'ROLLBACK'],
    ['rollback to a', 'ROLLBACK'],
    ['savepoint a', 'SAVEPOINT'],
    ['release a', 'RELEASE SAVEPOINT'],
    ["prepare transaction 'x'", 'PREPARE TRANSACTION'],
  ])('tell a transaction statement: %s', (text, what) => {
    expect(lexicalTrait(text)).toEqual({ kind: 'transaction', what })
  })

  it.each([
    ['vacuum (analyze) t', 'VACUUM', false],
    ['create index concurrently i on t (a)', 'CREATE INDEX CONCURRENTLY', true],
    ['create unique index concurrently i on t (a)', 'CREATE INDEX CONCURRENTLY', true],
    ['drop index concurrently i', 'DROP INDEX CONCURRENTLY', true],
    ['reindex table concurrently t', 'REINDEX CONCURRENTLY', true],
    ['reindex (verbose, concurrently) index i', 'REINDEX CONCURRENTLY', true],
  ])('tell what runs outside a transaction: %s', (text, what, concurrent) => {
    expect(lexicalTrait(text)).toEqual({ kind: 'outside-only', what, concurrent })
  })

  it.each([
    "prepare x as insert into t values ('commit')",
    'create index i on t (a)',
    'create unique index i on t (concurrently)',
    'drop index i',
    'reindex table t',
    'do $$ begin commit; end $$',
    '"commit"',
    "'commit'",
    'select 1 as commit',
    '',
  ])('tell nothing of %j', (text) => {
    expect(lexicalTrait(text)).toEqual({ kind: 'plain' })
  })
})

describe('a file that is not parsed', () => {
  const text = "select 1;\n/* c */ commit;\nselect '; commit;';\nvacuum t"

  it('still shows what is forbidden, at its place', async () => {
    const findings = await found(text, { parse: async () => undefined })
    expect(findings).toMatchObject([
      { code: 'TRANSACTION_CONTROL', location: { line: 2, column: 9 } },
      { code: 'NO_TRANSACTION_REQUIRED', location: { line: 4, column: 1 } },
    ])
  })

  it('is one longer than the parser is asked for', async () => {
    const long = `prepare transaction /* ${'x'.repeat(1_000_000)} */ 'a'; select 1`
    expect(codes(await found(long, createSqlParser()))).toEqual(['TRANSACTION_CONTROL'])
  })

  it('is any file once the parser has overflowed too often', async () => {
    const parser = createSqlParser()
    const deep = `select ${Array(20_000).fill('1').join('+')}`
    for (let round = 0; round < 20; round++) expect(await parser.parse(deep)).toBeUndefined()
    expect(await parser.parse('select 1')).toBeUndefined()
    expect(codes(await found(text, parser))).toEqual(['TRANSACTION_CONTROL', 'NO_TRANSACTION_REQUIRED'])
  })
})
