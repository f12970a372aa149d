import fc from 'fast-check'
import { loadModule, scanSync } from 'libpg-query'
import { beforeAll, describe, expect, it } from 'vitest'
import { tokenize } from '../../src/core/lexer.ts'
import { realScripts } from './values.ts'

const tokens = (text: string) =>
  [...tokenize(text)].map(({ kind, start, end }) => [kind, text.slice(start, end)])

beforeAll(loadModule)

/** What PostgreSQL's scanner makes of the text; undefined where it finds an error. */
function scanned(text: string): string[] | undefined {
  const data = Buffer.from(text)
  try {
    const found: string[] = []
    for (const { start, end } of scanSync(text).tokens) {
      const piece = data.subarray(start, end).toString()
      // The scanner gives the prefix of N'…' away as a word of its own.
      if (/^[nN]$/.test(found.at(-1) ?? '') && piece.startsWith("'")) found.push(`${found.pop()}${piece}`)
      else found.push(piece)
    }
    return found
  } catch {
    return undefined
  }
}

const ours = (text: string) => tokens(text).map(([, piece]) => piece)

describe('the lexer and the scanner of PostgreSQL', () => {
  it('agree on real scripts', () => {
    for (const { path, text } of realScripts()) {
      if (text === '' || tokens(text).some(([kind]) => kind === 'meta-command')) continue
      expect(ours(text), path).toEqual(scanned(text))
    }
  })

  it('agree on every nonsense that the scanner accepts', () => {
    const piece = fc.constantFrom(
      ...["'", "''", '"', "E'", "e'", 'B', "X'", "U&'", 'U&"', 'u&', "E'\\'", "'\n'", '"";'],
      ...['--', '/*', '*/', '*', '/', '-', '+', '@', '=', '<', '>', '?', '|', ':', '::', ':=', '.', '..'],
      ...['$$', '$a$', '$é$', '$', '$1', 'a', 'b$c', 'é', '😀', '_', '\u00a0', '\u2028', '\ufeff'],
      ...[
        '1',
        '1.5e10',
        '1e+5',
        '0x1F',
        '.5',
        '1_0',
        ';',
        '(',
        ')',
        '[',
        ']',
        ',',
        '\n',
        '\r',
        ' ',
        '\t',
        '\v',
      ],
    )
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 9 }), (parts) => {
        const text = parts.join('')
        // libpg-query does not continue a literal behind a comment; the server does.
        fc.pre(!/'\s*--[^\n\r]*\s+'/.test(text) && !/'\s*--.*[\n\r]/.test(text))
        const expected = scanned(text)
        fc.pre(expected !== undefined && tokens(text).every(([kind]) => kind !== 'meta-command'))
        expect(ours(text)).toEqual(expected)
      }),
      { numRuns: 3000 },
    )
  })
})

describe('every token', () => {
  it('lies behind the one before it, and only white space lies between', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        let end = 0
        for (const token of tokenize(text)) {
          expect(text.slice(end, token.start)).toMatch(/^[ \t\n\r\f\v]*$/)
          expect(token.end).toBeGreaterThan(token.start)
          end = token.end
        }
        expect(text.slice(end)).toMatch(/^[ \t\n\r\f\v]*$/)
      }),
      { numRuns: 500 },
    )
  })
})

describe('what is never closed', () => {
  it.each([
    ["'abc", 'literal'],
    ["E'abc\\", 'literal'],
    ["E'abc\\'", 'literal'],
    ["'abc''", 'literal'],
    ['"abc', 'quoted-name'],
    ['U&"a""', 'quoted-name'],
    ['$$abc$', 'dollar-literal'],
    ['$a$ $b$', 'dollar-literal'],
    ['/* /* */', 'block-comment'],
    ["U&'", 'literal'],
  ])('%s reaches to the end', (text, kind) => {
    expect(tokens(`${text};\nselect`)).toEqual([[kind, `${text};\nselect`]])
  })
})

describe('commands to psql', () => {
  it('take the rest of their line, quotes included', () => {
    expect(tokens("\\echo don't\nselect 1")).toEqual([
      ['meta-command', "\\echo don't"],
      ['word', 'select'],
      ['number', '1'],
    ])
  })
})

describe('COPY data', () => {
  const data = (text: string) => tokens(text).find(([kind]) => kind === 'copy-data')?.[1]

  it.each([
    'copy t from stdin;',
    'COPY public."T" (a, "b;c") FROM STDIN WITH (FORMAT csv, HEADER);',
    "copy t from stdin with delimiter ';';",
    '/* c */ copy t -- c\n from /* c */ stdin;',
    'copy binary t from stdin;',
    'select 1; copy t from stdin; -- the rows',
    '\\restrict k\ncopy t from stdin;',
  ])('follows %j', (statement) => {
    const rows = "1\tit's\n-- $$ /* ;\ncommit;\n\\N\t\\.x\n\\.\n"
    const [first, ...rest] = tokens(`${statement}\n${rows}select 2;`).slice(-4)
    expect(first).toEqual(['copy-data', rows.slice(0, -1)])
    expect(rest.map(([, piece]) => piece)).toEqual(['select', '2', ';'])
  })

  it('reaches to the end without its end marker', () => {
    expect(data('copy t from stdin;\n1\n2\n')).toBe('1\n2\n')
  })

  it('ends only at a line that holds the marker and nothing else', () => {
    const rows = ' \\.\nx\u2028\\.\ny\r\\.\n\\. \n\\..\n'
    expect(data(`copy t from stdin;\n${rows}\\.\nselect 1`)).toBe(`${rows}\\.`)
  })

  it.each([
    'copy t to stdout;',
    "copy t from '/tmp/stdin';",
    "copy t from program 'stdin';",
    'copy (select * from stdin) to stdout;',
    'select copy from stdin;',
    "'copy' from stdin;",
    'copy t from "stdin";',
    'comment on table t is $$copy t from stdin;$$;',
  ])('does not follow %j', (statement) => {
    expect(data(`${statement}\nselect 1;`)).toBeUndefined()
  })

  it.each(['copy t from stdin', 'copy t from stdin;', 'copy t from stdin;\n', 'copy t from stdin\nselect 1'])(
    'is absent from %j',
    (text) => {
      expect(data(text)).toBeUndefined()
    },
  )
})

describe('huge inputs', () => {
  const size = 20_000_000
  it.each([
    ['a literal', `'${'x'.repeat(size)}'`],
    ['a literal of doubled quotes', `'${"''".repeat(size / 10)}'`],
    ['an E literal of escapes', `E'${'\\n'.repeat(size / 10)}'`],
    ['a dollar literal', `$a$${'$b$ '.repeat(size / 4)}$a$`],
    ['a line comment', `--${'-'.repeat(size)}`],
    ['a deeply nested block comment', `${'/*'.repeat(100_000)}${'*/'.repeat(100_000)}`],
    ['a word', 'a'.repeat(size)],
    ['a number', '1'.repeat(size)],
  ])('%s is one token', (_what, text) => {
    expect([...tokenize(text)]).toMatchObject([{ start: 0, end: text.length }])
  })

  it('a literal in a hundred thousand pieces is one token', () => {
    const text = Array(100_000).fill("'a'").join(' -- c\n')
    expect([...tokenize(text)]).toHaveLength(1)
  })
})
