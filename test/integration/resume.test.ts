import { describe, expect, it } from 'vitest'
import { writeFiles } from '../support/folder.ts'
import {
  DIRECTIVE,
  DUPLICATES,
  expectSound,
  isValid,
  outside,
  reasonsOf,
  UNIQUE_INDEX,
} from '../support/no-transaction.ts'
import { createProject, errorCodes, historyOf, statesOf, stepsOf, tablePair } from '../support/sqlmig.ts'

describe('a unique index that duplicates kept from being built', () => {
  const files = {
    ...DUPLICATES,
    ...outside('002_index', `create table half (id int);\n\n${UNIQUE_INDEX}create table whole (id int);\n`),
    ...tablePair('003_after'),
  }

  it('is named by every command with what is done, what it left behind and how to go on', async () => {
    const project = await createProject(files)
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 1, error: { sqlstate: '23505' } })
    const rows = await historyOf(project.db)
    for (const command of ['up', 'down', 'status', 'verify', 'plan'] as const) {
      const report = await project.sqlmig[command]()
      expect(report.exitCode).toBe(4)
      expect(errorCodes(report)).toEqual(['INCOMPLETE'])
      const [finding] = report.findings
      expect(finding).toMatchObject({
        location: { file: '002_index.up.sql', line: 4, column: 1 },
        excerpt: { line: 4 },
        facts: {
          done: 1,
          failed: 2,
          statement: 'create unique index concurrently base_id on base (id)',
          leftovers: 'public.base_id',
          repair: 'DROP INDEX CONCURRENTLY "public"."base_id";',
        },
      })
      expect(finding?.message).toContain('1 of 3 statements are done; statement 2 failed (23505')
      expect(finding?.message).toContain('(line 4): create unique index concurrently base_id on base (id)')
      expect(finding?.message).toContain('the INVALID index public.base_id is left behind')
      expect(finding?.hint).toContain('sqlmig up --resume drops what is left behind and runs statement 2')
      expect(finding?.hint).toContain('by hand it is: DROP INDEX CONCURRENTLY "public"."base_id";')
    }
    expect(await historyOf(project.db)).toEqual(rows)
  })

  it('is dropped and built again by --resume, once they are gone', async () => {
    const project = await createProject(files)
    await project.sqlmig.up()
    expect(await project.sqlmig.up({ resume: 'probe' })).toMatchObject({
      exitCode: 1,
      error: { sqlstate: '23505', consequence: expect.stringContaining('002 index runs without') },
    })
    await project.db.sql`delete from base`
    const report = await project.sqlmig.up({ resume: 'probe' })
    expect(report.error).toBeUndefined()
    expect(stepsOf(report)).toEqual(['apply 002 done', 'apply 003 done'])
    expect(report.findings).toEqual([])
    expect(await isValid(project, 'base_id')).toBe(true)
    expect(await historyOf(project.db)).toEqual([
      'applied 001',
      'started 002',
      'statement 002 1',
      'done 002 1',
      'statement 002 2',
      'failed 002 2',
      'started 002',
      'statement 002 2',
      'failed 002 2',
      'started 002',
      'statement 002 2',
      'done 002 2',
      'statement 002 3',
      'done 002 3',
      'applied 002',
      'applied 003',
    ])
    expect((await reasonsOf(project))[9]).toBe('resumed at statement 2: it had failed')
    const attempts = await project.db
      .sql`select count(distinct attempt)::int as n from sqlmig.history where version = '002'`
    expect(attempts).toMatchObject([{ n: 3 }])
    await expectSound(project)
  })

  it('is not skipped while it is INVALID', async () => {
    const project = await createProject(files)
    await project.sqlmig.up()
    const before = await historyOf(project.db)
    const skipped = await project.sqlmig.up({ resume: 'skip' })
    expect(skipped).toMatchObject({ exitCode: 4, error: { code: 'RESUME_REFUSED' } })
    expect(skipped.error?.message).toContain('DROP INDEX CONCURRENTLY "public"."base_id";')
    expect(await historyOf(project.db)).toEqual(before)
    await project.db.sql`drop index base_id`
    expect(stepsOf(await project.sqlmig.up({ resume: 'skip' }))).toEqual(['apply 002 done', 'apply 003 done'])
    expect(await isValid(project, 'base_id')).toBeUndefined()
    const done = (await reasonsOf(project)).find((reason) => reason?.endsWith('skipped, as was asked for'))
    expect(done).toBeDefined()
    await expectSound(project)
  })

  it('may be given up by an edit of the statement that failed; what it left is dropped all the same', async () => {
    const project = await createProject(files)
    await project.sqlmig.up()
    const edited = `${DIRECTIVE}create table half (id int);\n\ncreate index concurrently plain on base (id);\n`
    await writeFiles(project.folder, { '002_index.up.sql': edited })
    const [finding] = (await project.sqlmig.status()).findings
    expect(finding?.message).toContain('002_index.up.sql was edited since, but no statement that is done')
    expect(finding?.message).toContain('INVALID index public.base_id')
    const report = await project.sqlmig.up({ resume: 'probe' })
    expect(report.error).toBeUndefined()
    expect([await isValid(project, 'plain'), await isValid(project, 'base_id')]).toEqual([true, undefined])
    expect(await project.db.sql`select to_regclass('whole') as whole`).toMatchObject([{ whole: null }])
    await expectSound(project)
  })

  it('without a name of its own is left to a person', async () => {
    const project = await createProject({
      ...DUPLICATES,
      ...outside('002_index', 'create unique index concurrently on base (id);\n'),
    })
    await project.sqlmig.up()
    const [finding] = (await project.sqlmig.status()).findings
    expect(finding?.facts).toMatchObject({ leftovers: 'public.base_id_idx' })
    const refused = await project.sqlmig.up({ resume: 'probe' })
    expect(refused).toMatchObject({ exitCode: 4, error: { code: 'RESUME_REFUSED' } })
    await project.db.sql`drop index base_id_idx`
    await project.db.sql`delete from base`
    expect(await project.sqlmig.up({ resume: 'probe' })).toMatchObject({ ok: true })
    await expectSound(project)
  })
})

