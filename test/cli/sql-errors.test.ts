import { describe, expect, it } from 'vitest'
import { pair, workspace } from '../support/cli.ts'
import { createTestDatabase } from '../support/database.ts'
import { writeFiles } from '../support/folder.ts'

/** The text of stderr after `up` of this one file. */
async function failing(up: string | Record<string, string>): Promise<string> {
  const db = await createTestDatabase()
  const files = typeof up === 'string' ? pair('001', 'bad', up, 'select 1;') : up
  const ws = await workspace(files, { env: { DATABASE_URL: db.url } })
  const { code, stderr } = await ws.run('up')
  expect(code).toBe(1)
  return stderr
}

/** What stands above the caret, up to `width` characters. */
function aboveCaret(stderr: string, width: number): string {
  const lines = stderr.split('\n')
  const at = lines.findIndex((line) => /^ +\| +\^$/.test(line))
  const column = (lines[at] ?? '').indexOf('^')
  return cells(lines[at - 1] ?? '')
    .slice(column, column + width)
    .join('')
}

/** One entry per cell of the terminal; a wide character fills two, a combining mark none. */
function cells(line: string): string[] {
  return [...line].flatMap((character) => {
    if (/\p{Mn}/u.test(character)) return []
    return /[\u{1100}-\u{115f}\u{3000}-\u{9fff}\u{ac00}-\u{d7a3}\u{1f000}-\u{2ffff}]/u.test(character)
      ? [character, '']
      : [character]
  })
}

describe('the message of a failed statement', () => {
  it('shows place, code frame, SQLSTATE, hint and what is applied', async () => {
    const stderr = await failing({
      ...pair('001', 'good', 'create table accounts (id int);', 'drop table accounts;'),
      ...pair(
        '002',
        'bad',
        '-- why\ncreate table x (id int);\nselect idd\nfrom accounts;\n',
        'drop table x;',
      ),
    })
    expect(stderr).toBe(`error STATEMENT_FAILED: column "idd" does not exist
  at 002_bad.up.sql:3:8
    1 | -- why
    2 | create table x (id int);
  > 3 | select idd
      |        ^
    4 | from accounts;
    5 | 
  SQLSTATE 42703
  hint Perhaps you meant to reference the column "accounts.id".
Nothing of 002 bad was applied. 001 stays applied.
`)
  })

  it('shows detail, constraint and context', async () => {
    const stderr = await failing(`create table t (id int constraint one_only primary key);
create function f() returns void language plpgsql as $$ begin insert into t values (1); end $$;
select f();
select f();
`)
    expect(stderr).toContain('at 001_bad.up.sql:4')
    expect(stderr).toContain('SQLSTATE 23505')
    expect(stderr).toContain('detail Key (id)=(1) already exists.')
    expect(stderr).toContain('constraint one_only')
    expect(stderr).toContain('context SQL statement "insert into t values (1)"')
  })

  it.each([
    ['tabs', '\t\tselect 1,\tnope;'],
    ['accents and emoji', "select 'é😀', nope;"],
    ['combining marks', "select 'e\u0301e\u0301', nope;"],
    ['CJK', "select '漢字かな한글', nope;"],
    ['rare CJK', "select '𠮷𠮷', nope;"],
    ['a byte order mark', '\ufeffselect nope;'],
    ['CRLF', 'select 1;\r\nselect nope;\r\n'],
  ])('puts the caret under the place in spite of %s', async (_, sql) => {
    const stderr = await failing(sql)
    expect(stderr).toContain('column "nope" does not exist')
    expect(aboveCaret(stderr, 4)).toBe('nope')
  })

  it('cuts a long line to a window', async () => {
    const values = Array.from({ length: 5000 }, (_, i) => `(${i})`).join(', ')
    const stderr = await failing(
      `create table t (id int); insert into t values ${values}, (nope), ${values};`,
    )
    expect(aboveCaret(stderr, 4)).toBe('nope')
    for (const line of stderr.split('\n')) expect(line.length).toBeLessThan(200)
  })

  it('does not let the file steer the terminal', async () => {
    const stderr = await failing("select '\u001b[2J\u0007', nope; -- \u009b31m")
    expect(stderr).not.toMatch(/[^\P{Cc}\n]/u)
    expect(stderr).toContain('\\u001b[2J')
    expect(aboveCaret(stderr, 4)).toBe('nope')
  })

  it('is the same in the document, with the raw facts', async () => {
    const db = await createTestDatabase()
    const ws = await workspace(pair('001', 'bad', 'select 1;\nselect nope;', 'select 1;'))
    const { report } = await ws.run(['up', '--json', '-d', db.url])
    expect(report.error).toMatchObject({
      code: 'STATEMENT_FAILED',
      message: 'column "nope" does not exist',
      sqlstate: '42703',
      location: { file: '001_bad.up.sql', line: 2, column: 8 },
      excerpt: { line: 2, column: 8 },
      failure: { severity: 'ERROR', sqlstate: '42703' },
      consequence: 'Nothing of 001 bad was applied.',
    })
  })
})

