import { describe, expect, it } from 'vitest'
import { createSqlParser } from '../../src/adapters/sql-parser.ts'
import { statementFindings } from '../../src/core/classify.ts'
import { foldHistory } from '../../src/core/history.ts'
import { sqlFileOf } from '../../src/core/migration.ts'
import { makePlan } from '../../src/core/plan.ts'
import { reconcile } from '../../src/core/reconcile.ts'
import { checkStatements, createAnalysis } from '../../src/engine/analyse.ts'
import { codes, migration, realScripts } from './values.ts'

const about = { version: '001', name: 'a' }

async function found(text: string) {
  const file = sqlFileOf('001_a.up.sql', text)
  const analysis = createAnalysis(createSqlParser())
  return statementFindings(file, await analysis.statementsOf(file), about)
}

describe('statements that a file may not hold', () => {
  it('end its transaction', async () => {
    expect(await found('-- é\ncreate table t ();\n  COMMIT;')).toMatchObject([
      {
        code: 'TRANSACTION_CONTROL',
        severity: 'error',
        version: '001',
        location: { file: '001_a.up.sql', line: 3, column: 3 },
      },
    ])
  })

  it('end it in a file without a transaction as well', async () => {
    expect(codes(await found('-- sqlmig: no-transaction\nbegin; select 1; commit'))).toEqual(
      Array(2).fill('TRANSACTION_CONTROL'),
    )
  })

  it('cannot run in it, unless the file says that it has none', async () => {
    const text = 'create index concurrently i on t (a);\nvacuum'
    expect(codes(await found(text))).toEqual(Array(2).fill('NO_TRANSACTION_REQUIRED'))
    expect(await found(`-- sqlmig: no-transaction\n${text}`)).toEqual([])
  })

  it.each([
    'copy t from stdin',
    'copy t from stdin;',
    'select 1;\ncopy t from stdin;\n',
    'copy t from stdout',
  ])('wait for data that are not there: %j', async (text) => {
    expect(codes(await found(text))).toEqual(['COPY_DATA'])
  })

  it.each([
    'copy binary t from stdin',
    'copy t from stdin (format binary)',
    'COPY t FROM STDIN WITH (FORMAT "binary")',
  ])('wait for binary data: %s', async (statement) => {
    const findings = await found(`select 1;\n${statement};\nx\n\\.\n`)
    expect(findings).toMatchObject([{ code: 'COPY_DATA', location: { line: 2, column: 1 } }])
    expect(findings[0]?.message).toContain('binary')
  })

  it('are not sought in COPY data, but before and behind them', async () => {
    const data = 'copy t from stdin;\ncommit;\nvacuum;\n\\.\n'
    expect(await found(data)).toEqual([])
    expect(
      (await found(`${data}${data}vacuum;\n${data}commit`)).map(({ location }) => location?.line),
    ).toEqual([9, 14])
    expect(
      (await found(`select nonsense from;\n${data}commit`)).map(({ location }) => location?.line),
    ).toEqual([6])
  })

  it('are all named, each at its place', async () => {
    const findings = await found('begin;\nselect 1;\nvacuum;\nend')
    expect(findings.map(({ location }) => location?.line)).toEqual([1, 3, 4])
  })

  it('are absent from real scripts', async () => {
    for (const { path, text } of realScripts())
      expect(
        codes(await found(text)).filter((code) => code !== 'NO_TRANSACTION_REQUIRED'),
        path,
      ).toEqual([])
  })
})

describe('a file that the grammar does not know in whole', () => {
  const NEWER = 'create frobnicator x with (a; b)'

  it.each([
    [`${NEWER}; commit`, 'TRANSACTION_CONTROL'],
    [`commit; ${NEWER}`, 'TRANSACTION_CONTROL'],
    [`${NEWER};\n/* c */ END -- d\n; select 1`, 'TRANSACTION_CONTROL'],
    [`create function s.begin() returns int return 1; commit; ${NEWER}`, 'TRANSACTION_CONTROL'],
    [
      `create function f() returns int begin atomic select r.end from r; end; commit; ${NEWER}`,
      'TRANSACTION_CONTROL',
    ],
    [`select E'a'\n'b\\''; commit; ${NEWER}`, 'TRANSACTION_CONTROL'],
    [`select 'a' -- c\n'b'; commit`, 'TRANSACTION_CONTROL'],
    [`vacuum; ${NEWER}`, 'NO_TRANSACTION_REQUIRED'],
  ])('%j still shows what is forbidden', async (text, code) => {
    expect(codes(await found(text))).toEqual([code])
  })

  it.each([
    `${NEWER}; do $$ begin commit; end $$; select 'commit; '`,
    `create function f() returns int begin atomic select 1; select case when true then 1 end; end; ${NEWER}`,
    `${NEWER}; create procedure p() begin atomic insert into t values (1); end`,
  ])('%j gives no false alarm', async (text) => {
    expect(await found(text)).toEqual([])
  })

  it('names the line of what it finds', async () => {
    expect(await found(`-- é\n${NEWER};\n\n  commit;`)).toMatchObject([{ location: { line: 4, column: 3 } }])
  })
})

describe('the frame of pg_dump', () => {
  it('does not hide statements and moves no line', async () => {
    expect(await found('\\restrict k\nselect 1;\ncommit;\n\\unrestrict k\n')).toMatchObject([
      { code: 'TRANSACTION_CONTROL', location: { line: 3, column: 1 } },
    ])
  })

  it('alone holds no statement', async () => {
    expect(await found('\\restrict k\n\\unrestrict k')).toEqual([])
  })
})

describe('the statements of a plan', () => {
  it('are checked in the down too, before the up is applied', async () => {
    const files = [migration('001', 'a', 'select 1', 'commit'), migration('002', 'b', 'vacuum')]
    const { statuses } = reconcile(files, foldHistory([]))
    const plan = makePlan({ kind: 'up', to: { kind: 'latest' } }, statuses)
    expect(await checkStatements(createAnalysis(createSqlParser()), plan)).toMatchObject([
      { code: 'TRANSACTION_CONTROL', version: '001', location: { file: '001_a.down.sql' } },
      { code: 'NO_TRANSACTION_REQUIRED', version: '002', location: { file: '002_b.up.sql' } },
    ])
  })
})
