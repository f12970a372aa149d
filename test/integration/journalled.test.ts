import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { runBinary, startBinary } from '../support/binary.ts'
import { writeFiles } from '../support/folder.ts'
import { createProject, errorCodes, historyOf, isQuiet, pair, stepsOf, tablePair } from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const directive = '-- sqlmig: no-transaction\n'
const base = pair('001_base', 'create table base (id int);\ninsert into base values (1), (1);\n')

function outside(stem: string, up: string, down = 'drop index concurrently if exists base_id;\n') {
  return pair(stem, directive + up, directive + down)
}

describe('a migration without a transaction', () => {
  it('writes down every step of both ways', async () => {
    const project = await createProject({
      ...base,
      ...outside('002_index', 'create index concurrently base_id on base (id);\n\nvacuum base; -- end\n'),
      ...tablePair('003_after'),
    })
    const report = await project.sqlmig.up()
    expect(report.error).toBeUndefined()
    expect(report.steps[1]).toMatchObject({ transactional: false, status: 'done' })
    const both = ['statement 002 1', 'done 002 1', 'statement 002 2', 'done 002 2']
    expect(await historyOf(project.db)).toEqual([
      'applied 001',
      'started 002',
      ...both,
      'applied 002',
      'applied 003',
    ])
    const [index] = await project.db
      .sql`select indisvalid from pg_index where indexrelid = 'base_id'::regclass`
    expect(index?.['indisvalid']).toBe(true)
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
    expect(await project.sqlmig.status()).toMatchObject({ exitCode: 0 })
    const down = await project.sqlmig.down({ to: { kind: 'version', version: '001' } })
    expect(stepsOf(down)).toEqual(['revert 003 done', 'revert 002 done'])
    expect((await historyOf(project.db)).slice(-5)).toEqual([
      'reverted 003',
      'started 002',
      'statement 002 1',
      'done 002 1',
      'reverted 002',
    ])
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
  })

  it('emits each statement and keeps the SQL for down --from-history', async () => {
    const project = await createProject({
      ...base,
      ...outside('002_index', 'create index concurrently base_id on base (id);\n'),
    })
    await project.sqlmig.up()
    const events = project.events.filter((event) => event.type === 'statement.started')
    expect(events).toMatchObject([{ statement: 1, statements: 1, step: { version: '002' } }])
    const elsewhere = await createProject(base)
    const down = await elsewhere.with({ database: project.db.url }).down({ source: 'history' })
    expect(stepsOf(down)).toEqual(['revert 002 done'])
    expect((await historyOf(project.db)).slice(-2)).toEqual(['done 002 1', 'reverted 002'])
  })

  it('that fails midway is incomplete, and nothing runs past it', async () => {
    const project = await createProject({
      ...base,
      ...outside(
        '002_index',
        'create table half (id int);\n\n  create unique index concurrently base_id on base (id);\nselect 1;\n',
      ),
      ...tablePair('003_after'),
    })
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({
      exitCode: 1,
      error: {
        code: 'STATEMENT_FAILED',
        sqlstate: '23505',
        location: { file: '002_index.up.sql', line: 4, column: 3 },
      },
    })
    expect(report.error?.consequence).toContain('002 index runs without a transaction')
    expect(stepsOf(report)).toEqual(['apply 001 done', 'apply 002 failed', 'apply 003 not-run'])
    const rows = [
      'applied 001',
      'started 002',
      'statement 002 1',
      'done 002 1',
      'statement 002 2',
      'failed 002 2',
    ]
    expect(await historyOf(project.db)).toEqual(rows)
    expect(await project.db.sql`select to_regclass('half') as half`).toMatchObject([{ half: 'half' }])
    for (const command of ['up', 'down', 'status', 'verify'] as const) {
      const again = await project.sqlmig[command]()
      expect(again.exitCode).toBe(4)
      expect(errorCodes(again)).toEqual(['INCOMPLETE'])
      expect(again.findings[0]).toMatchObject({
        location: { file: '002_index.up.sql' },
        facts: { action: 'apply', done: 1, statements: 3, failed: 2 },
      })
      expect(again.findings[0]?.message).toContain('1 of 3 statements are done; statement 2 failed (23505')
      expect(again.migrations.map(({ state }) => state)).toEqual(['applied', 'incomplete', 'pending'])
    }
    expect(await historyOf(project.db)).toEqual(rows)
  })

  it('that is killed midway leaves its statement in doubt', async () => {
    const project = await createProject({
      ...base,
      ...outside('002_slow', 'create table half (id int);\nselect pg_sleep(2);\n'),
    })
    const target = ['--database', project.db.url, '--dir', project.folder]
    const started = startBinary(['up', ...target], { cwd: project.folder })
    await waitFor(async () => (await historyOf(project.db)).includes('statement 002 2'))
    started.process.kill('SIGKILL')
    expect(await started.ended).toMatchObject({ signal: 'SIGKILL' })
    // The statement goes on in the server, which holds the lock until it notices that nobody is there.
    const again = await runBinary(['up', '--json', ...target], { cwd: project.folder })
    expect(again.code).toBe(4)
    expect(again.stdout).toContain('statement 2 is in doubt')
    expect((await historyOf(project.db)).at(-1)).toBe('statement 002 2')
    await waitFor(() => isQuiet(project.db.sql))
  })

  it('that is interrupted says so, in its history too', async () => {
    const project = await createProject({
      ...base,
      ...outside('002_slow', 'create table half ();\nselect pg_sleep(20);\n'),
    })
    const abort = new AbortController()
    const running = project.with({ signal: abort.signal }).up()
    await waitFor(async () => (await historyOf(project.db)).includes('statement 002 2'))
    abort.abort()
    const report = await running
    expect(report).toMatchObject({ exitCode: 130, error: { code: 'INTERRUPTED' } })
    expect(report.error?.consequence).toContain('incomplete')
    expect((await historyOf(project.db)).at(-1)).toBe('failed 002 2')
    expect(errorCodes(await project.sqlmig.up())).toEqual(['INCOMPLETE'])
  })

  it('that is interrupted before it began is not incomplete', async () => {
    const abort = new AbortController()
    const project = await createProject({ ...base, ...outside('002_index', 'vacuum base;\n') })
    const run = project.with({
      signal: abort.signal,
      onEvent: (event) => {
        if (event.type === 'step.finished') abort.abort()
      },
    })
    const report = await run.up()
    expect(report).toMatchObject({ exitCode: 130 })
    expect(report.error?.consequence).toBe('Nothing else was begun. 001 stays applied.')
    expect(await historyOf(project.db)).toEqual(['applied 001'])
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
  })

  it('may not hold transaction statements either', async () => {
    const project = await createProject({ ...base, ...outside('002_t', 'begin;\nselect 1;\ncommit;\n') })
    const report = await project.sqlmig.up()
    expect(report.exitCode).toBe(4)
    expect(new Set(errorCodes(report))).toEqual(new Set(['TRANSACTION_CONTROL']))
  })

  it('may commit in a DO block, as it runs outside of one', async () => {
    const project = await createProject({
      ...base,
      ...outside(
        '002_batches',
        'do $$ begin for i in 1..3 loop insert into base values (i); commit; end loop; end $$;\n',
      ),
    })
    expect(await project.sqlmig.up()).toMatchObject({ ok: true })
  })

  it('without a statement is applied all the same', async () => {
    const project = await createProject({ ...base, ...outside('002_none', '-- nothing\n', 'select 1;\n') })
    const report = await project.sqlmig.up()
    expect(report.error).toBeUndefined()
    expect(await historyOf(project.db)).toEqual(['applied 001', 'started 002', 'applied 002'])
  })
})