describe('rows that a constraint refuses', () => {
  const ALLOWED = [
    'sqlstate',
    'message',
    'severity',
    'detail',
    'hint',
    'position',
    'where',
    'schema',
    'table',
    'column',
    'constraint',
  ]
  const directive = '-- sqlmig: no-transaction\n'

  it.each([
    ['unique', "insert into t values (1, 'data-of-a-person'), (2, 'data-of-a-person');", '23505'],
    ['check', "insert into t values (-1, 'data-of-a-person');", '23514'],
    ['not null', "insert into t values (null, 'data-of-a-person');", '23502'],
  ])('are told in the detail of the server and nowhere else: %s', async (_what, insert, sqlstate) => {
    const db = await createTestDatabase()
    await db.sql`create table t (id int primary key check (id > 0), body text unique)`
    const sql = `do $$ begin ${insert} end $$;`
    const ws = await workspace(pair('001', 'bad', `${directive}${sql}`, 'select 1;'))
    const { report } = await ws.run(['up', '--json', '-d', db.url])
    const { failure, excerpt, ...rest } = report.error ?? {}
    expect(failure).toMatchObject({
      sqlstate,
      table: 't',
      schema: 'public',
      detail: expect.stringContaining('data-of-a-person'),
    })
    expect(Object.keys(failure ?? {}).filter((key) => !ALLOWED.includes(key))).toEqual([])
    expect(Object.keys(rest).toSorted()).toEqual(['code', 'consequence', 'location', 'message', 'sqlstate'])
    expect(JSON.stringify(rest)).not.toContain('data-of')
    // The file itself, and what of it the server was at.
    expect(JSON.stringify(excerpt)).toContain('data-of')
    expect(JSON.stringify({ ...failure, detail: '', where: '' })).not.toContain('data-of')
    const reasons = await db.sql`select reason, client, name from sqlmig.history`
    expect(JSON.stringify(reasons)).toContain(sqlstate)
    expect(JSON.stringify(reasons)).not.toContain('data-of')
  })
})

describe('CHECKSUM_MISMATCH', () => {
  const setup = async (before: string, after: string) => {
    const db = await createTestDatabase()
    const ws = await workspace(pair('001', 'a', before, 'select 1;\n'), { env: { DATABASE_URL: db.url } })
    expect((await ws.run('up')).code).toBe(0)
    await writeFiles(ws.cwd, { 'sql/001_a.up.sql': after })
    return ws
  }

  it('shows a semantic change as a diff', async () => {
    const ws = await setup('create table t (\n  id int\n);\n', 'create table t (\n  id bigint\n);\n')
    const { code, stderr } = await ws.run('up')
    expect(code).toBe(4)
    expect(stderr).toContain('001_a.up.sql was edited after it had been applied (semantic change)')
    expect(stderr).toContain('at 001_a.up.sql:2')
    expect(stderr).toContain('  -  id int\n  +  id bigint\n')
    expect(stderr).toContain('refused before the first statement')
  })

  it('says when a change is cosmetic', async () => {
    const ws = await setup('create table t (id int);\n', '-- a table\nCREATE TABLE t (id int);\n')
    const { code, report } = await ws.run('verify --json')
    expect(code).toBe(4)
    expect(report.findings[0]).toMatchObject({ code: 'CHECKSUM_MISMATCH', facts: { change: 'cosmetic' } })
    expect(report.findings[0]?.hint).toContain('only comments, blanks or letter case differ')
  })
})
