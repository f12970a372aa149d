import { describe, expect, it } from 'vitest'
import { expectSound, isValid, outside } from '../support/no-transaction.ts'
import { startProxy } from '../support/proxy.ts'
import { createProject, errorCodes, historyOf, isQuiet, type Project, pair } from '../support/sqlmig.ts'
import { waitFor } from '../support/wait.ts'

const base = pair(
  '001_base',
  `create table base (id int);
create index kept on base (id);
create type mood as enum ('calm');
create table parted (id int) partition by range (id);
create table part partition of parted for values from (0) to (10);
`,
  'drop table parted, base;\ndrop type mood;\n',
)

/** Runs the statement up to the message that this is true of, which the server never gets. */
async function loseMessage(project: Project, isLost: (message: string) => boolean): Promise<void> {
  const { url } = await startProxy(project.db.url, {
    toServer(bytes, link) {
      const message = bytes.subarray(5).toString('utf8')
      if (String.fromCharCode(bytes[0] ?? 0) !== 'Q' || !isLost(message)) return 'pass'
      link.reset()
      return 'drop'
    },
  })
  const report = await project.with({ database: url, lockWait: '1s' }).up()
  expect(report.exitCode).not.toBe(0)
  await waitFor(() => isQuiet(project.db.sql))
  expect((await historyOf(project.db)).at(-1)).toBe('statement 002 1')
}

/** Ends the statement in its middle, while it waits for a transaction that has read the tables. */
async function cutShort(project: Project): Promise<void> {
  const reader = await project.db.sql.reserve()
  await reader`begin isolation level repeatable read`
  await reader`select * from base, parted`
  const running = project.sqlmig.up()
  const waiting = () => project.db.sql`select pid from pg_stat_activity
    where application_name like 'sqlmig/%' and datname = current_database() and wait_event_type = 'Lock'`
  await waitFor(async () => (await waiting()).length > 0)
  await project.db.sql`select pg_terminate_backend(pid) from pg_stat_activity
    where application_name like 'sqlmig/%' and datname = current_database() and wait_event_type = 'Lock'`
  expect(await running).toMatchObject({ exitCode: 1, error: { code: 'SESSION_LOST' } })
  await reader`rollback`
  reader.release()
  await waitFor(() => isQuiet(project.db.sql))
  expect((await historyOf(project.db)).at(-1)).toBe('statement 002 1')
}

async function stoppedProject(statement: string): Promise<Project> {
  const project = await createProject({ ...base, ...outside('002_step', `${statement};\n`) })
  await project.sqlmig.up({ to: { kind: 'version', version: '001' } })
  return project
}

const shown = async ({ db }: Project, expression: string): Promise<unknown> =>
  (await db.sql.unsafe(`select ${expression} as shown`))[0]?.['shown']

interface Case {
  readonly statement: string
  /** SQL that is true when the statement has run. */
  readonly after: string
}

const CASES: readonly Case[] = [
  {
    statement: 'create index concurrently fresh on base (id)',
    after: "(select indisvalid from pg_index where indexrelid = to_regclass('fresh'))",
  },
  { statement: 'create index fresh on base (id)', after: "to_regclass('fresh') is not null" },
  { statement: 'drop index concurrently kept', after: "to_regclass('kept') is null" },
  { statement: 'drop index kept', after: "to_regclass('kept') is null" },
  {
    statement: 'alter table parted detach partition part concurrently',
    after: 'not exists (select from pg_inherits)',
  },
  {
    statement: "alter type mood add value 'angry'",
    after: "exists (select from pg_enum where enumlabel = 'angry')",
  },
]

