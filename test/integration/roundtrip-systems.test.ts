import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, inject, it } from 'vitest'
import { withConnection } from '../support/connect.ts'
import { found, walkFolder } from '../support/roundtrip.ts'

const path = (name: string) => fileURLToPath(new URL(`../../${name}`, import.meta.url))
const corpora = path('../shared/corpora')
const NEEDS_VECTOR = ['soma-agent', 'tax-assistant']

describe.each(['bookstore', 'knowledge-mcp', 'soma-agent', 'tax-assistant'])('%s', (system) => {
  it.each(['pglite', 'server'])('passes without a finding on %s', async (scratch) => {
    const [vector] = await withConnection(
      inject('serverUrl'),
      (sql) => sql`select from pg_available_extensions where name = 'vector'`,
    )
    // Where pgvector is not installed, the embedded server has it.
    if (scratch === 'server' && vector === undefined && NEEDS_VECTOR.includes(system)) return
    const report = await walkFolder(path(`sql/${system}`), {}, { scratch })
    expect(found(report)).toEqual([])
    expect(report).toMatchObject({ ok: true, exitCode: 0 })
    expect(report.roundtrip?.proofs.filter(({ verdict }) => verdict !== 'passed')).toEqual([])
  })
})

// What a comparison of pg_dump's output per step finds; both are run in transactions, file by file.
describe.each([
  ['docs-rs', { errors: ['0001', '0002', '0010', '0012', '0031', '0033'], order: ['0003', '0032'] }],
  ['frontier', { errors: ['0001', '0010', '0012', '0023', '0024', '0031'], order: [] }],
])('%s', (name, { errors, order }) => {
  it.skipIf(!existsSync(join(corpora, name)))('every down that leaves something is named', async () => {
    const { findings, roundtrip } = await walkFolder(join(corpora, name))
    const versions = (severity: string) => [
      ...new Set(findings.flatMap((one) => (one.severity === severity ? (one.version ?? []) : []))),
    ]
    expect(versions('error').sort()).toEqual(errors)
    expect(roundtrip?.proofs.flatMap((one) => (one.verdict === 'warned' ? one.version : []))).toEqual(order)
    expect(roundtrip?.walks.map(({ kind, verdict }) => `${kind} ${verdict}`)).toContain('batch passed')
  })
})
