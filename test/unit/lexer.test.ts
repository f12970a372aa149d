import { describe, expect, it } from 'vitest'
import { type TokenKind, tokenize } from '../../src/core/lexer.ts'

const tokens = (text: string) =>
  [...tokenize(text)].map(({ kind, start, end }) => [kind, text.slice(start, end)])
const pieces = (text: string) => tokens(text).map(([, piece]) => piece)
const only = (kind: TokenKind, text: string) => expect(tokens(text)).toEqual([[kind, text]])

describe('literals', () => {
  it.each([
    ["''", 'the empty literal'],
    ["'it''s; -- /* $$'", 'doubled quotes, and anything else inside'],
    ["'back\\'", 'a backslash, which means nothing in a plain literal'],
    ["E'it\\'s'", 'an escaped quote in an E literal'],
    ["e'\\\\'", 'an escaped backslash before the end'],
    ["E'a''b\\\\''c'", 'doubled quotes in an E literal'],
    ["N'a''b'", 'the national prefix'],
    ["B'01'", 'a bit string'],
    ["x'1F'", 'a hexadecimal string'],
    ["U&'d\\0061t\\+000061 '' ;'", 'a Unicode literal'],
    ["'multi\nline'", 'a line end'],
    ["'😀é'", 'characters of any plane'],
  ])('%s is one: %s', (text) => {
    only('literal', text)
  })

  it.each(["'a'\n'b'", "'a' \t\n\n  'b'", "'a' -- why\n'b'", "'a'\n-- why\n-- else\n 'b;'", "'a'\r'b'"])(
    '%j is one literal in pieces, since a line end stands between them',
    (text) => {
      only('literal', text)
    },
  )

  it('reads the later pieces of an E literal by the rules of the first', () => {
    expect(pieces("select E'a'\n'b\\'; commit; --';")).toEqual(['select', "E'a'\n'b\\'; commit; --'", ';'])
  })

  it('does not let a plain first piece give backslash a meaning later', () => {
    expect(pieces("'a'\n'b\\'; commit")).toEqual(["'a'\n'b\\'", ';', 'commit'])
  })

  it.each(["'a' 'b'", "'a' /* c */ 'b'", "'a'\n/* c */'b'", "'a'\nE'b'"])('%j is not one literal', (text) => {
    expect(tokens(text).filter(([kind]) => kind === 'literal')).toHaveLength(2)
  })

  it('takes a prefix only where a word begins with it', () => {
    expect(pieces("fee'a\\'")).toEqual(['fee', "'a\\'"])
    expect(pieces("U & 'a'")).toEqual(['U', '&', "'a'"])
    expect(pieces("e 'a\\'")).toEqual(['e', "'a\\'"])
  })
})

describe('quoted names', () => {
  it.each(['"a;b"', '"a""b"', '"--"', '"/*"', '"$$"', '"\\"', 'U&"d\\0061t""a"', 'u&";"', '"\n"'])(
    '%s is one',
    (text) => {
      only('quoted-name', text)
    },
  )

  it('never continue on the next line', () => {
    expect(pieces('"a"\n"b"')).toEqual(['"a"', '"b"'])
  })
})

describe('dollar quotes', () => {
  it.each([
    '$$$$',
    "$$ it's; $tag$ -- $$",
    '$tag$ $$ ; $$ $Tag$ $tag$',
    '$a$ $b$ inner $b$ $a$',
    '$a$ x$b$a$',
    '$é_1$ ; $é_1$',
    '$日本$;$日本$',
    '$😀$;$😀$',
    '$_$\n\\d\n$_$',
  ])('%j is one literal', (text) => {
    only('dollar-literal', text)
  })

  it('do not begin inside a word', () => {
    expect(pieces('a$b$c ; a$$b')).toEqual(['a$b$c', ';', 'a$$b'])
    expect(pieces('é$$;')).toEqual(['é$$', ';'])
  })

  it('have no tag that begins with a digit, so that parameters are parameters', () => {
    expect(pieces('$1;$2')).toEqual(['$1', ';', '$2'])
    expect(pieces('$1$$;$$')).toEqual(['$1', '$$;$$'])
    expect(pieces('select $1, $$;$$')).toEqual(['select', '$1', ',', '$$;$$'])
  })

  it('are not opened by a lone dollar or a tag without its second dollar', () => {
    expect(pieces('$ a; $tag ;')).toEqual(['$', 'a', ';', '$', 'tag', ';'])
  })
})

