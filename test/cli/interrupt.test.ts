import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { runBinary, startBinary } from '../support/binary.ts'
import { pair } from '../support/cli.ts'
import { createTestDatabase, type TestDatabase } from '../support/database.ts'
import { migrationsFolder } from '../support/folder.ts'

const SLOW = pair('001', 'slow', 'create table t ();\nselect pg_sleep(60);', 'drop table t;')

async function sleepers({ sql }: TestDatabase): Promise<number> {
  const rows = await sql`select from pg_stat_activity
    where datname = current_database() and state = 'active' and pid <> pg_backend_pid() and query like '%pg_sleep%'`
  return rows.length
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50)
}

describe('the program', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('cancels and rolls back at %s, exit 130', async (signal) => {
    const db = await createTestDatabase()
    const cwd = await migrationsFolder(SLOW)
    const running = startBinary(['up', '-d', db.url], { cwd })
    await until(async () => (await sleepers(db)) > 0)
    running.process.kill(signal)
    const { code, stdout, stderr } = await running.ended
    expect(code).toBe(130)
    expect(stdout).toContain('✗ failed   001 slow')
    expect(stderr).toContain('INTERRUPTED')
    expect(stderr).toContain('Nothing of 001 slow was applied.')
    expect(await sleepers(db)).toBe(0)
    expect(await db.sql`select to_regclass('public.t') as t`).toEqual([{ t: null }])
  })

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'hears %s while it works with an embedded database',
    async (signal) => {
      const step = (n: number) =>
        pair(
          `${n}`.padStart(3, '0'),
          'slow',
          `create table t${n} ();\nselect pg_sleep(0.3);`,
          `drop table t${n};`,
        )
      const files = Object.assign({}, ...Array.from({ length: 30 }, (_, i) => step(i + 1)))
      const cwd = await migrationsFolder(files)
      const running = startBinary(['up', '-d', 'pglite:./data'], { cwd })
      await new Promise<void>((resolve) => {
        running.process.stdout?.once('data', () => resolve())
      })
      running.process.kill(signal)
      const { code, stdout, stderr } = await running.ended
      expect(code).toBe(130)
      expect(stdout).toContain('✓ applied  001 slow')
      expect(stderr).toContain('INTERRUPTED')
      const after = await runBinary(['status', '--json', '-d', 'pglite:./data'], { cwd })
      const { migrations } = JSON.parse(after.stdout) as { migrations: Array<{ state: string }> }
      expect(migrations.at(-1)?.state).toBe('pending')
    },
  )

  it('ends at once at the second signal, though the server does not answer', async () => {
    const db = await createTestDatabase()
    const stubborn = `do $$ begin
      loop begin perform pg_sleep(60); exception when query_canceled then null; end; end loop; end $$;`
    const cwd = await migrationsFolder(pair('001', 'stubborn', stubborn, 'select 1;'))
    const running = startBinary(['up', '-d', db.url], { cwd })
    await until(async () => (await sleepers(db)) > 0)
    running.process.kill('SIGINT')
    await sleep(1000)
    expect(running.process.exitCode).toBeNull()
    running.process.kill('SIGINT')
    const { code, signal } = await running.ended
    expect({ code, signal }).toEqual({ code: 130, signal: null })
    await db.sql`select pg_terminate_backend(pid) from pg_stat_activity
      where datname = current_database() and pid <> pg_backend_pid()`
  })

  it('gives its exit code and its streams to the shell', async () => {
    const db = await createTestDatabase()
    const cwd = await migrationsFolder(pair('001', 'a', 'create table a ();', 'drop table a;'))
    const up = await runBinary(['up', '-d', db.url], { cwd })
    expect(up).toMatchObject({ code: 0, stderr: '' })
    expect(up.stdout).toContain('1 applied')
    const usage = await runBinary(['stauts'], { cwd })
    expect(usage).toMatchObject({ code: 2, stdout: '' })
    expect(usage.stderr).toContain('did you mean status?')
  })

  it('takes a reader that goes away for no error', async () => {
    const cwd = await migrationsFolder()
    for (const stream of ['stdout', 'stderr'] as const) {
      const running = startBinary(['--help'], { cwd })
      running.process[stream]?.destroy()
      expect(await running.ended).toMatchObject({ code: 0, stderr: '' })
    }
  })
})
