import { it } from 'vitest'
import { found, verdicts, walk } from '../support/roundtrip.ts'
import { pair } from '../support/sqlmig.ts'
import { writeFileSync, appendFileSync } from 'node:fs'
const CASES: Record<string, any> = (await import('/tmp/explore/cases.ts' as string)).default(pair)
writeFileSync('/tmp/explore/out.txt', '')
it.each(Object.keys(CASES))('%s', async (name) => {
  const c = CASES[name]
  const files = c.files ?? c
  const r = await walk(files, c.input, c.config)
  appendFileSync('/tmp/explore/out.txt', `\n=== ${name}: exit ${r.exitCode} ${r.error ? `${r.error.code} ${r.error.message} | ${r.error.hint ?? ''} | ${r.error.consequence ?? ''}` : ''}\n` +
    verdicts(r).join(', ') + '\n' + (r.roundtrip?.proofs ?? []).filter(p => p.reason || p.nondeterministic).map(p => `  ${p.version} ${p.reason ?? ''} ${p.nondeterministic ?? ''}\n`).join('') +
    (r.roundtrip?.walks ?? []).filter(p => p.reason).map(p => `  ${p.kind} ${p.reason}\n`).join('') +
    r.findings.map((f, i) => `  - ${found(r)[i]}\n      ${f.message}\n      hint: ${f.hint}\n` +
     (f.difference ? `      sql(${f.difference.proven}): ${f.difference.missingSql.join(' ')}\n      inside: ${f.difference.inside.map(o => o.kind + ' ' + o.name).join(', ')}\n` + (f.difference.rows ? `      rows: ${f.difference.rows.join(' | ')}\n` : '') + (f.difference.consequence ? `      cons: ${f.difference.consequence}\n` : '') : '')).join(''))
})