describe('comments', () => {
  it.each(['-- it\'s "; $$ /*', '--', '---', '--\t\\d'])('%j is a line comment', (text) => {
    only('line-comment', text)
  })

  it.each(['/* ; */', '/* /* ; */ */', '/**/', '/*/ */', '/***/', '/* -- */', '/* /*/ */ */', "/* ' \n */"])(
    '%j is one block comment',
    (text) => {
      only('block-comment', text)
    },
  )

  it('end where PostgreSQL ends them', () => {
    expect(pieces('--a\nb')).toEqual(['--a', 'b'])
    expect(pieces('--a\rb')).toEqual(['--a', 'b'])
    expect(pieces('--a\u2028b')).toEqual(['--a\u2028b'])
    expect(pieces('/* /* */ a */ b')).toEqual(['/* /* */ a */', 'b'])
  })

  it('begin inside a run of operator characters', () => {
    expect(pieces('1+--2')).toEqual(['1', '+', '--2'])
    expect(pieces('1*/*2*/3')).toEqual(['1', '*', '/*2*/', '3'])
    expect(pieces('a @--b')).toEqual(['a', '@', '--b'])
  })
})

describe('numbers', () => {
  it.each(['1', '1.5', '1.', '.5', '1.5e10', '1e+5', '1E-5', '1.e5', '0x1F', '0b01', '0o17', '1_000.5'])(
    '%s is one',
    (text) => {
      only('number', text)
    },
  )

  it('leave a range and an operator alone', () => {
    expect(pieces('1..2')).toEqual(['1', '..', '2'])
    expect(pieces('0x1E+5')).toEqual(['0x1E', '+', '5'])
    expect(pieces('1.5.5')).toEqual(['1.5', '.5'])
    expect(pieces('a1.5')).toEqual(['a1', '.5'])
  })
})

describe('operators and words', () => {
  it.each(['@>', '<@', '->>', '<->', '=>', '!~~*', '?|', '@-', '||', '<=', '^@'])(
    '%s is one operator',
    (text) => {
      only('operator', text)
    },
  )

  it('keep colons and dots apart from what follows', () => {
    expect(pieces('a::text')).toEqual(['a', '::', 'text'])
    expect(pieces('a:=1')).toEqual(['a', ':=', '1'])
    expect(pieces('a=:b')).toEqual(['a', '=', ':', 'b'])
    expect(pieces('a:::b')).toEqual(['a', '::', ':', 'b'])
    expect(pieces('t.*')).toEqual(['t', '.', '*'])
  })

  it('leave a sign behind a standard operator to the number, and only there', () => {
    expect(pieces('a=-1')).toEqual(['a', '=', '-', '1'])
    expect(pieces('a<+-1')).toEqual(['a', '<', '+', '-', '1'])
    expect(pieces('a @-1')).toEqual(['a', '@-', '1'])
  })

  it('take letters of any script into words, and a no-break space too', () => {
    expect(tokens('naïve_表$1 x\u00a0y \u00a0 😀')).toEqual(
      ['naïve_表$1', 'x\u00a0y', '\u00a0', '😀'].map((word) => ['word', word]),
    )
  })

  it('count only the white space that PostgreSQL knows', () => {
    expect(tokens(' \t\n\r\f\v')).toEqual([])
    expect(pieces('\u2028\ufeff')).toEqual(['\u2028\ufeff'])
  })
})
