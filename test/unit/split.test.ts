import fc from 'fast-check'
import { loadModule, parseSync } from 'libpg-query'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSqlParser } from '../../src/adapters/sql-parser.ts'
import { splitLexically } from '../../src/core/split.ts'
import { hasCorpora, realScripts } from './values.ts'

const split = (text: string) => splitLexically(text).map(({ start, end }) => text.slice(start, end))
const parser = createSqlParser()

async function parsed(text: string): Promise<string[] | undefined> {
  return (await parser.parse(text))?.map(({ start, end }) => text.slice(start, end))
}

beforeAll(loadModule)

const ATOMIC = `create or replace function app.f(begin int) returns int language sql
begin atomic
  select case when $1 > 0 then case $1 when 1 then 1 end else 2 end;
  select r.end, r.case as case, 1 as end from (select 1 as "end", 2 as "case") r;
  select (case when true then 1 end);
end`

const STATEMENTS = [
  'select 1',
  "insert into t values (';', $$;$$, $a$ ; $$ ; $a$, E'\\';', U&';')",
  'create table "a;b" (c int default 1 /* ; */)',
  "comment on table t is 'a'\n  ';b'",
  'create rule r as on insert to t do (delete from u; select 1)',
  'create rule r as on insert to t do instead nothing',
  ATOMIC,
  'create procedure p() begin atomic insert into t values (1); insert into t values (2); end',
  'create function s.begin() returns int language sql return 1',
  "create function f() returns int language plpgsql as $$ begin return 1; end; $$ set search_path = ''",
  'do $do$ begin if true then commit; end if; end $do$',
  'begin',
  'commit',
  'end',
  'select a[1:2], b -- ;\n from t',
  'select case when true then 1 end',
  'create view v as select 1 as begin',
  'select $1, $2',
]

describe('splitting by lexical rules', () => {
  it.each(STATEMENTS)('leaves one statement whole: %s', async (statement) => {
    expect(split(statement)).toEqual([statement])
    expect(await parsed(statement)).toEqual([statement])
  })

  it('gives back the statements that were joined', () => {
    const gap = fc.constantFrom(';', ' ; ', ';\n-- c;\n', ';/* ; */;', '\n;\n\n')
    const lead = fc.constantFrom('', '\n', '-- first\n', '/* é😀 */ ', ';')
    fc.assert(
      fc.property(lead, fc.array(fc.tuple(fc.constantFrom(...STATEMENTS), gap)), (head, list) => {
        const text = head + list.flat().join('')
        expect(split(text)).toEqual(list.map(([statement]) => statement))
      }),
    )
  })

  it('finds the statements that the grammar finds, in the same places', async () => {
    const gap = fc.constantFrom('; ', ';\n-- é;\n', ' /* 😀 */ ;;')
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.constantFrom(...STATEMENTS), gap)), async (list) => {
        const text = list.flat().join('')
        const spans = (await parser.parse(text))?.map(({ start, end }) => ({ start, end }))
        expect(splitLexically(text)).toEqual(spans)
      }),
      { numRuns: 50 },
    )
  })

  it('agrees with the grammar on the reference systems', async () => {
    for (const { path, text } of realScripts()) {
      const expected = await parsed(text)
      if (expected !== undefined) expect(split(text), path).toEqual(expected)
    }
  })

  it.skipIf(!hasCorpora)('reads every script that is known to be valid', () => {
    for (const { path, text } of realScripts())
      if (text !== '') expect(() => parseSync(text), path).not.toThrow()
  })

  it('gives nothing for a text without a statement', () => {
    for (const text of ['', ' \n', ';;', '-- a;\n/* b; */ ;']) expect(split(text)).toEqual([])
  })

  it('is not led astray by BEGIN outside a body', () => {
    expect(split('create function s.begin() returns int return 1; commit')).toHaveLength(2)
    expect(split('create table t (begin int, "end" int); commit; select 1')).toHaveLength(3)
    expect(split('begin; create function f() returns int return 1; end; select 1')).toHaveLength(4)
  })

  it('takes COPY data for data', () => {
    expect(split("copy t from stdin;\ncommit;\n'\n\\.\nselect 1;")).toEqual(['copy t from stdin', 'select 1'])
  })

  it('keeps an unfinished statement as the last one', () => {
    expect(split("select 1; select 'a; commit")).toEqual(['select 1', "select 'a; commit"])
    expect(split('select 1; select (2; commit')).toEqual(['select 1', 'select (2; commit'])
    expect(split('select 1); commit')).toEqual(['select 1)', 'commit'])
  })
})
