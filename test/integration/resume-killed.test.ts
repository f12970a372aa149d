import { expect, it } from 'vitest'
import { type StartedBinary, startBinary } from '../support/binary.ts'
import { DIRECTIVE, expectSound, isValid } from '../support/no-transaction.ts'
import { startProxy } from '../support/proxy.ts'
import { createProject, historyOf, type Project, pair } from '../support/sqlmig.ts'

const files = pair(
  '001_steps',
  `${DIRECTIVE}create table log (n int);
create unique index concurrently log_n on log (n);
insert into log values (1);
reindex index concurrently log_n;
`,
  'drop table log;\n',
)

/** Kills the program at a message to the server, and says whether there were so many. */
async function killedAt(project: Project, message: number, verdict: 'pass' | 'drop'): Promise<boolean> {
  let started: StartedBinary | undefined
  let count = 0
  const { url } = await startProxy(project.db.url, {
    toServer(bytes) {
      if (String.fromCharCode(bytes[0] ?? 0) !== 'Q' || ++count !== message) return 'pass'
      started?.process.kill('SIGKILL')
      return verdict
    },
  })
  const { folder } = project
  started = startBinary(['up', '--quiet', '--database', url, '--dir', folder], { cwd: folder })
  const { code, signal } = await started.ended
  expect(code === 0 || signal === 'SIGKILL').toBe(true)
  return signal === 'SIGKILL'
}

/** What somebody does who looks at the database when asked whether the statement ran. */
async function answerFor(project: Project): Promise<'retry' | 'skip'> {
  const [row] = await project.db.sql`select to_regclass('log') is not null as there`
  if (row?.['there'] !== true) return 'retry'
  const asksAboutTable = (await historyOf(project.db)).filter((event) => event.startsWith('statement')).at(-1)
  if (asksAboutTable === 'statement 001 1') return 'skip'
  return (await project.db.sql`select from log`).length === 0 ? 'retry' : 'skip'
}

it.each(['drop', 'pass'] as const)(
  'a program that is killed at any message (%s) is gone on with, and nothing runs twice',
  async (verdict) => {
    let asked = 0
    let message = 0
    for (let killed = true; killed; ) {
      const project = await createProject(files)
      killed = await killedAt(project, ++message, verdict)
      let report = await project.sqlmig.up({ resume: 'probe' })
      if (report.error?.code === 'RESUME_UNDECIDED') {
        asked++
        const before = await historyOf(project.db)
        const again = await project.sqlmig.up({ resume: 'probe' })
        expect(again.exitCode).toBe(4)
        expect(await historyOf(project.db)).toEqual(before)
        report = await project.sqlmig.up({ resume: await answerFor(project) })
      }
      expect(report.error, `message ${message}`).toBeUndefined()
      expect(await project.db.sql`select n from log`, `message ${message}`).toHaveLength(1)
      expect(await isValid(project, 'log_n')).toBe(true)
      expect(await project.db.sql`select from pg_index where not indisvalid`).toHaveLength(0)
      await expectSound(project)
      await project.db.drop()
    }
    // At least the three messages of each statement, and it was asked only about the two that leave no trace.
    expect(message).toBeGreaterThan(12)
    expect(asked).toBeGreaterThan(0)
  },
  600_000,
)

it('a thousand statements cost two messages each beside their own', async () => {
  const statements = 1000
  const text = Array.from({ length: statements }, (_, i) => `insert into log values (${i});`).join('\n')
  const project = await createProject({
    ...pair('001_log', 'create table log (n int);\n'),
    ...pair('002_rows', `${DIRECTIVE}${text}\n`, 'select 1;\n'),
  })
  await project.sqlmig.up({ to: { kind: 'version', version: '001' } })
  let messages = 0
  const { url } = await startProxy(project.db.url, {
    toServer(bytes) {
      if (String.fromCharCode(bytes[0] ?? 0) === 'Q') messages++
      return 'pass'
    },
  })
  expect((await project.with({ database: url }).up()).error).toBeUndefined()
  expect(messages).toBeGreaterThan(3 * statements)
  expect(messages).toBeLessThan(3 * statements + 60)
  await expectSound(project)
})
