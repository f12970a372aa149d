import { describe, expect, it } from 'vitest'
import {
  createProject,
  errorCodes,
  historyOf,
  pair,
  snapshot,
  stepsOf,
  tablePair,
} from '../support/sqlmig.ts'

const before = tablePair('001_before')

async function upWith(up: string, down = 'select 1;\n') {
  const project = await createProject({ ...before, ...pair('002_odd', up, down) })
  const report = await project.sqlmig.up()
  return { project, report, after: await snapshot(project.db) }
}

describe('a file that controls its own transaction is refused before anything runs', () => {
  it.each([
    ['commit'],
    ['COMMIT AND CHAIN'],
    ['end'],
    ['rollback'],
    ['abort'],
    ['begin'],
    ['start transaction'],
    ['savepoint s'],
    ['release s'],
    ['rollback to s'],
    ["prepare transaction 'x'"],
    ["commit prepared 'x'"],
    ['/* nested /* comment */ */ CoMmIt'],
    ['/* commit; */ end work'],
    ['begin; create table t (); commit'],
  ])('%s', async (statement) => {
    const { report, after } = await upWith(`create table odd ();\n${statement};\ncreate table more ();\n`)
    expect(report).toMatchObject({ exitCode: 4, error: { code: 'RUN_REFUSED' } })
    expect(new Set(errorCodes(report))).toEqual(new Set(['TRANSACTION_CONTROL']))
    expect(report.findings[0]?.location).toMatchObject({ file: '002_odd.up.sql', line: 2 })
    expect(after.history).toEqual([])
    expect(after.catalog.filter((line) => line.startsWith('relation'))).toEqual([])
  })

  it('in the down as well, before the up is applied', async () => {
    const { report, after } = await upWith('create table odd ();\n', 'drop table odd;\ncommit;\n')
    expect(report.exitCode).toBe(4)
    expect(report.findings[0]?.location).toMatchObject({ file: '002_odd.down.sql', line: 2 })
    expect(after.history).toEqual([])
  })

  it('beside syntax that the parser of libpg-query does not know', async () => {
    const { report, after } = await upWith('create table odd () with nonsense grammar;\ncommit;\n')
    expect(errorCodes(report)).toEqual(['TRANSACTION_CONTROL'])
    expect(after.history).toEqual([])
  })
})

it.each([
  ["do 'begin execute ''select 1''; end' language plpgsql; select 'commit; rollback'"],
  ["select $commit$; commit; $commit$, e'\\'; commit; --', $$;commit;$$"],
  ['create function f() returns int begin atomic select 1; select 2; end; drop function f()'],
  ['create procedure p() language plpgsql as $$ begin commit; end $$; drop procedure p()'],
  ['/* ; commit; /* ; commit; */ */ select 1 -- ; commit;'],
  ['create table "commit" (); drop table "commit"'],
])('a word that only looks like it is let through: %s', async (sql) => {
  const { report } = await upWith(`${sql};\n`)
  expect(report.error).toBeUndefined()
  expect(report.ok).toBe(true)
})

describe('what cannot be in a transaction needs the directive', () => {
  it.each([
    ['create index concurrently on before (id)'],
    ['drop index concurrently if exists nothing'],
    ['reindex table concurrently before'],
    ['reindex schema public'],
    ['vacuum before'],
    ['vacuum (full, analyze) before'],
    ['create database never'],
    ['drop database if exists never'],
    ['alter system set work_mem = 1'],
    ['discard all'],
    ["create tablespace never location '/nowhere'"],
    ["create subscription s connection '' publication p"],
    ['alter table before detach partition p concurrently'],
    ['cluster'],
  ])('%s', async (statement) => {
    const { report, after } = await upWith(`select 1;\n${statement};\n`)
    expect(report.exitCode).toBe(4)
    expect(errorCodes(report)).toEqual(['NO_TRANSACTION_REQUIRED'])
    expect(report.findings[0]?.location).toMatchObject({ file: '002_odd.up.sql', line: 2 })
    expect(after.history).toEqual([])
  })

  it.each([['analyze before'], ['reindex table before'], ['cluster before using before_pkey']])(
    'but not everything that resembles it: %s',
    async (statement) => {
      const { report } = await upWith(`${statement};\n`)
      expect(errorCodes(report)).not.toContain('NO_TRANSACTION_REQUIRED')
    },
  )
})