describe('IF NOT EXISTS over an INVALID index', () => {
  it('is no success, and --resume builds the index', async () => {
    const project = await createProject({
      ...DUPLICATES,
      ...outside('002_index', 'create unique index concurrently if not exists base_id on base (id);\n'),
    })
    await project.sqlmig.up({ to: { kind: 'version', version: '001' } })
    await expect(project.db.sql.unsafe(UNIQUE_INDEX)).rejects.toThrow('could not create unique index')
    const report = await project.sqlmig.up()
    expect(report).toMatchObject({
      exitCode: 1,
      error: { code: 'INDEX_INVALID', location: { file: '002_index.up.sql', line: 2 } },
    })
    expect(report.error?.message).toContain('public.base_id is INVALID')
    expect(report.error?.hint).toContain('DROP INDEX CONCURRENTLY "public"."base_id";')
    expect((await historyOf(project.db)).at(-1)).toBe('failed 002 1')
    expect(statesOf(report)).toEqual(['001 applied', '002 incomplete'])
    await project.db.sql`delete from base`
    expect((await project.sqlmig.up({ resume: 'probe' })).error).toBeUndefined()
    expect(await isValid(project, 'base_id')).toBe(true)
    await expectSound(project)
  })
})

describe('--resume', () => {
  it('is an ordinary up where nothing stopped', async () => {
    const project = await createProject({ ...DUPLICATES, ...tablePair('002_more') })
    expect(stepsOf(await project.sqlmig.up({ resume: 'skip' }))).toEqual(['apply 001 done', 'apply 002 done'])
    expect(stepsOf(await project.sqlmig.down({ resume: 'skip' }))).toEqual([])
    expect(statesOf(await project.sqlmig.status())).toEqual(['001 applied', '002 applied'])
  })

  it('shows in a dry run what it would do, and writes nothing', async () => {
    const project = await createProject({
      ...DUPLICATES,
      ...outside('002_index', UNIQUE_INDEX),
      ...tablePair('003_after'),
    })
    await project.sqlmig.up()
    const before = await historyOf(project.db)
    const report = await project.sqlmig.up({ resume: 'probe', dryRun: true })
    expect(report.exitCode).toBe(0)
    expect(stepsOf(report)).toEqual(['apply 002 not-run', 'apply 003 not-run'])
    expect(report.findings).toMatchObject([{ code: 'INCOMPLETE', severity: 'warning' }])
    expect(await historyOf(project.db)).toEqual(before)
    expect(await isValid(project, 'base_id')).toBe(false)
  })

  it('goes no further than --to, and does not leave what stopped behind it', async () => {
    const project = await createProject({
      ...DUPLICATES,
      ...outside('002_index', UNIQUE_INDEX),
      ...tablePair('003_after'),
    })
    await project.sqlmig.up()
    await project.db.sql`delete from base`
    const short = await project.sqlmig.up({ resume: 'probe', to: { kind: 'version', version: '001' } })
    expect(short).toMatchObject({ exitCode: 2, error: { code: 'USAGE' } })
    const exact = await project.sqlmig.up({ resume: 'probe', to: { kind: 'version', version: '002' } })
    expect(stepsOf(exact)).toEqual(['apply 002 done'])
  })

  it('makes the settings of the session again that skipped statements had made', async () => {
    const project = await createProject({
      ...DUPLICATES,
      ...outside(
        '002_settings',
        `create schema s;
set search_path = s;
set timezone = 'Asia/Tokyo';
create table one (id int);
insert into one values (1), (1);
create unique index concurrently one_id on one (id);
create table two as select current_setting('timezone') as zone;
`,
      ),
    })
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 1, error: { sqlstate: '23505' } })
    const [finding] = (await project.sqlmig.status()).findings
    expect(finding?.facts).toMatchObject({ leftovers: 's.one_id' })
    await project.db.sql`delete from s.one`
    expect((await project.sqlmig.up({ resume: 'probe' })).error).toBeUndefined()
    expect(await isValid(project, 's.one_id')).toBe(true)
    expect(await project.db.sql`select zone from s.two`).toMatchObject([{ zone: 'Asia/Tokyo' }])
    await expectSound(project)
  })

  it('does not repeat a DO block that failed, since it may have committed before', async () => {
    const project = await createProject({
      ...DUPLICATES,
      ...outside(
        '002_batches',
        'do $$ begin insert into base values (7); commit; perform 1/(select count(*) - 3 from base); end $$;\n',
      ),
    })
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 1, error: { sqlstate: '22012' } })
    const asked = await project.sqlmig.up({ resume: 'probe' })
    expect(asked).toMatchObject({ exitCode: 4, error: { code: 'RESUME_UNDECIDED', location: { line: 2 } } })
    expect(await project.db.sql`select count(*)::int as n from base where id = 7`).toMatchObject([{ n: 1 }])
    expect(await project.sqlmig.up({ resume: 'retry' })).toMatchObject({ ok: true })
    expect(await project.db.sql`select count(*)::int as n from base where id = 7`).toMatchObject([{ n: 2 }])
    await expectSound(project)
  })

  it('refuses a late migration before the one that stopped', async () => {
    const project = await createProject({ ...DUPLICATES, ...outside('003_index', UNIQUE_INDEX) })
    await project.sqlmig.up()
    await writeFiles(project.folder, tablePair('002_late'))
    await project.db.sql`delete from base`
    expect(errorCodes(await project.sqlmig.up({ resume: 'probe' }))).toEqual(['OUT_OF_ORDER'])
    const report = await project.sqlmig.up({ resume: 'probe', outOfOrder: 'allow' })
    expect(stepsOf(report)).toEqual(['apply 003 done', 'apply 002 done'])
    await expectSound(project)
  })
})
