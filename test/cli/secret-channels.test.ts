import { chmod, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { platform } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createSqlmig, SqlmigError, type SqlmigEvent } from '../../src/index.ts'
import { startBinary } from '../support/binary.ts'
import { pair, type Workspace, workspace } from '../support/cli.ts'
import { withConnection } from '../support/connect.ts'
import { createRole, createTestDatabase, type TestDatabase } from '../support/database.ts'
import type { FileContents } from '../support/folder.ts'

const SECRET = "zK9'mö@/:?# %qW7"
const ENCODED = encodeURIComponent(SECRET).replaceAll("'", '%27')
const FORMS = [
  SECRET,
  SECRET.replaceAll("'", "''"),
  ENCODED,
  encodeURIComponent(SECRET),
  ENCODED.toLowerCase(),
  Buffer.from(SECRET).toString('base64'),
  Buffer.from(SECRET).toString('base64url'),
  'zK9',
  'qW7',
]

function expectNothingOf(text: string): void {
  for (const form of FORMS) expect(text.toLowerCase()).not.toContain(form.toLowerCase())
}

const REPORTERS = ['json', 'junit', 'github', 'markdown', 'html', 'terminal']

/** Everything that a command line writes, wherever it does. */
async function allOutput(
  ws: Workspace,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ code: number; text: string }> {
  const files = REPORTERS.flatMap((name) => ['--reporter', `${name}=out.${name}`])
  const summary = { GITHUB_STEP_SUMMARY: join(ws.cwd, 'summary.md'), GITHUB_ACTIONS: 'true' }
  const person = await ws.run([...command, '--verbose'], { env, columns: 100 })
  const plain = await ws.run([...command, '--verbose'], { env: { ...env, ...summary } })
  const machine = await ws.run([...command, '--json'], { env })
  const reporters = await ws.run([...command, ...files], { env: { ...env, ...summary } })
  const runs = [person, plain, machine, reporters]
  const written = await Promise.all(
    [...REPORTERS.map((name) => `out.${name}`), 'summary.md'].map((file) =>
      readFile(join(ws.cwd, file), 'utf8').catch(() => ''),
    ),
  )
  return {
    code: machine.code,
    text: [...runs.flatMap(({ stdout, stderr }) => [stdout, stderr]), ...written].join('\n'),
  }
}

async function databaseWithSecret(): Promise<{ db: TestDatabase; role: string; at: URL }> {
  const db = await createTestDatabase()
  const role = await createRole()
  await db.sql.unsafe(`alter role "${role.name}" password '${SECRET.replaceAll("'", "''")}'`)
  await db.sql.unsafe(
    `grant create on database "${db.name}" to "${role.name}"; grant all on schema public to public`,
  )
  return { db, role: role.name, at: new URL(role.urlFor(db)) }
}

/** The five places where a password can come from, each with the environment and the arguments that use it. */
async function waysIn(ws: Workspace, role: string, at: URL) {
  const database = at.pathname.slice(1)
  const place = { PGHOST: at.hostname, PGPORT: at.port, PGUSER: role, PGDATABASE: database }
  const field = SECRET.replace(/[\\:]/g, '\\$&')
  await writeFile(join(ws.cwd, 'pass'), `${at.hostname}:${at.port}:*:${role}:${field}\n`)
  await chmod(join(ws.cwd, 'pass'), 0o600)
  const service = [`host=${at.hostname}`, `port=${at.port}`, `dbname=${database}`, `user=${role}`]
  await writeFile(join(ws.cwd, 'service.conf'), ['[app]', ...service, `password=${SECRET}`, ''].join('\n'))
  const conninfo = `${service.join(' ')} password='${SECRET.replace(/['\\]/g, '\\$&')}'`
  return {
    uri: { env: { DATABASE_URL: `postgres://${role}:${ENCODED}@${at.host}/${database}` } },
    'key=value': { env: { DATABASE_URL: conninfo } },
    PGPASSWORD: { env: { ...place, PGPASSWORD: SECRET } },
    '.pgpass': { env: { ...place, PGPASSFILE: join(ws.cwd, 'pass') } },
    'a service': { env: { PGSERVICE: 'app', PGSERVICEFILE: join(ws.cwd, 'service.conf') } },
  }
}

