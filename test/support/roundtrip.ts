import { inject } from 'vitest'
import {
  createSqlmig,
  type Finding,
  type Report,
  type RoundtripInput,
  type SqlmigConfig,
} from '../../src/index.ts'
import { type FileContents, migrationsFolder } from './folder.ts'

/** Walks these files in temporary databases of the test server. */
export async function walk(
  files: FileContents,
  input: RoundtripInput = {},
  config: Partial<SqlmigConfig> = {},
): Promise<Report> {
  return walkFolder(await migrationsFolder(files), input, config)
}

export function walkFolder(
  dir: string,
  input: RoundtripInput = {},
  config: Partial<SqlmigConfig> = {},
): Promise<Report> {
  return createSqlmig({ database: inject('serverUrl'), scratch: 'server', dir, ...config }).roundtrip(input)
}

/** `CODE file:line kind name` for each finding, and what stopped the run. */
export function found({ findings, error }: Pick<Report, 'findings' | 'error'>): string[] {
  const told = findings.map(({ code, location: { file = '', line } = { file: '' }, object }) => {
    const place = line === undefined ? file : `${file}:${line}`
    const what = object === undefined ? '' : `${object.kind} ${object.name}`
    return [code, place, what].filter((part) => part !== '').join(' ')
  })
  return error === undefined ? told : [...told, `stopped by ${error.code}: ${error.message}`]
}

/** `001 passed` for each proof, `ladder passed` for each walk. */
export function verdicts({ roundtrip }: Report): string[] {
  const { proofs = [], walks = [] } = roundtrip ?? {}
  return [
    ...proofs.map(({ version, verdict }) => `${version} ${verdict}`),
    ...walks.map(({ kind, verdict }) => `${kind} ${verdict}`),
  ]
}

/** The only finding; fails when there is another. */
export function onlyFinding(report: Pick<Report, 'findings'>): Finding {
  const [finding, ...others] = report.findings
  if (finding === undefined || others.length > 0)
    throw new Error(`one finding was expected: ${JSON.stringify(report.findings, null, 1)}`)
  return finding
}

export function missingSql({ findings }: Pick<Report, 'findings'>): string[] {
  return findings.flatMap(({ difference }) => difference?.missingSql ?? [])
}
