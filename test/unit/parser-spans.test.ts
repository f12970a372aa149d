import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSqlParser } from '../../src/adapters/sql-parser.ts'
import { realScripts } from './values.ts'

const parser = createSqlParser()

async function statements(text: string) {
  return (await parser.parse(text))?.map(({ start, end }) => text.slice(start, end))
}

describe('the place of a statement', () => {
  it.each([
    ['select 1', ['select 1']],
    [' \n select 1 ; ;\n select 2\n', ['select 1', 'select 2']],
    ["/* é😀 */ select 'ü😀'; -- 日本\n\tselect 2 /* x */ -- y", ["select 'ü😀'", 'select 2']],
    [';;select 1;;', ['select 1']],
    ["select ';' -- ;\n, 2; select 3", ["select ';' -- ;\n, 2", 'select 3']],
    ['\ufeff', undefined],
    ['', []],
    [' \n-- nothing\n', []],
    [';', []],
    [
      'create rule r as on insert to t do (select 1; select 2); commit',
      ['create rule r as on insert to t do (select 1; select 2)', 'commit'],
    ],
    ["select E'a'\n'b\\';'; commit", ["select E'a'\n'b\\';'", 'commit']],
    ['do $é$ ; $é$; select 1', ['do $é$ ; $é$', 'select 1']],
  ])('in %j is exact', async (text, expected) => {
    expect(await statements(text)).toEqual(expected)
  })

  it('is exact whatever characters stand before it', async () => {
    const character = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 3 })
      .map((text) => text.replace(/['\0*/]/g, 'x'))
    const noise = fc.oneof(
      character.map((text) => `select '${text}'`),
      character.map((text) => `select 1 as "a${text.replaceAll('"', '')}"`),
      character.map((text) => `select $é$${text.replaceAll('$', '')}$é$`),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(noise, { maxLength: 5 }), character, async (before, comment) => {
        const all = [...before, 'commit']
        const text = all.map((statement) => ` /* ${comment} */ ${statement} `).join(';')
        expect(await statements(text)).toEqual(all)
      }),
      { numRuns: 200 },
    )
  })

  it('is found in every real script', async () => {
    for (const { path, text } of realScripts()) {
      const found = await statements(text)
      expect(found, path).toBeDefined()
      for (const statement of found ?? []) {
        expect(statement, path).toMatch(/^[A-Za-z]/)
        expect(await parser.parse(statement), path).toHaveLength(1)
      }
    }
  })
})

describe('what the grammar rejects', () => {
  it.each([
    ...[
      'selec 1',
      "select 'abc",
      'select "abc',
      'select $$abc',
      '/* abc',
      'select (1',
      'select 1)',
      'create table',
    ],
    ...[
      "select U&'\\zzzz'",
      "select E'\\u0000'",
      '\\d',
      'select :x',
      'select 1; frobnicate',
      'select "" ',
      'select\u00a01',
    ],
  ])('%j is left to the server', async (text) => {
    expect(await parser.parse(text)).toBeUndefined()
  })

  it('does not disturb what comes later', async () => {
    expect(await parser.parse('selec')).toBeUndefined()
    expect(await statements('select 1; commit')).toEqual(['select 1', 'commit'])
  })
})

describe('huge inputs', () => {
  it.each([
    ['a literal of twenty megabytes', `select '${'é'.repeat(10_000_000)}'`],
    ['a hundred thousand rows', `insert into t values ${Array(100_000).fill("(1,'a')").join(',')}`],
  ])('%s is one statement', async (_what, text) => {
    const found = await parser.parse(`${text}; commit`)
    expect(found).toMatchObject([
      { start: 0, end: text.length },
      { start: text.length + 2, trait: { kind: 'transaction' } },
    ])
  })

  it('what is nested too deeply for the parser is left to the server, time and again', async () => {
    const deep = `select ${Array(20_000).fill('1').join('+')}`
    for (let time = 0; time < 3; time++) {
      expect(await parser.parse(deep)).toBeUndefined()
      expect(await statements('select 1; commit')).toEqual(['select 1', 'commit'])
    }
  })
})
