import { describe, expect, it } from 'vitest'
import { isDirective, parseDirectives, parseDuration } from '../../src/core/directives.ts'

const directives = (text: string) => parseDirectives(text).directives
const problems = (text: string) => parseDirectives(text).problems

describe('directives', () => {
  it.each([
    ['nothing', '', { transaction: 'wrapped', allow: [], volatile: [] }],
    ['no-transaction', '-- sqlmig: no-transaction', { transaction: 'none' }],
    ['no-transaction, written tightly', '--sqlmig:no-transaction', { transaction: 'none' }],
    ['the alias of sqlx', '-- no-transaction', { transaction: 'none' }],
    ['irreversible', '-- sqlmig: irreversible  drops data ', { irreversible: 'drops data' }],
    ['lock-timeout', '-- sqlmig: lock-timeout 5s', { lockTimeoutMs: 5000 }],
    ['statement-timeout', '-- sqlmig:\tstatement-timeout 10min', { statementTimeoutMs: 600_000 }],
    ['a timeout of none at all', '-- sqlmig: lock-timeout 0', { lockTimeoutMs: 0 }],
    [
      'allow',
      '-- sqlmig: allow drop-table  it was empty',
      { allow: [{ rule: 'drop-table', reason: 'it was empty' }] },
    ],
    [
      'volatile',
      '-- sqlmig: volatile App.users.Created_At',
      { volatile: [{ schema: 'app', table: 'users', column: 'created_at' }] },
    ],
    [
      'volatile with quoted names',
      '-- sqlmig: volatile "a.b"."Users ""x""".é$1',
      { volatile: [{ schema: 'a.b', table: 'Users "x"', column: 'é$1' }] },
    ],
    [
      'a reason with odd characters',
      '-- sqlmig: irreversible a\u2028b é😀;',
      { irreversible: 'a\u2028b é😀;' },
    ],
  ])('understand %s', (_what, text, expected) => {
    expect(directives(`${text}\nselect 1`)).toMatchObject(expected)
    expect(problems(`${text}\nselect 1`)).toEqual([])
  })

  it('add up', () => {
    const text = `-- 001 users

-- sqlmig: no-transaction
/* sqlmig: irreversible never */
-- sqlmig: allow a first
  -- sqlmig: allow b second
-- sqlmig: lock-timeout 1s
-- sqlmig: volatile app.users.created_at
-- sqlmig: volatile app.users.token
create index concurrently i on t (a);`
    expect(parseDirectives(text)).toEqual({
      directives: {
        transaction: 'none',
        lockTimeoutMs: 1000,
        allow: [
          { rule: 'a', reason: 'first' },
          { rule: 'b', reason: 'second' },
        ],
        volatile: [
          { schema: 'app', table: 'users', column: 'created_at' },
          { schema: 'app', table: 'users', column: 'token' },
        ],
      },
      problems: [],
    })
  })

  it.each([
    ['-- sqlmig: no-transactions', 'unknown'],
    ['-- sqlmig: No-Transaction', 'unknown'],
    ['-- sqlmig:', 'no name'],
    ['-- sqlmig: no-transaction please', 'nothing after it'],
    ['-- sqlmig: irreversible', 'reason'],
    ['-- sqlmig: irreversible   ', 'reason'],
    ['-- sqlmig: lock-timeout', 'duration'],
    ['-- sqlmig: lock-timeout soon', 'duration'],
    ['-- sqlmig: statement-timeout -1s', 'duration'],
    ['-- sqlmig: allow', 'rule'],
    ['-- sqlmig: volatile', 'one column'],
    ['-- sqlmig: volatile created_at', 'one column'],
    ['-- sqlmig: volatile users.created_at', 'one column'],
    ['-- sqlmig: volatile db.app.users.created_at', 'one column'],
    ['-- sqlmig: volatile app.users.created_at, app.users.token', 'one column'],
    ['-- sqlmig: volatile app.users."token', 'one column'],
    ['-- sqlmig: volatile app.users.""', 'one column'],
    ['-- sqlmig: volatile app..token', 'one column'],
    ['-- sqlmig volatile app.users.token', 'colon'],
    ['-- sqlmig: allow drop-table', 'reason'],
    ['-- sqlmig no-transaction', 'colon'],
    ['-- sqlmig irreversible for a reason', 'colon'],
    ['-- SQLMIG: no-transaction', 'misspelt'],
    ['-- sqlmig : no-transaction', 'misspelt'],
    ['--- sqlmig: no-transaction', 'misspelt'],
  ])('report %s', (text, word) => {
    const found = problems(`\n  ${text}\nselect 1`)
    expect(found).toHaveLength(1)
    expect(found[0]?.message).toContain(word)
    expect(found[0]).toMatchObject({ line: 2, column: 3 })
    expect(directives(text)).toEqual({ transaction: 'wrapped', allow: [], volatile: [] })
  })

  it.each([
    'select 1; -- sqlmig: no-transaction',
    'select 1;\n\n-- sqlmig: lock-timeout 5s',
    ';-- sqlmig: nonsense',
  ])('come too late in %j', (text) => {
    expect(problems(text)).toHaveLength(1)
    expect(problems(text)[0]?.message).toContain('after the first statement')
    expect(directives(text)).toEqual({ transaction: 'wrapped', allow: [], volatile: [] })
  })

  it.each([
    ['a literal', "select '\n-- sqlmig: no-transaction\n'"],
    ['a dollar literal', 'select $$\n-- sqlmig: nonsense\n$$'],
    ['a quoted name', 'select 1 as "\n-- sqlmig: nonsense\n"'],
    ['a block comment', '/*\n-- sqlmig: no-transaction\n*/ select 1'],
    ['the middle of a comment', '-- write -- sqlmig: no-transaction\nselect 1'],
    ['prose', '-- sqlmig allows this; sqlmig: see the manual\n-- no-transaction is needed\nselect 1'],
  ])('have no effect inside %s', (_what, text) => {
    expect(parseDirectives(text)).toEqual({
      directives: { transaction: 'wrapped', allow: [], volatile: [] },
      problems: [],
    })
  })

  it('name every problem of a file, each with its line', () => {
    const text = '-- sqlmig: a\n-- sqlmig: b\nselect 1;\n-- é\n select 2; -- sqlmig: irreversible x'
    expect(problems(text).map(({ line, column }) => [line, column])).toEqual([
      [1, 1],
      [2, 1],
      [5, 12],
    ])
  })

  it('ask for the schema of a volatile column', () => {
    expect(problems('-- sqlmig: volatile users."Token"')[0]?.hint).toContain('volatile public.users."Token"')
  })

  it('are told from other comments', () => {
    for (const comment of ['-- sqlmig: x', '--sqlmig:x', '-- no-transaction', '-- sqlmig: a\u2028b'])
      expect(isDirective(comment)).toBe(true)
    for (const comment of ['-- sqlmig', '-- a sqlmig: x', '/* sqlmig: x */', '-- no-transaction at all'])
      expect(isDirective(comment)).toBe(false)
  })
})

describe('durations', () => {
  it.each([
    ['0', 0],
    ['250', 250],
    ['250ms', 250],
    ['5s', 5000],
    [' 5 s ', 5000],
    ['1.5s', 1500],
    ['10min', 600_000],
    ['1h', 3_600_000],
    ['1d', 86_400_000],
    ['2147483647', 2_147_483_647],
  ])('%j is %i ms', (text, expected) => {
    expect(parseDuration(text)).toBe(expected)
  })

  it.each([
    '',
    's',
    '5 seconds',
    '5S',
    '5m',
    '-1s',
    '1e3',
    '0x5',
    '５s',
    '2147483648',
    '25d',
    '1.s',
    '.5s',
    'NaN',
  ])('%j is none', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })
})