describe('a statement whose end was never heard of', () => {
  it.each(CASES)('is not run again when the catalogs show that it ran: $statement', async (one) => {
    const project = await stoppedProject(one.statement)
    await loseMessage(project, (message) => message.includes("'done'"))
    expect(await shown(project, one.after)).toBe(true)
    const [finding] = (await project.sqlmig.status()).findings
    expect(finding?.message).toContain('statement 1 is in doubt')
    expect(finding?.hint).toContain('sqlmig up --resume counts statement 1 as done, since the')
    expect(errorCodes(await project.sqlmig.up())).toEqual(['INCOMPLETE'])
    expect((await project.sqlmig.up({ resume: 'probe' })).error).toBeUndefined()
    expect((await historyOf(project.db)).slice(-4)).toEqual([
      'statement 002 1',
      'started 002',
      'done 002 1',
      'applied 002',
    ])
    await expectSound(project)
  })

  it.each(CASES)('is run when the catalogs show that it did not: $statement', async (one) => {
    const project = await stoppedProject(one.statement)
    await loseMessage(project, (message) => message.startsWith(one.statement))
    expect(await shown(project, one.after)).not.toBe(true)
    expect((await project.sqlmig.up({ resume: 'probe' })).error).toBeUndefined()
    expect(await shown(project, one.after)).toBe(true)
    expect((await historyOf(project.db)).slice(-5)).toEqual([
      'statement 002 1',
      'started 002',
      'statement 002 1',
      'done 002 1',
      'applied 002',
    ])
    await expectSound(project)
  })

  it('is asked about when nothing shows it, and nothing changes meanwhile', async () => {
    const project = await stoppedProject('insert into base values (1)')
    await loseMessage(project, (message) => message.includes("'done'"))
    const before = await historyOf(project.db)
    for (const command of ['up', 'up'] as const) {
      const report = await project.sqlmig[command]({ resume: 'probe' })
      expect(report).toMatchObject({
        exitCode: 4,
        error: { code: 'RESUME_UNDECIDED', location: { file: '002_step.up.sql', line: 2 } },
      })
      expect(report.error?.hint).toContain('sqlmig up --resume=retry')
    }
    expect(await historyOf(project.db)).toEqual(before)
    expect(await shown(project, '(select count(*)::int from base)')).toBe(1)
    expect(await project.sqlmig.up({ resume: 'skip' })).toMatchObject({ ok: true })
    expect(await shown(project, '(select count(*)::int from base)')).toBe(1)
    await expectSound(project)
  })

  it('is run again when somebody says so', async () => {
    const project = await stoppedProject('insert into base values (1)')
    await loseMessage(project, (message) => message.startsWith('insert into base'))
    expect(await project.sqlmig.up({ resume: 'retry' })).toMatchObject({ ok: true })
    expect(await shown(project, '(select count(*)::int from base)')).toBe(1)
    await expectSound(project)
  })

  it('may be VACUUM, which is run again', async () => {
    const project = await stoppedProject('vacuum base')
    await loseMessage(project, (message) => message.includes("'done'"))
    expect(await project.sqlmig.up({ resume: 'probe' })).toMatchObject({ ok: true })
    await expectSound(project)
  })
})

describe('a statement that was cut short', () => {
  it.each([
    ['create index concurrently fresh on base (id)', 'the INVALID index public.fresh', 'fresh'],
    ['reindex index concurrently kept', 'the INVALID index public.kept_ccnew', 'kept'],
    ['reindex table concurrently base', 'the INVALID index public.kept_ccnew', 'kept'],
  ])('%s: what it left is named, dropped, and the index built', async (statement, left, index) => {
    const project = await stoppedProject(statement)
    await cutShort(project)
    const report = await project.sqlmig.up()
    expect(report.exitCode).toBe(4)
    expect(report.findings[0]?.message).toContain(left)
    expect(report.findings[0]?.facts).toMatchObject({ inDoubt: 1 })
    expect((await project.sqlmig.up({ resume: 'probe' })).error).toBeUndefined()
    expect(await isValid(project, index)).toBe(true)
    expect(await shown(project, '(select count(*)::int from pg_index where not indisvalid)')).toBe(0)
    await expectSound(project)
  })

  it('DROP INDEX CONCURRENTLY: the index that is INVALID now is dropped', async () => {
    const project = await stoppedProject('drop index concurrently kept')
    await cutShort(project)
    expect((await project.sqlmig.up()).findings[0]?.message).toContain('the INVALID index public.kept')
    expect((await project.sqlmig.up({ resume: 'probe' })).error).toBeUndefined()
    expect(await isValid(project, 'kept')).toBeUndefined()
    await expectSound(project)
  })

  it('DETACH PARTITION CONCURRENTLY: the detach that is pending is finalized', async () => {
    const project = await stoppedProject('alter table parted detach partition part concurrently')
    await cutShort(project)
    expect(await shown(project, '(select inhdetachpending from pg_inherits)')).toBe(true)
    const [finding] = (await project.sqlmig.up()).findings
    expect(finding?.message).toContain('the pending detach of public.part from public.parted')
    expect(finding?.facts).toMatchObject({
      repair: 'ALTER TABLE "public"."parted" DETACH PARTITION "public"."part" FINALIZE;',
    })
    expect((await project.sqlmig.up({ resume: 'probe' })).error).toBeUndefined()
    expect(await shown(project, 'not exists (select from pg_inherits)')).toBe(true)
    await expectSound(project)
  })
})