const LITERAL = `'${SECRET.replaceAll("'", "''")}'`
/** What a file can do with a password so that the server, or sqlmig, repeats it. */
const TELLTALE: ReadonlyArray<readonly [what: string, sql: string]> = [
  ['a syntax error behind it', `alter role nobody password ${LITERAL} nonsense;`],
  ['it as a syntax error', `alter role nobody with ${LITERAL};`],
  ['a literal that does not end', `alter role nobody password '${SECRET.replaceAll("'", "''")}`],
  ['double quotes', `alter role nobody password "${SECRET}";`],
  ['dollar quotes', `alter role nobody password $x$${SECRET}$x$;`],
  ['an escape string', `alter role nobody password e'${SECRET.replaceAll("'", "\\'")}';`],
  ['the word on another line', `alter role nobody\n  password\n  ${LITERAL};`],
  ['a comment in between', `alter role nobody password /* new */ ${LITERAL};`],
  [
    'dynamic SQL',
    `do $$ begin execute 'alter role nobody password ''${SECRET.replaceAll("'", "''''")}'''; end $$;`,
  ],
  [
    'an exception that tells it',
    `do $$ begin raise exception 'it is %', ${LITERAL} using detail = ${LITERAL}, hint = ${LITERAL}; end $$;`,
  ],
  ['a notice that tells it', `do $$ begin raise warning 'it is %', ${LITERAL}; end $$; select 1/0;`],
  ['a value that does not fit', `create table t (n int); insert into t values (${LITERAL});`],
  [
    'a key that is there',
    `create table t (n text primary key); insert into t values (${LITERAL}), (${LITERAL});`,
  ],
  ['its base64', `select '${Buffer.from(SECRET).toString('base64')}'::int;`],
  ['a connection string', `select 'postgres://u:${ENCODED}@h/d'::int;`],
]

function folder(sql: string, directive = ''): FileContents {
  return pair('001', 'telltale', `${directive}${sql}\n`, 'select 1;\n')
}

describe('the password of the connection', () => {
  it.each(TELLTALE)('is nowhere in what is told of %s', async (_what, sql) => {
    const { at, role } = await databaseWithSecret()
    const ws = await workspace(folder(sql))
    const ways = await waysIn(ws, role, at)
    for (const { env } of [ways.uri, ways['.pgpass']]) {
      const { code, text } = await allOutput(ws, ['up'], env)
      expect([1, 4]).toContain(code)
      expect(text).toContain('001_telltale')
      expectNothingOf(text)
    }
  })

  it('is nowhere whichever way it came in', async () => {
    const { at, role } = await databaseWithSecret()
    const ws = await workspace(folder(`select ${LITERAL}::int, '${ENCODED}'::int;`))
    for (const [way, { env }] of Object.entries(await waysIn(ws, role, at))) {
      for (const command of ['up', 'status', 'plan', 'verify']) {
        const { code, text } = await allOutput(ws, [command], env)
        expect([way, command, code]).toEqual([way, command, command === 'up' ? 1 : 0])
        expectNothingOf(text)
      }
    }
  })

  it('is nowhere in the history, nor in what is told of a migration that stopped midway', async () => {
    const { db, at, role } = await databaseWithSecret()
    const ws = await workspace(folder(`select 1;\nselect ${LITERAL}::int;`, '-- sqlmig: no-transaction\n'))
    const { env } = (await waysIn(ws, role, at))['a service']
    expect((await ws.run('up', { env })).code).toBe(1)
    const rows = await db.sql`select event, client, actor, reason from sqlmig.history`
    expect(rows.map(({ event }) => event)).toContain('failed')
    expectNothingOf(JSON.stringify(rows))
    for (const command of ['up', 'status', 'history', 'verify'])
      expectNothingOf((await allOutput(ws, [command], env)).text)
  })

  it('is nowhere in events, reports and errors of the API', async () => {
    const { at, role } = await databaseWithSecret()
    const database = `postgres://${role}:${ENCODED}@${at.host}${at.pathname}`
    for (const [, sql] of TELLTALE) {
      const ws = await workspace(folder(sql))
      const told: SqlmigEvent[] = []
      const sqlmig = createSqlmig({
        database,
        dir: join(ws.cwd, 'sql'),
        onEvent: (event) => told.push(event),
      })
      const report = await sqlmig.up()
      expect(report.ok).toBe(false)
      expect(told.length).toBeGreaterThan(1)
      for (const what of [report, told, sqlmig]) {
        expectNothingOf(JSON.stringify(what))
        expectNothingOf(inspect(what, { depth: 10, showHidden: true }))
      }
    }
  })

  it.each([
    { database: `jdbc:postgres://u:${ENCODED}@h/d` },
    { database: 'pglite:memory', history: `postgres://u:${ENCODED}@h/d` },
    { database: 'pglite:memory', lockWait: `password=${ENCODED}` },
    { database: 'pglite:memory', statementTimeout: `postgres://u:${SECRET}@h/d` },
  ])('is nowhere in what createSqlmig throws for %j', (config) => {
    let thrown: unknown
    try {
      createSqlmig(config)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(SqlmigError)
    const error = thrown as SqlmigError
    for (const text of [
      error.message,
      String(error.stack),
      JSON.stringify(error),
      inspect(error, { depth: 10 }),
    ])
      expectNothingOf(text)
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'CONFIG_INVALID', exitCode: 2 })
  })

  it('is nowhere in an error that a program makes of one with a cause', () => {
    const cause = Object.assign(new TypeError('Invalid URL'), { input: `postgres://u:${ENCODED}@h/d` })
    const error = new SqlmigError(
      'INTERNAL',
      { reason: `password = '${SECRET.replaceAll("'", "''")}'` },
      { cause },
    )
    for (const text of [inspect(error, { depth: 10 }), JSON.stringify(error), String(error)])
      expectNothingOf(text)
    expect(inspect(error)).toContain('INTERNAL')
  })
})

