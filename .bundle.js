// Bundles the command line into dist/sqlmig.js: one file instead of several hundred is half of its start-up time. The library, dist/index.js,
// stays as it is.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'rolldown'

/** What is copied into the bundle comes with its licence. */
function licences() {
  return {
    name: 'licences',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((output) => output.moduleIds ?? [])
      const folders = new Set(modules.flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id) ?? []))
      const texts = [...folders].sort().map((folder) => {
        const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
        const file = readdirSync(folder).find((entry) => /^(?:un)?licen[cs]e/i.test(entry))
        const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim()
        return `${name} ${version} (${license})\n\n${text}\n`
      })
      this.emitFile({
        type: 'asset',
        fileName: 'sqlmig.licences.txt',
        source: texts.join(`\n${'-'.repeat(80)}\n\n`),
      })
    },
  }
}

await build({
  input: { sqlmig: 'src/cli/main.ts' },
  platform: 'node',
  // Loaded when they are needed, from where they are installed; libpg-query finds its WebAssembly beside itself.
  external: ['libpg-query', /^@electric-sql\//, /^@testcontainers\//, 'testcontainers'],
  plugins: [licences()],
  output: {
    dir: 'dist',
    // Beside the entry: what is read relative to a module, as package.json is, lies in the same place for all of them.
    chunkFileNames: 'sqlmig-[name].js',
    sourcemap: true,
  },
})
