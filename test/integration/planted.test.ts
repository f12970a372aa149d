import { describe, expect, it } from 'vitest'
import { LAYOUTS, layoutComment } from '../../src/adapters/postgres/history-layout.ts'
import { withConnection } from '../support/connect.ts'
import { createRole, type TestRole } from '../support/database.ts'
import { createProject, errorCodes, historyOf, type Project, snapshot, tablePair } from '../support/sqlmig.ts'

/** A role that may do no more than make things of its own, in a database of somebody else. */
async function withStranger(): Promise<{
  project: Project
  evil: TestRole
  as: (sql: string) => Promise<void>
}> {
  const project = await createProject({ ...tablePair('001_a'), ...tablePair('002_b') })
  const evil = await createRole()
  await project.db.sql.unsafe(
    `grant create on database "${project.db.name}" to "${evil.name}"; grant create, usage on schema public to public`,
  )
  const as = (sql: string) =>
    withConnection(evil.urlFor(project.db), async (connection) => {
      await connection.unsafe(sql)
    })
  return { project, evil, as }
}

const layout = LAYOUTS[0]?.sql({ schema: 'sqlmig', table: 'history' }) ?? ''
const perfect = `create schema sqlmig; ${layout}; comment on table sqlmig.history is '${layoutComment(1)}';
  grant all on schema sqlmig to public; grant select, insert on sqlmig.history to public`

/** Counts its calls where a rollback does not take them back. */
const spy = `create sequence public.hits; grant usage on sequence public.hits to public;
  create function public.spy() returns trigger language plpgsql security definer as
    $$ begin perform nextval('public.hits'); return new; end $$`

async function hits({ db }: Project): Promise<boolean> {
  const [row] = await db.sql`select is_called from public.hits`
  return row?.['is_called'] === true
}

const PLANTED: ReadonlyArray<readonly [what: string, sql: string]> = [
  [
    'with a trigger',
    `${perfect}; ${spy}; create trigger spy before insert on sqlmig.history for each row execute function public.spy()`,
  ],
  [
    'with a trigger that fires always',
    `${perfect}; ${spy}; create trigger a before insert on sqlmig.history for each row execute function public.spy();
    alter table sqlmig.history enable always trigger a`,
  ],
  ['as sqlmig makes it', `${perfect}; ${spy}`],
  [
    'with a default that calls a function',
    `${perfect}; ${spy}; create function public.touch() returns text language sql as $$ select nextval('public.hits')::text $$;
     alter table sqlmig.history add column note text default public.touch()`,
  ],
  [
    'with a CHECK that calls a function',
    `${perfect}; ${spy}; create function public.fits(text) returns boolean language sql as $$ select nextval('public.hits') > 0 $$;
     alter table sqlmig.history add check (public.fits(name))`,
  ],
  [
    'with row security that calls a function',
    `${perfect}; ${spy}; create function public.fits(text) returns boolean language sql as $$ select nextval('public.hits') > 0 $$;
     create policy p on sqlmig.history using (public.fits(name)); alter table sqlmig.history enable row level security, force row level security`,
  ],
  [
    'with a type whose cast calls a function',
    `${perfect}; ${spy}; create type public.word as (t text);
     create function public.word_text(public.word) returns text language sql as $$ select nextval('public.hits')::text $$;
     create cast (public.word as text) with function public.word_text(public.word);
     alter table sqlmig.history alter client type public.word using row(client)::public.word`,
  ],
]

describe('a history that a stranger has planted', () => {
  it.each(PLANTED)('is refused before anything of it runs: %s', async (_what, sql) => {
    const { project, as } = await withStranger()
    await as(sql)
    const before = await snapshot(project.db)
    for (const command of ['up', 'verify', 'status', 'down', 'plan', 'history'] as const) {
      const report = await project.sqlmig[command]()
      expect([command, report.exitCode]).toEqual([command, 4])
      const codes = [...errorCodes(report), report.error?.code]
      expect(codes).toContain('HISTORY_UNTRUSTED')
    }
    expect(await hits(project)).toBe(false)
    expect(await snapshot(project.db)).toEqual(before)
  })

  it('is refused for a role without rights of its own as well', async () => {
    const { project, evil, as } = await withStranger()
    const app = await createRole()
    await as(
      `${perfect}; ${spy}; create trigger spy before insert on sqlmig.history for each row execute function public.spy()`,
    )
    // Up to PostgreSQL 15 a role may make others members of itself; then they have its rights, and no reason to trust it.
    await as(`grant "${evil.name}" to "${app.name}"`).catch(() => {})
    const report = await project.with({ database: app.urlFor(project.db) }).up()
    expect(report).toMatchObject({ exitCode: 4 })
    expect(report.findings.map(({ facts }) => facts?.['problem'])).toEqual([
      'owner',
      'schema-owner',
      'trigger',
      'privilege',
    ])
    expect(await hits(project)).toBe(false)
  })

  it('may be nothing but a schema', async () => {
    const { project, evil, as } = await withStranger()
    await as('create schema sqlmig; grant all on schema sqlmig to public')
    const refused = await project.sqlmig.up()
    expect(refused).toMatchObject({ exitCode: 4, error: { code: 'HISTORY_UNTRUSTED' } })
    expect(refused.error?.message).toContain(`its schema belongs to the role ${evil.name}`)
    expect(refused.error?.hint).toContain('alter schema "sqlmig" owner to')
    expect(await historyOf(project.db)).toEqual([])
    await project.db.sql.unsafe('alter schema sqlmig owner to current_user')
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 0 })
  })

  it('is a function of the name that ours would have', async () => {
    const { project, as } = await withStranger()
    await as(
      `${spy}; create function public.log_append_only() returns trigger language plpgsql as $$ begin perform nextval('public.hits'); return new; end $$`,
    )
    const report = await project.with({ history: 'public.log' }).up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'HISTORY_NOT_MADE' } })
    expect(report.error?.message).toContain('public.log could not be made')
    expect(await hits(project)).toBe(false)
  })
})

