// The main job on the reference systems in sql/, on embedded PostgreSQL: npm run demo
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const work = mkdtempSync(join(tmpdir(), 'sqlmig-demo-'))
const commands = [['up'], ['status'], ['verify'], ['down', '--all', '--yes'], ['status']]
const proofs = [
  { title: 'a down that forgets a type', dir: 'test/fixtures/tax-assistant-broken', expected: 6 },
  { title: 'downs that forget nothing', dir: 'sql/soma-agent', expected: 0 },
]

/** Runs the command as a user would and shows what it prints; true when it ended with the exit code that is expected. */
function sqlmig(args, expected = 0) {
  console.log(`\n$ sqlmig ${args.join(' ')}`)
  const { status } = spawnSync(process.execPath, [join(root, 'bin', 'sqlmig.js'), ...args], {
    cwd: root,
    stdio: 'inherit',
    // A database named in the reader's environment is none of the demo's business.
    env: { PATH: process.env.PATH, TERM: process.env.TERM, ...colors() },
  })
  if (status !== 0) console.log(`exit code ${status}${status === expected ? ', as it should be' : ''}`)
  return status === expected
}

function headline(text) {
  console.log(`\n── ${text} ${'─'.repeat(60 - text.length)}`)
}

function colors() {
  return process.stdout.isTTY && !process.env.NO_COLOR ? { FORCE_COLOR: '1' } : {}
}

const failed = []
try {
  for (const system of readdirSync(join(root, 'sql')).sort()) {
    headline(system)
    const target = ['--dir', `sql/${system}`, '--database', `pglite:${join(work, system)}`]
    for (const command of commands) if (!sqlmig([...command, ...target])) failed.push(`${system}: ${command}`)
  }
  for (const { title, dir, expected } of proofs) {
    headline(`the proof: ${title}`)
    if (!sqlmig(['roundtrip', '--dir', dir, '--scratch', 'pglite'], expected))
      failed.push(`roundtrip: ${dir}`)
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
console.log(
  failed.length === 0
    ? '\nAll four systems went up and down; the round trip found the fault, and none where there is none.'
    : `\nFailed: ${failed.join('; ')}`,
)
process.exitCode = failed.length === 0 ? 0 : 1
