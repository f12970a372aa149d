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
    ],
    teardownTimeout: 60_000,
    // most of the time a test waits for a server
    maxWorkers: Math.max(2, availableParallelism()),
  },
})
