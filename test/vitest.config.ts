import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const root = fileURLToPath(new URL('..', import.meta.url))

function project(name: string, globalSetup: string[]) {
  return {
    test: {
      name,
      root,
      include: [`test/${name}/**/*.test.ts`],
      globalSetup,
      // generous, because a loaded CI machine must not decide whether a test passes
      testTimeout: 60_000,
      hookTimeout: 120_000,
    },
  }
}

const withServer = ['test/support/global-setup.ts']

/** The tests of test/faults: all of them, or those that are part of `npm test`, with fewer places for mishaps. */
function faults(name: string, faultDepth: 'quick' | 'sample' | 'every', files: string[]) {
  const { test } = project(name, withServer)
  const include = files.map((file) => `test/faults/${file}.test.ts`)
  return { test: { ...test, include, provide: { faultDepth }, testTimeout: 3_600_000 } }
}

export default defineConfig({
  root,
  test: {
    projects: [
      project('unit', []),
      project('contract', withServer),
      project('integration', withServer),
      project('cli', withServer),
      // Minutes long: not part of `npm test`, see package.json.
      project('battery', withServer),
      faults('faults', process.env['SQLMIG_FAULTS'] === 'every' ? 'every' : 'sample', ['*']),
      faults('faults-quick', 'quick', ['control', 'messages', 'sessions']),
    ],
    teardownTimeout: 60_000,
    // most of the time a test waits for a server
    maxWorkers: Math.max(2, availableParallelism()),
  },
})
