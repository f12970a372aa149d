import { genesisHash, type HistoryEntry, type HistoryRow, hashEntry } from '../../src/core/history.ts'
import type { Migration } from '../../src/core/migration.ts'

export const GENESIS = genesisHash('0123456789abcdef'.repeat(2))

export type Facts = Partial<HistoryEntry> & Pick<HistoryEntry, 'event' | 'version'>

export function entry(facts: Facts): HistoryEntry {
  return {
    name: 'm',
    attempt: '00000000-0000-4000-8000-000000000000',
    statementNo: 0,
    statements: 0,
    transactional: true,
    upChecksum: null,
    downChecksum: null,
    upSqlHash: null,
    downSqlHash: null,
    actor: 'owner',
    client: null,
    toolVersion: '1.0.0',
    reason: null,
    ...facts,
  }
}

/** A sound history of these events, in order. */
export function chain(...facts: Facts[]): HistoryRow[] {
  const rows: HistoryRow[] = []
  for (const one of facts) {
    const prevHash = rows.at(-1)?.hash ?? GENESIS
    const sealed = entry(one)
    const at = '2025-01-01T00:00:00.000000Z'
    const hash = hashEntry(sealed, prevHash)
    rows.push({
      ...sealed,
      id: String(rows.length + 1),
      prevHash,
      hash,
      startedAt: at,
      finishedAt: at,
      durationMs: 0,
    })
  }
  return rows
}

/** That this pair was applied as it is. */
export function applied({ version, name, up, down }: Migration): Facts {
  return { event: 'applied', version, name, upChecksum: up.checksum, downChecksum: down?.checksum ?? null }
}

export function reverted(migration: Migration): Facts {
  return { ...applied(migration), event: 'reverted' }
}