describe('settings in a migration without a transaction', () => {
  it('have no lock timeout for CONCURRENTLY, and their own for everything else', async () => {
    const project = await createProject({
      ...base,
      ...outside(
        '002_index',
        `-- sqlmig: lock-timeout 700ms
create table before as select current_setting('lock_timeout') as t;
create index concurrently base_id on base (id);
create table after as select current_setting('lock_timeout') as t;
`,
        'drop index concurrently base_id;\ndrop table before, after;\n',
      ),
    })
    await project.sqlmig.up({ to: { kind: 'version', version: '001' } })
    const reader = await project.db.sql.reserve()
    await reader`begin isolation level repeatable read`
    await reader`select * from base`
    const running = project.sqlmig.up()
    await waitFor(async () => (await historyOf(project.db)).includes('statement 002 2'))
    await sleep(2000)
    await reader`commit`
    reader.release()
    const report = await running
    expect(report.error).toBeUndefined()
    expect(project.events.some((event) => event.type === 'step.blocked')).toBe(true)
    expect(
      await project.db.sql`select before.t as before, after.t as after from before, after`,
    ).toMatchObject([{ before: '700ms', after: '700ms' }])
  })

  it('last from statement to statement, but not into the rows of the history or the next file', async () => {
    const project = await createProject({
      ...base,
      ...outside(
        '002_settings',
        `set search_path = 'elsewhere'; set statement_timeout = '10s'; create schema elsewhere; create table made ();
set default_transaction_read_only = on; set default_transaction_read_only = off;
set role pg_monitor; set session_replication_role = origin; set timezone = 'Asia/Tokyo'; reset role;
set session authorization default;
`,
        'drop schema elsewhere cascade;\n',
      ),
      ...pair(
        '003_seen',
        "create table public.seen as select current_setting('search_path') as path, current_setting('timezone') as zone;\n",
        'drop table public.seen;\n',
      ),
    })
    const report = await project.sqlmig.up()
    expect(report.error).toMatchObject({ sqlstate: '42501' })
    // pg_monitor may not set session_replication_role; the rest is enough to see that rows are written in spite of the role.
    expect((await historyOf(project.db)).at(-1)).toMatch(/^failed 002/)
    expect(await project.db.sql`select to_regclass('elsewhere.made') is not null as made`).toMatchObject([
      { made: true },
    ])
    const rows = await project.db.sql`select distinct actor from sqlmig.history`
    expect(rows).toHaveLength(1)
  })

  it('and a role that may do nothing do not keep the rows from being written', async () => {
    const project = await createProject({
      ...base,
      ...outside(
        '002_role',
        'set role pg_monitor;\nset search_path = nowhere;\nset default_transaction_read_only = on;\nselect 1;\n',
        'select 1;\n',
      ),
      ...pair(
        '003_seen',
        "create table public.seen as select current_user::text as who, current_setting('search_path') as path;\n",
        'drop table public.seen;\n',
      ),
    })
    const report = await project.sqlmig.up()
    expect(report.error).toBeUndefined()
    expect(await project.db.sql`select who, path from public.seen`).toMatchObject([
      { who: 'postgres', path: '"$user", public' },
    ])
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0 })
  })

  it('that give up the lock stop the run', async () => {
    const project = await createProject({
      ...base,
      ...outside('002_unlock', 'select pg_advisory_unlock_all();\nselect 1;\n'),
    })
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'LOCK_LOST' } })
    expect((await historyOf(project.db)).at(-1)).toBe('statement 002 1')
    await writeFiles(project.folder, {})
    expect(errorCodes(await project.sqlmig.up())).toEqual(['INCOMPLETE'])
  })
})