describe('psql commands', () => {
  it.each([
    '\\i other.sql',
    '\\set x 1',
    '\\connect other',
    '\\copy t from x',
    'select :x',
    "select :'x'",
    'select 1 \\gexec',
  ])('%s is refused with its line', async (line) => {
    const { report, after } = await upWith(`select 1;\n${line}\n`)
    expect(report.exitCode).toBe(4)
    expect(errorCodes(report)[0]).toBe('META_COMMAND')
    expect(report.findings[0]?.location).toMatchObject({ file: '002_odd.up.sql', line: 2 })
    expect(after.history).toEqual([])
  })

  it('of pg_dump around a dump mean nothing', async () => {
    const { report } = await upWith(
      '\\restrict kEy1\ncreate table odd ();\n\\unrestrict kEy1\n',
      'drop table odd;\n',
    )
    expect(report).toMatchObject({ ok: true })
  })

  it('COPY data without an end are refused', async () => {
    const { report } = await upWith('copy before from stdin;\n1\n')
    expect(report.exitCode).toBe(4)
    expect(new Set(errorCodes(report))).toEqual(new Set(['COPY_DATA']))
  })
})

describe('what only the server can refuse leaves nothing', () => {
  it.each([
    ['COMMIT in a DO block', 'create table odd ();\ndo $$ begin commit; end $$;\n', '2D000'],
    [
      'a procedure that commits',
      'create procedure p() language plpgsql as $$ begin commit; end $$;\ncall p();\n',
      '2D000',
    ],
    ['what no grammar knows', 'create table odd ();\ncreate table more () with nonsense grammar;\n', '42601'],
    ['an unfinished literal', "create table odd ();\nselect 'unfinished;\n", '42601'],
    ['an EXECUTE of COMMIT', "create table odd ();\ndo $$ begin execute 'commit'; end $$;\n", '0A000'],
  ])('%s', async (_what, up, sqlstate) => {
    const { report, after } = await upWith(up)
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'STATEMENT_FAILED', sqlstate } })
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 failed'])
    expect(report.error?.location).toMatchObject({ file: '002_odd.up.sql', line: 2 })
    expect(after.history).toEqual(['applied 001'])
    expect(after.catalog.join()).not.toMatch(/public\.(odd|more|p)\b/)
  })
})

describe('files that are odd but right', () => {
  it.each([
    ['nothing but a SELECT', 'select 1', 'select 1'],
    ['no semicolon at the end', 'create table odd ()', 'drop table odd'],
    ['a comment at the end', 'create table odd (); -- end', 'drop table odd; /* end */'],
    ['SELECT INTO and COPY TO', 'select 1 as n into odd;\ncopy odd to stdout;', 'drop table odd'],
    ['a notice', "do $$ begin raise notice 'hello'; end $$", 'select 1'],
    ['many empty statements', ';;; create table odd ();;;; ;', '; drop table odd;;'],
    ['NOTIFY and LISTEN', 'listen odd; notify odd; unlisten odd', 'select 1'],
  ])('%s', async (_what, up, down) => {
    const { project, report } = await upWith(up, down)
    expect(report.error).toBeUndefined()
    expect(report.ok).toBe(true)
    expect(await project.sqlmig.down({ to: { kind: 'all' } })).toMatchObject({ ok: true })
    expect(await historyOf(project.db)).toEqual([
      'applied 001',
      'applied 002',
      'reverted 002',
      'reverted 001',
    ])
  })
})
