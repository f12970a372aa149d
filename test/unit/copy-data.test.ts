import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checksumOf } from '../../src/core/checksum.ts'
import { cutAtCopyData, failedRow, withoutCopyData } from '../../src/core/copy-data.ts'
import { parseDirectives } from '../../src/core/directives.ts'
import { classifyEdit } from '../../src/core/edit.ts'
import { findExtensions } from '../../src/core/extensions.ts'
import { sqlFileOf } from '../../src/core/migration.ts'
import { serverWideUses } from '../../src/core/server-wide.ts'
import { appendix, changesOnlyData, chunksOf, isBlank } from '../../src/core/sql-text.ts'
import { migration } from './values.ts'

/** Each piece as its text, or as its text and its data. */
function cut(text: string): Array<string | readonly [string, string]> {
  return cutAtCopyData(text).map(({ start, end, data }) => {
    const sql = text.slice(start, end)
    return data === undefined ? sql : [sql, text.slice(data.start, data.end)]
  })
}

describe('a file without COPY data', () => {
  it.each([
    '',
    '-- nothing\n',
    'select 1;\nselect 2',
    'copy t to stdout;\nselect 1;\n',
    'copy (select * from stdin) to stdout;\n\\.\n',
    "comment on table t is 'copy t from stdin;\n1\n\\.\n'",
    'do $$\ncopy t from stdin;\n1\n\\.\n$$;',
    '/* copy t from stdin;\n\\.\n*/ select 1;',
    '-- copy t from stdin;\n-- \\.\nselect 1;',
    "copy t from '/tmp/stdin';\nselect 1;",
    'copy t from "stdin";\nselect 1;',
    'copy t from stdin',
    'copy t from stdin;',
  ])('is one piece: %j', (text) => {
    expect(cut(text)).toEqual([text])
  })
})

describe('a file with COPY data', () => {
  it('is cut before the statement, at its data and behind them', () => {
    const text = 'create table t ();\n\n-- rows\ncopy t from stdin;\n1\n2\n\\.\nselect 1;\n'
    expect(cut(text)).toEqual([
      'create table t ();\n\n-- rows\n',
      ['copy t from stdin;', '1\n2\n'],
      '\nselect 1;\n',
    ])
  })

  it.each([
    'copy t from stdin;',
    'COPY t FROM STDIN;',
    'copy t (a, b) from stdin with (format csv, header);',
    "copy t(a,\"from stdin\") from/**/stdin/* ; */with csv delimiter ';' quote E'\\'' ;",
    'copy s."T ; x" from stdin where a > 1;',
    'copy t\n  from -- comment; \n  stdin\n;',
    'copy binary t from stdin;',
    "copy t from stdin using delimiters ',' with null as '';",
    'copy t from stdout;',
    'copy t from stdin (delimiter $$;$$);',
  ])('knows %j', (statement) => {
    const data = 'it\'s; commit; -- $$ /* "\n\\i x\n:x\\\\.\n \\.\n\\.x\n'
    expect(cut(`${statement}\n${data}\\.\n`)).toEqual([[statement, data]])
    expect(cut(`${statement} -- the rows\n${data}\\.`)).toEqual([[statement, data]])
    expect(cut(`${statement}\n\\.\n`)).toEqual([[statement, '']])
  })

  it('gives each statement its own data, without messages that say nothing between them', () => {
    const text =
      'copy a from stdin;\n1\n\\.\n\n--\n-- Data for b\n--\n\n;copy b from stdin;\n2\n\\.\n\n-- end\n'
    expect(cut(text)).toEqual([
      ['copy a from stdin;', '1\n'],
      ['copy b from stdin;', '2\n'],
    ])
  })

  it('is cut behind bodies that hold semicolons', () => {
    const before = 'create function f() returns int begin atomic select 1; select 2; end;\n'
    expect(cut(`${before}copy t from stdin;\n1\n\\.\n`)).toEqual([before, ['copy t from stdin;', '1\n']])
  })

  it('ends CSV data at the marker too, inside quotes as well, as psql does', () => {
    expect(cut('copy t from stdin csv;\n"a\n\\.\nselect 1;')).toEqual([
      ['copy t from stdin csv;', '"a\n'],
      '\nselect 1;',
    ])
  })

  it('reads data to the end of the text where they have no end', () => {
    expect(cut('copy t from stdin;\n1\n\\.x')).toEqual([['copy t from stdin;', '1\n\\.x']])
  })

  it('loses nothing and doubles nothing, whatever stands where', () => {
    const piece = fc.constantFrom(
      'copy t from stdin;',
      '\n',
      '\\.',
      '\n\\.\n',
      '1\t;',
      "'",
      '$$',
      '--',
      '/*',
      ' ',
      'select 1;',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        let at = 0
        for (const { start, end, data } of cutAtCopyData(text)) {
          expect(start).toBeGreaterThanOrEqual(at)
          expect(isBlank(text.slice(at, start))).toBe(true)
          at = data?.end ?? end
          if (data !== undefined) {
            expect(data.start).toBeGreaterThan(end)
            expect(text.slice(start, end)).toBe('copy t from stdin;')
            if (text.startsWith('\\.', at)) at += 2
          }
        }
        expect(isBlank(text.slice(at))).toBe(true)
      }),
    )
  })
})

