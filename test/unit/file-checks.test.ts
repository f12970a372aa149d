import { describe, expect, it } from 'vitest'
import { findTextProblems } from '../../src/core/file-checks.ts'
import { hasErrors } from '../../src/core/finding.ts'
import { codes, realScripts } from './values.ts'

const found = (text: string) => findTextProblems('001_a.up.sql', text)

describe('psql commands', () => {
  it.each([
    ['\\i other.sql', '\\i'],
    ['select 1; \\ir x', '\\ir'],
    ['select 1 \\gset', '\\gset'],
    ['\\set name value', '\\set'],
    ['\\connect other', '\\connect'],
    ["\\copy t from 'x.csv'", '\\copy'],
    ["\\echo it's done", '\\echo'],
    ['\\unrestrictedly x', '\\unrestrictedly'],
    ['\\', '\\'],
  ])('%j is refused with its line and advice', (text, command) => {
    const findings = found(`-- é\n ${text}\nselect 2;`)
    expect(findings).toMatchObject([{ code: 'META_COMMAND', severity: 'error', location: { line: 2 } }])
    expect(findings[0]?.message).toContain(`${command} in line 2`)
    expect(findings[0]?.hint).toBeTruthy()
  })

  it('are found each, also behind one with an open quote', () => {
    expect(codes(found("\\echo don't\n\\i x\nselect 1;\n\\q"))).toEqual(Array(3).fill('META_COMMAND'))
  })

  it.each([
    ['a literal', "select 'a\\b', E'\\n', '\n\\i x\n'"],
    ['a dollar literal', 'do $$\n\\i x\n$$'],
    ['a comment', '-- \\i x\n/* \n\\i y */ select 1'],
    ['a quoted name', 'select 1 as "\\i x"'],
    ['the frame of pg_dump', '\\restrict AbC123\nselect 1;\n\\unrestrict AbC123\n'],
  ])('are not seen in %s', (_what, text) => {
    expect(found(text)).toEqual([])
  })
})

describe('psql variables', () => {
  it.each([
    'select :name',
    "select :'name'",
    'create table :"name" ()',
    'select * from t where id=:id',
    "alter role r password=:'pw'",
    'select f(:a)',
    'select 1 where :{?name}',
    'select a[1], :b',
    'select json_object(1: 2), :b',
    'select a[1:2]; select :b',
  ])('%j is refused', (text) => {
    expect(codes(found(text))).toEqual(['META_COMMAND'])
  })

  it.each([
    'select a::text, a :: text, a::"char", (a)::int[]',
    'select a[1:2], a[lo:hi], a[:hi], a[lo:], a[f(x):(y)], a[b[i:j]:k]',
    "select json_object('a':b, c:d), json_object('x':f(y)), JSON_OBJECTAGG (k:v)",
    "select '$.a:b', 'a :b', \"x:y\", e'\\':x'",
    'select f(a := 1, b:=x)',
    "select now() at time zone 'UTC', time '10:30', '{\"a\":b}'::jsonb",
    'do $$ begin perform :x; a:=b; end $$',
    '-- :x\n/* :y */ select 1',
    'select * from graph_table (g match (a:person)-[e:knows]->(b:person) columns (a.x))',
    'select 1 : 2',
  ])('%j holds none', (text) => {
    expect(found(text)).toEqual([])
  })
})

describe('COPY data', () => {
  it.each([
    'copy t from stdin;\n:x\t\\i\n-- sqlmig: no\n\\.\nselect 1;',
    'COPY t FROM STDOUT; \t-- the rows of :t\n\\.',
    'copy t from stdin; /* the */ /* rows */ -- :x\n\\.\n',
  ])('is not looked into: %j', (text) => {
    expect(found(text)).toEqual([])
  })

  it('without an end is refused at its statement', () => {
    const problem = { code: 'COPY_DATA', severity: 'error', location: { line: 2, column: 18 } }
    expect(found('select 1;\ncopy t from stdin;\n1\n\\.x')).toMatchObject([problem])
    expect(found('select 1;\ncopy t from stdin;\n1\n \\.\n')).toMatchObject([problem])
  })

  it.each([
    ['copy t from stdin; select 1;\n1\n\\.\n', 20],
    ['copy t from stdin;;\n1\n\\.\n', 19],
    ['copy t from stdin; /* a */ 1\n1\n\\.\n', 28],
    ['copy t from stdin; /* a\n*/\n\\.\n', 20],
    ['copy t from stdin; \\.\n\\.\n', 20],
  ])('that does not begin on the next line is refused: %j', (text, column) => {
    expect(found(text)).toMatchObject([
      { code: 'COPY_DATA', severity: 'error', location: { line: 1, column } },
    ])
  })
})

describe('characters that a reader does not see', () => {
  it.each([
    ['a right-to-left override', '\u202e'],
    ['an isolate', '\u2066'],
    ['a zero-width space', '\u200b'],
    ['a byte order mark inside', '\ufeff'],
    ['a soft hyphen', '\u00ad'],
    ['a line separator', '\u2028'],
    ['a Hangul filler', '\u3164'],
    ['a tag character', '\u{e0041}'],
    ['an escape', '\u001b'],
    ['a backspace', '\b'],
    ['a C1 control', '\u009b'],
  ])('%s is a warning with its place', (_what, character) => {
    const findings = found(`select 1;\n-- é😀${character} and ${character}`)
    expect(findings).toMatchObject([
      { code: 'CHARACTER_SUSPICIOUS', severity: 'warning', location: { line: 2, column: 6 } },
    ])
    const code = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')
    expect(findings[0]?.message).toContain(`U+${code}`)
  })

  it.each(['é ñ 日本語 العربية', '😀 ❤️ 👍🏽', 'tab\tform\fvt\v', 'a\u00a0b', '', 'caf\u0065\u0301'])(
    '%j is none',
    (text) => {
      expect(found(`select '${text}'`)).toEqual([])
    },
  )

  it('a bare carriage return is a warning, since it ends a comment', () => {
    const findings = found('select 1;\n-- a\rdrop table t;')
    expect(findings).toMatchObject([
      { code: 'CHARACTER_SUSPICIOUS', severity: 'warning', location: { line: 2, column: 5 } },
    ])
  })
})

describe('directives that are wrong', () => {
  it('are errors at their line', () => {
    expect(found('\n-- sqlmig: nonsense\nselect 1')).toMatchObject([
      {
        code: 'DIRECTIVE_INVALID',
        severity: 'error',
        location: { file: '001_a.up.sql', line: 2, column: 1 },
      },
    ])
  })
})

describe('real scripts', () => {
  it('give no false alarm', () => {
    for (const { path, file, text } of realScripts())
      expect(hasErrors(findTextProblems(file, text)), path).toBe(false)
  })
})