describe('a history that belongs to somebody else', () => {
  it('is trusted when that is the owner of the database, or a group that the role was put into', async () => {
    const { project, as } = await withStranger()
    const [owner, app, group] = [await createRole(), await createRole(), await createRole()]
    const sql = (text: string) => project.db.sql.unsafe(text)
    await sql(
      `alter database "${project.db.name}" owner to "${owner.name}"; alter schema public owner to "${owner.name}"`,
    )
    await as('select 1')
    expect(
      await project
        .with({ database: owner.urlFor(project.db) })
        .up({ to: { kind: 'version', version: '001' } }),
    ).toMatchObject({ exitCode: 0 })
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0, findings: [] })
    expect(await project.sqlmig.up()).toMatchObject({ exitCode: 0 })
    expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002'])
    await sql(`alter table sqlmig.history owner to "${group.name}"; alter schema sqlmig owner to "${group.name}";
      alter function sqlmig.history_append_only() owner to "${group.name}"; grant "${group.name}" to "${app.name}"`)
    const byApp = project.with({ database: app.urlFor(project.db) })
    expect(await byApp.verify()).toMatchObject({ exitCode: 0, findings: [] })
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 4 })
  })

  it('can be read with a warning by those who cannot write it', async () => {
    const { project } = await withStranger()
    const [owner, reader] = [await createRole(), await createRole()]
    await project.db.sql.unsafe(
      `grant create on database "${project.db.name}" to "${owner.name}"; grant all on schema public to "${owner.name}"`,
    )
    expect(await project.with({ database: owner.urlFor(project.db) }).up()).toMatchObject({ exitCode: 0 })
    await project.db.sql.unsafe(
      `grant usage on schema sqlmig to "${reader.name}"; grant select on sqlmig.history to "${reader.name}"`,
    )
    const reading = project.with({ database: reader.urlFor(project.db) })
    const before = await snapshot(project.db)
    for (const command of ['status', 'verify', 'history', 'plan'] as const) {
      const report = await reading[command]()
      expect([command, report.exitCode]).toEqual([command, 0])
      expect(report.findings.map(({ code, severity }) => [code, severity])).toEqual([
        ['HISTORY_UNTRUSTED', 'warning'],
        ['HISTORY_UNTRUSTED', 'warning'],
      ])
    }
    await project.db.sql.unsafe(
      'alter table sqlmig.history owner to current_user; alter schema sqlmig owner to current_user; alter function sqlmig.history_append_only() owner to current_user',
    )
    expect(await reading.verify()).toMatchObject({ exitCode: 0 })
    expect(await snapshot(project.db)).toEqual(before)
  })

  it('is not written by a role that may only read it, and the missing right is named', async () => {
    const { project } = await withStranger()
    const reader = await createRole()
    await project.sqlmig.up({ to: { kind: 'steps', count: 1 } })
    await project.db.sql.unsafe(
      `grant usage on schema sqlmig to "${reader.name}"; grant select on sqlmig.history to "${reader.name}"`,
    )
    const reading = project.with({ database: reader.urlFor(project.db) })
    const before = await snapshot(project.db)
    for (const command of ['status', 'verify'] as const)
      expect(await reading[command]()).toMatchObject({ exitCode: 0, findings: [] })
    const report = await reading.up()
    expect(report).toMatchObject({ exitCode: 1, error: { code: 'PERMISSION_DENIED' } })
    expect(report.error?.message).toContain('INSERT on sqlmig.history')
    expect(report.error?.hint).toContain(`grant select, insert on "sqlmig"."history" to "${reader.name}"`)
    expect(await snapshot(project.db)).toEqual(before)
  })

  it('may be read and added to by other roles, and is refused until they have no more rights than that', async () => {
    const { project } = await withStranger()
    const [one, other] = [await createRole(), await createRole()]
    const sql = (text: string) => project.db.sql.unsafe(text)
    await project.sqlmig.up({ to: { kind: 'steps', count: 1 } })
    await sql(`grant usage on schema sqlmig to public; grant select on sqlmig.history to public`)
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0, findings: [] })
    await sql(
      `grant all on sqlmig.history to "${one.name}"; grant update (name) on sqlmig.history to "${other.name}"`,
    )
    const before = await snapshot(project.db)
    const refused = await project.sqlmig.up()
    expect(refused).toMatchObject({ exitCode: 4 })
    const finding = refused.findings.find(({ message }) => message.includes(one.name))
    expect(finding?.message).toContain(`"${one.name}" has more rights on it than to read it and to add to it`)
    for (const right of ['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) expect(finding?.message).toContain(right)
    expect(refused.findings.some(({ message }) => message.includes(other.name))).toBe(true)
    expect(await snapshot(project.db)).toEqual(before)
    await sql(finding?.hint?.replace(/^.*?: /, '') ?? '')
    expect(await project.sqlmig.verify()).toMatchObject({ exitCode: 0, findings: [] })
    await sql(`grant create, usage on schema public to "${one.name}"`)
    const byOne = project.with({ database: one.urlFor(project.db) })
    expect(await byOne.up()).toMatchObject({ exitCode: 0 })
    expect(await historyOf(project.db)).toEqual(['applied 001', 'applied 002'])
  })
})