describe('whoever looks for words', () => {
  const data =
    '-- sqlmig: nonsense\n-- sqlmig: no-transaction\ndrop role admin;\ncreate extension hstore;\ncommit;\n'
  const text = `create table t (a text);\ncopy t from stdin;\n${data}\\.\nselect 1;\n`

  it('finds none in data', () => {
    const pair = migration('001', 'a', text, text)
    expect(parseDirectives(text)).toMatchObject({ directives: { transaction: 'wrapped' }, problems: [] })
    expect(serverWideUses([pair])).toEqual([])
    expect(findExtensions([pair])).toEqual([])
    expect(withoutCopyData(text)).not.toMatch(/admin|commit/)
    expect(withoutCopyData('select 1')).toBe('select 1')
    expect(sqlFileOf('001_a.up.sql', text).blank).toBe(false)
  })

  it('takes COPY for a change of rows', () => {
    expect(changesOnlyData(`copy t from stdin;\n${data}\\.\ndelete from t;\n`)).toBe(true)
    expect(changesOnlyData(text)).toBe(false)
  })

  it('puts statements behind data as they are', () => {
    expect(appendix('copy t from stdin;\n1\n\\.\n', 'select 1;')).toBe('\nselect 1;\n')
  })

  it('sees each change of data', () => {
    expect(classifyEdit(text, text.replace('commit', 'COMMIT'))).toBe('semantic')
    expect(classifyEdit(text, text.replace('copy t', 'COPY  t'))).toBe('cosmetic')
  })
})

describe('a text in chunks', () => {
  it('are whole and of bounded size, and no character is cut', () => {
    const text = `x${'😀'.repeat(100_000)}é`
    const chunks = [...chunksOf(text)]
    expect(chunks.join('')).toBe(text)
    expect(chunks.length).toBeGreaterThan(2)
    for (const chunk of chunks) {
      expect(chunk.length).toBeLessThanOrEqual(65_536)
      expect(Buffer.from(chunk, 'utf8').toString('utf8')).toBe(chunk)
    }
    expect([...chunksOf('abcd', 1, 3)]).toEqual(['bc'])
    expect([...chunksOf('abcd', 2, 2)]).toEqual([])
    expect(checksumOf(text)).toBe(`v1:${createHash('sha256').update(text).digest('hex')}`)
  })
})

describe('the row that failed', () => {
  const text = 'copy t from stdin;\n1\ta\n2\tb\\\nc\n3\td\\\\\n4\te\n\\.\n'
  const data = { start: text.indexOf('1\t'), end: text.indexOf('\\.\n') }
  const rowAt = (where: string | undefined, format: 'text' | 'csv' = 'text') => {
    const at = failedRow(text, data, format, where)
    return at === undefined ? undefined : text.slice(at, text.indexOf('\n', at))
  }

  it.each([
    ['COPY t, line 1, column a: "x"', '1\ta'],
    ['COPY t, line 2', '2\tb\\'],
    ['COPY t, line 3: "3\td"', '3\td\\\\'],
    ['COPY t, line 4', '4\te'],
    ['COPY t2, Zeile 2, Spalte a: »x«', '2\tb\\'],
    ['COPY t, строка 3', '3\td\\\\'],
    ['PL/pgSQL function f() line 3 at RAISE\nCOPY t, line 2', '2\tb\\'],
  ])('is found by %j', (where, row) => {
    expect(rowAt(where)).toBe(row)
  })

  it('is counted in lines of the file for CSV', () => {
    expect(rowAt('COPY t, line 4', 'csv')).toBe('3\td\\\\')
  })

  it('is counted without the quoted line ends of the first row for CSV', () => {
    const csv = '1,"a\n""\nb"\n2,"c\nd"\n3,e\n'
    const at = (line: number) => failedRow(csv, { start: 0, end: csv.length }, 'csv', `COPY t, line ${line}`)
    expect([1, 2, 3, 4, 5].map(at).map((from) => from && csv.slice(from, csv.indexOf('\n', from)))).toEqual([
      0,
      '2,"c',
      'd"',
      '3,e',
      undefined,
    ])
  })

  it.each([
    undefined,
    '',
    'SQL statement "x"',
    'COPY t, line 0',
    'COPY t, line 5',
    'COPY t, line 99999999999999999999',
  ])('is not found by %j', (where) => {
    expect(rowAt(where)).toBeUndefined()
  })
})
