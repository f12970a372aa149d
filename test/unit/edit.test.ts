import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { classifyEdit } from '../../src/core/edit.ts'
import { tokenize } from '../../src/core/lexer.ts'
import { realScripts } from './values.ts'

describe('an edit is cosmetic', () => {
  it.each([
    ['when a comment changes', 'select 1 -- a', 'select 1 -- b'],
    ['when a comment comes', 'select 1', '/* why */ select 1\n-- so'],
    ['when a comment goes', '/* a /* b */ */select 1', 'select 1'],
    ['when white space changes', 'select  1 ;\n', '\tselect\n1;'],
    ['when keywords change their case', 'SELECT a FROM T', 'select A from t'],
    ['when blanks around an operator change', 'select a=-1, b::int', 'select a = - 1 , b :: int'],
    ['when nothing changes', 'select 1', 'select 1'],
    ['when there is no statement at all', '-- a', '/* b */ '],
  ])('%s', (_what, before, after) => {
    expect(classifyEdit(before, after)).toBe('cosmetic')
    expect(classifyEdit(after, before)).toBe('cosmetic')
  })

  it('whatever is put between the tokens of a real script', () => {
    const gap = fc.constantFrom(' ', '\n', '\t', ' /* c */ ', ' -- c\n', '\f')
    for (const { path, text } of realScripts().slice(0, 30)) {
      fc.assert(
        fc.property(fc.infiniteStream(gap), (gaps) => {
          const tokens = [...tokenize(text)].map(({ start, end }) => text.slice(start, end))
          const spread = tokens
            .map((piece) => piece + (piece.startsWith('--') ? '\n' : gaps.next().value))
            .join('')
          expect(classifyEdit(text, spread), path).toBe('cosmetic')
        }),
        { numRuns: 3 },
      )
    }
  })
})

describe('an edit is semantic', () => {
  it.each([
    ['when a literal changes', "select 'a'", "select 'b'"],
    ['when the case of a literal changes', "select 'a'", "select 'A'"],
    ['when white space in a literal changes', "select 'a b'", "select 'a  b'"],
    ['when what looks like a comment in a literal changes', "select '-- a'", "select '-- b'"],
    ['when a literal in pieces is put on one line', "select 'a'\n'b'", "select 'a' 'b'"],
    ['when a quoted name changes its case', 'select "A"', 'select "a"'],
    ['when a name loses its quotes', 'select "a"', 'select a'],
    ['when a dollar body changes', 'do $$ begin end $$', 'do $$ begin  end $$'],
    ['when a directive comes', 'select 1', '-- sqlmig: no-transaction\nselect 1'],
    [
      'when a directive changes',
      '-- sqlmig: lock-timeout 1s\nselect 1',
      '-- sqlmig: lock-timeout 2s\nselect 1',
    ],
    [
      'when a directive moves behind a statement',
      '-- sqlmig: no-transaction\nselect 1',
      'select 1 -- sqlmig: no-transaction',
    ],
    ['when the directive of sqlx goes', '-- no-transaction\nselect 1', 'select 1'],
    ['when operators are glued', 'select @ -1', 'select @-1'],
    ['when words are glued', 'select a b', 'select ab'],
    ['when a number is cut', 'select 1e+5', 'select 1e +5'],
    ['when a number is written anew', 'select 10', 'select 1 0'],
    ['when a minus becomes a comment', 'select 1 - -1', 'select 1 --1'],
    ['when a no-break space comes', 'select a', 'select \u00a0a'],
    ['when a letter beyond ASCII changes its case', 'select é', 'select É'],
    ['when a word comes', 'select 1', 'select 1 where false'],
    ['when a statement goes', 'select 1; select 2', 'select 1;'],
    ['when a prefix is cut off', "select e'\\n'", "select e '\\n'"],
    ['when a tag of a dollar literal changes', 'select $a$x$a$', 'select $b$x$b$'],
    ['when COPY data changes', 'copy t from stdin;\n1\n\\.', 'copy t from stdin;\n1 \n\\.'],
  ])('%s', (_what, before, after) => {
    expect(classifyEdit(before, after)).toBe('semantic')
    expect(classifyEdit(after, before)).toBe('semantic')
  })

  it('whenever a token is lost', () => {
    const statement = fc.constantFrom(
      'select 1',
      'drop table "a"',
      "insert into t values ('x')",
      'do $$ x $$',
      'a @> b',
    )
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1 }), fc.nat(), (list, n) => {
        const text = list.join('; ')
        const tokens = [...tokenize(text)]
        const lost = tokens[n % tokens.length]
        const after = text.slice(0, lost?.start) + text.slice(lost?.end)
        // The same word may stand twice in a row; losing either is the same edit, and still an edit.
        expect(classifyEdit(text, after)).toBe('semantic')
      }),
    )
  })
})
