import { beforeAll, describe, expect, it } from 'vitest'
import { createSqlParser } from '../../src/adapters/sql-parser.ts'
import { systemClock } from '../../src/adapters/system.ts'
import { sqlFileOf } from '../../src/core/migration.ts'
import { createObserver } from '../../src/engine/observer.ts'
import type { StatementTools } from '../../src/engine/run-statements.ts'
import { runFile } from '../../src/engine/transactional.ts'
import { DEFAULT_LIVENESS } from '../../src/engine/watchdog.ts'
import { createTestDatabase } from '../support/database.ts'
import { openSession, postgresAt, rejection } from '../support/session.ts'
import { createProject, historyOf, pair } from '../support/sqlmig.ts'

/** Newer syntax than the parser's is not to be had on every server; a parser that overflowed too often reads nothing any more. */
beforeAll(async () => {
  const parser = createSqlParser()
  const deep = `select ${Array(20_000).fill('1').join('+')}`
  for (let round = 0; round < 20; round++) await parser.parse(deep)
  expect(await parser.parse('select 1')).toBeUndefined()
})

describe('a file that the parser cannot read', () => {
  it('runs all the same, each statement of it', async () => {
    const text = `create table a (id int, body text);\nselect 2;\ninsert into a values (1, $file1$x; commit; --$file1$);\ncreate index on a (id);\n`
    const project = await createProject(pair('001_a', text))
    const report = await project.sqlmig.up()
    expect(report.error).toBeUndefined()
    expect(await project.db.sql`select body from a`).toEqual([{ body: 'x; commit; --' }])
    expect(await project.sqlmig.down()).toMatchObject({ ok: true })
  })

  it('shows where it is wrong, as far as the server says it', async () => {
    const project = await createProject(
      pair('001_a', `create table a ();\nselect 2;\nselect 'é😀', nothing;\n`),
    )
    const report = await project.sqlmig.up()
    expect(report.error).toMatchObject({
      code: 'STATEMENT_FAILED',
      sqlstate: '42703',
      location: { file: '001_a.up.sql', line: 3, column: 14 },
    })
    expect(JSON.stringify(report.error)).not.toMatch(/inline_code_block|\$file|EXECUTE/)
    expect(await historyOf(project.db)).toEqual([])
  })

  it('says why it cannot say more', async () => {
    const project = await createProject(
      pair('001_a', `create table a (id int);\nselect 2;\ninsert into a select 1 / count(*) from a;\n`),
    )
    const report = await project.sqlmig.up()
    expect(report.error).toMatchObject({
      sqlstate: '22012',
      location: { file: '001_a.up.sql' },
      hint: expect.stringContaining('which statement failed'),
    })
    expect(report.error?.location?.line).toBeUndefined()
    expect(await historyOf(project.db)).toEqual([])
  })
})

describe('a file with COPY data that the parser cannot read', () => {
  const rows = 'copy a from stdin;\n1\tx; commit; --\n2\ty\n\\.\n'

  it('runs around its data', async () => {
    const project = await createProject(
      pair('001_a', `create table a (id int, body text);\n${rows}update a set id = id + 10;\n${rows}`),
    )
    expect((await project.sqlmig.up()).error).toBeUndefined()
    expect(await project.db.sql`select id from a order by id`).toEqual([1, 2, 11, 12].map((id) => ({ id })))
  })

  it('shows where it is wrong before, in and behind the data', async () => {
    for (const [text, line, column] of [
      [`select nothing;\n${rows}`, 1, 8],
      [`create table a (id int, body text);\n${rows.replace('2', 'two')}`, 4, 1],
      [`create table a (id int, body text);\n${rows}\nselect 1, nothing;\n`, 7, 11],
    ] as const) {
      const project = await createProject(pair('001_a', text))
      const report = await project.sqlmig.up()
      expect(report.error?.location).toEqual({ file: '001_a.up.sql', line, column })
      expect(await historyOf(project.db)).toEqual([])
    }
  })
})

describe('a statement that nobody recognised', () => {
  const copied = 'create table public.c (id int);\ncopy public.c from stdin;\n1\n\\.\n'

  it.each([
    ...['', copied].flatMap((before) =>
      ['commit', 'rollback'].flatMap((statement) => [`${before}${statement}`, `${statement};\n${copied}`]),
    ),
    'COMMIT AND CHAIN',
    'end',
    'abort',
    "prepare transaction 'x'",
    'begin',
    'savepoint s',
    'copy a to stdout',
  ])('is refused by the server: %s', async (statement) => {
    const db = await createTestDatabase()
    const database = postgresAt(db.url)
    const session = await openSession(database)
    const observer = createObserver(database, systemClock)
    const tools: StatementTools = {
      context: {
        database,
        clock: systemClock,
        emit: () => {},
        signal: new AbortController().signal,
        policy: {
          lockWaitMs: 0,
          lockTimeoutMs: 0,
          statementTimeoutMs: 0,
          liveness: DEFAULT_LIVENESS,
          searchPath: undefined,
          client: 'test',
          toolVersion: 'test',
        },
      },
      session,
      observer,
      // As if the grammar had not known it, nor its first words.
      analysis: { statementsOf: async () => [], judgeOf: async () => 'server' },
    }
    const sql = sqlFileOf(
      '001_a.up.sql',
      `create table public.a ();\n${statement};\ncreate table public.b ();\n`,
    )
    const step = {
      action: 'apply' as const,
      version: '001',
      name: 'a',
      sql,
      pair: { up: sql, down: undefined },
      upChecksum: sql.checksum,
      downChecksum: null,
      outOfOrder: false,
    }
    const info = {
      action: 'apply' as const,
      version: '001',
      name: 'a',
      file: sql.file,
      transactional: true,
      index: 1,
      total: 1,
    }
    await session.send('begin')
    const error = await rejection(runFile(tools, { step, info }))
    expect(error).toMatchObject({
      code: 'STATEMENT_FAILED',
      facts: { failure: { sqlstate: '0A000' } },
      hint: expect.stringContaining('transaction statements'),
    })
    await session.send('rollback')
    await observer.close()
    expect(await db.sql`select tablename from pg_tables where schemaname = 'public'`).toEqual([])
  })
})
