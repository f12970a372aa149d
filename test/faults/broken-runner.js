// The negative control: a runner as one writes it in an afternoon, with a lock, a history and no idea of what can be lost. The trials
// must find it out. Which mistake it makes is in BROKEN:
//   separate    the file commits, and its history row commits after it
//   hasty       the history row commits, and the file after it
//   repeater    the same as separate, statement by statement, and a file that has no row yet runs from its start
//   optimist    takes a lost answer for success
//   pessimist   takes a lost answer for failure, and waits for an answer as long as it takes
//   talkative   says everything that it knows of an error
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres from 'postgres'

const mistake = process.env['BROKEN']
const url = process.env['SQLMIG_DATABASE']
const dir = process.argv[process.argv.indexOf('--dir') + 1]
const sql = postgres(url, { max: 1, onnotice: () => {}, fetch_types: false })
const steps = []

async function main() {
  await sql`select pg_advisory_lock(1)`
  await sql.unsafe(`create schema if not exists sqlmig;
    create table if not exists sqlmig.history (id bigint generated always as identity, event text, version text, statement_no int default 0)`)
  const rows = await sql`select version from sqlmig.history`
  const applied = new Set(rows.map(({ version }) => version))
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.up.sql'))
    .sort()
  for (const name of files) {
    const version = name.split('_')[0]
    if (applied.has(version)) continue
    const step = { action: 'apply', version, name, status: 'failed' }
    steps.push(step)
    await apply(readFileSync(join(dir, name), 'utf8'), version)
    step.status = 'done'
  }
}

async function apply(text, version) {
  const row = `insert into sqlmig.history (event, version) values ('applied', '${version}');`
  const whole = `begin; ${text} ${row} commit`
  switch (mistake) {
    case 'separate':
      return inOrder([text, row])
    case 'hasty':
      return inOrder([row, text])
    case 'repeater':
      return inOrder([...text.split(/;\n/).filter((part) => part.trim() !== ''), row])
    case 'optimist':
      return sql.unsafe(whole).catch((error) => {
        if (error.code !== 'ECONNRESET' && error.code !== 'CONNECTION_CLOSED') throw error
      })
    default:
      return sql.unsafe(whole)
  }
}

async function inOrder(texts) {
  for (const text of texts) await sql.unsafe(text)
}

function report(exitCode, error) {
  const document = { ok: exitCode === 0, exitCode, steps, migrations: [], findings: [], error }
  process.stdout.write(JSON.stringify(document))
  process.exitCode = exitCode
}

try {
  await main()
  report(0)
} catch (error) {
  if (mistake === 'talkative') process.stderr.write(`${url} ${error.stack}\n`)
  report(1, { code: 'STATEMENT_FAILED', message: error.message })
}
await sql.end({ timeout: 1 }).catch(() => {})