describe('a password that a file sets', () => {
  it('is covered in the code frame, whose columns stay', async () => {
    const db = await createTestDatabase()
    const ws = await workspace(folder(`alter role nobody password 'hunter2hunter2' nonsense;`))
    const { report } = await ws.run(['up', '--json', '-d', db.url])
    const { excerpt, location } = report.error ?? {}
    expect(excerpt?.lines[0]?.text).toBe("alter role nobody password '**************' nonsense;")
    expect(excerpt?.lines[0]?.text.slice((location?.column ?? 0) - 1)).toBe('nonsense;')
  })
})

describe('a password that the history would keep', () => {
  it('is told of with its place by who runs the file, and a verifier is not', async () => {
    const db = await createTestDatabase()
    const role = await createRole()
    const verifier =
      'SCRAM-SHA-256$4096:c2FsdHNhbHRzYWx0c2FsdA==$S3Y6P3bM0xVZfYpyVhDPyVvUqJeqLSfHBF6PmV+7WEI=:LvzFqYQDVJp0Y2pT9hmL1h8bnK4mKpWqXoYw2xUQz3E='
    const ws = await workspace(
      folder(
        `alter role "${role.name}" password '${verifier}';\nalter role "${role.name}" password 'hunter2hunter2';`,
      ),
    )
    for (const command of ['plan', 'up']) {
      const { report, stdout } = await ws.run([command, '--json', '-d', db.url])
      expect(report).toMatchObject({
        exitCode: 0,
        findings: [{ code: 'PASSWORD_IN_FILE', severity: 'warning', version: '001', location: { line: 2 } }],
      })
      expect(stdout).not.toContain('hunter2')
    }
    expect((await ws.run(['status', '--json', '-d', db.url])).report.findings).toEqual([])
  })
})

describe.runIf(platform() === 'linux')('the list of processes', () => {
  it('does not show the arguments of a command that runs', async () => {
    const silent = createServer()
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void silent.close())
    const connected = new Promise((resolve) => silent.once('connection', resolve))
    const { port } = silent.address() as { port: number }
    const ws = await workspace(folder('select 1;'))
    const url = `postgres://u:${ENCODED}@127.0.0.1:${port}/d`
    const started = startBinary(['up', '-d', url, '--verbose'], { cwd: ws.cwd })
    await connected
    const shown = await readFile(`/proc/${started.process.pid}/cmdline`, 'utf8')
    expect(shown).toMatch(/^sqlmig/)
    expectNothingOf(shown)
    started.process.kill('SIGKILL')
    const { stdout, stderr } = await started.ended
    expectNothingOf(stdout + stderr)
  })
})

describe('what others were given', () => {
  it('holds no password of the session: pg_stat_activity shows none', async () => {
    const { db, role, at } = await databaseWithSecret()
    const ws = await workspace(folder('select pg_sleep(30);'))
    const { env } = (await waysIn(ws, role, at)).uri
    const running = ws.run('up', { env })
    const seen = await withConnection(db.url, async (sql) => {
      for (;;) {
        const rows = await sql`select row_to_json(a)::text as line from pg_stat_activity a
          where datname = current_database() and query ~ 'pg_sleep' and application_name ~ '^sqlmig'`
        if (rows.length > 0) return rows.map(({ line }) => String(line)).join('\n')
      }
    })
    ws.interrupt()
    expect((await running).code).toBe(130)
    expectNothingOf(seen)
  })
})
