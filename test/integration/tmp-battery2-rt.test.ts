import { mkdir, mkdtemp, rm, writeFile, appendFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, inject, it } from 'vitest'
import { createSqlmig } from '../../src/index.ts'
let root: string
beforeAll(async () => { root = await mkdtemp(join(tmpdir(), 'sqlmig-bt2-')) })
afterAll(() => rm(root, { recursive: true, force: true }))
const OUT = process.env.OUT ?? '/tmp/bt2_rt.txt'
for (const m of (process.env.MODS ?? '').split(',')) {
  const all = Object.values(await import(`../fixtures/roundtrip-battery/${m}.ts`)).flat() as any[]
  describe.concurrent(m, () => {
    for (const [i, one] of all.entries())
      it(one.name, async () => {
        const dir = join(root, `${m}-${i}`)
        await mkdir(dir)
        const { setup = '', setupDown = '', up, down, noTransaction } = one
        const head = noTransaction === true ? '-- sqlmig: no-transaction\n' : ''
        const files = { '001_setup.up.sql': setup, '001_setup.down.sql': setupDown, '002_case.up.sql': `${head}${up}`, '002_case.down.sql': `${head}${down}` }
        for (const [file, text] of Object.entries(files)) if (setup !== '' || !file.startsWith('001')) await writeFile(join(dir, file), text)
        const r = process.env.SCRATCH === 'pglite'
          ? await createSqlmig({ dir, scratch: 'pglite' } as any).roundtrip({ mode: 'each' })
          : await createSqlmig({ database: inject('serverUrl'), dir, scratch: 'server' } as any).roundtrip({ mode: 'each' })
        const txt = (r.findings as any[]).map((f) => `   ${f.version} ${f.code} [${f.object?.kind}] ${f.object?.name}: ${f.message}${f.difference ? ` SQL{${f.difference.missingSql.join(' ')}} proven=${f.difference.proven}` : ''}`).join('\n') + (r.error ? `\n   ERROR ${r.error.code} ${r.error.message}` : '')
        const e = one.expect
        const good = (f: any) => f.version === '002' && e.codes.includes(f.code) && f.object?.name === e.object && (e.kind === undefined || f.object?.kind === e.kind.replaceAll('-', ' '))
        const verdict = e === undefined ? (r.exitCode === 0 && r.findings.length === 0 ? 'ok' : 'FALSE') : !(r.findings as any[]).some(good) ? 'MISSED' : r.findings.length > 1 ? 'EXTRA' : 'ok'
        await appendFile(OUT, `${verdict} ${m}: ${one.name}${e ? ` (want ${e.codes} [${e.kind}] ${e.object})` : ''} exit ${r.exitCode}\n${txt}\n`)
      })
  })
}
