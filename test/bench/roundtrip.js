// How long a round trip takes, side by side with the walk that people build by hand out of psql and pg_dump.
//
//   npm run build && node test/bench/roundtrip.js <folder of migrations> postgres://superuser@host/database [rounds]
//
// psql and pg_dump have to be in PATH. The walk by hand does per migration: up, dump, down, dump, up, dump (the dump before the up is the
// last one of the migration before); it neither looks for the cause nor repairs a state that a down has spoilt.
import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSqlmig } from '../../dist/index.js'

const [folder, url, rounds = '3'] = process.argv.slice(2)
if (folder === undefined || url === undefined) throw new Error('usage: roundtrip.js <folder> <url> [rounds]')

const ups = readdirSync(folder)
  .filter((name) => name.endsWith('.up.sql'))
  .sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))

function timed(work) {
  const start = performance.now()
  const done = work()
  return done instanceof Promise ? done.then(() => performance.now() - start) : performance.now() - start
}

function run(program, args) {
  try {
    return execFileSync(program, args, {
      encoding: 'utf8',
      maxBuffer: 1e9,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  } catch (error) {
    return String(error.stderr)
  }
}

function walkByHand() {
  const name = `sqlmig_bench_${randomBytes(4).toString('hex')}`
  const at = new URL(url)
  at.pathname = `/${name}`
  run('psql', [url, '-Xqc', `create database ${name} template template0`])
  const dump = () => run('pg_dump', [at.href]).replace(/^\\(?:un)?restrict .*$/gm, '')
  const send = (file) => {
    const wrapped = readFileSync(join(folder, file), 'utf8').includes('no-transaction') ? [] : ['-1']
    run('psql', [at.href, '-Xq', '-v', 'ON_ERROR_STOP=1', ...wrapped, '-f', join(folder, file)])
  }
  let before = dump()
  let different = 0
  for (const up of ups) {
    send(up)
    const after = dump()
    send(up.replace(/\.up\.sql$/, '.down.sql'))
    if (dump() !== before) different++
    send(up)
    before = dump()
    if (before !== after) different++
  }
  run('psql', [url, '-Xqc', `drop database ${name}`])
  return different
}

const ours = []
const byHand = []
for (let round = 0; round < Number(rounds); round++) {
  ours.push(
    await timed(() =>
      createSqlmig({ database: url, dir: folder, scratch: 'server', environment: process.env }).roundtrip(),
    ),
  )
  byHand.push(timed(walkByHand))
}
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]
const show = (values) => `${Math.round(median(values))} ms (${values.map(Math.round).join(', ')})`
console.log(`${ups.length} migrations
sqlmig roundtrip   ${show(ours)}
psql and pg_dump   ${show(byHand)}
ratio              ${(median(byHand) / median(ours)).toFixed(1)}`)
