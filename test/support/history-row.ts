import { createHash, randomUUID } from 'node:crypto'
import { checksumOf } from '../../src/core/checksum.ts'
import { genesisHash, type HistoryEntry, hashEntry } from '../../src/core/history.ts'
import type { NewHistoryRow } from '../../src/ports.ts'

export const genesis = genesisHash('0123456789abcdef'.repeat(2))

/** A sealed row of a migration that was applied. */
export function appliedRow(prevHash: string, sql: { up: string; down: string | null }): NewHistoryRow {
  const hex = (text: string | null) =>
    text === null ? null : createHash('sha256').update(text).digest('hex')
  const entry: HistoryEntry = {
    event: 'applied',
    version: '001',
    name: 'first',
    attempt: randomUUID(),
    statementNo: 0,
    statements: 0,
    transactional: true,
    upChecksum: checksumOf(sql.up),
    downChecksum: sql.down === null ? null : checksumOf(sql.down),
    upSqlHash: hex(sql.up),
    downSqlHash: hex(sql.down),
    actor: "o'actor",
    client: 'host\\name sqlmig/0',
    toolVersion: '0.0.0',
    reason: null,
  }
  return {
    ...entry,
    upSql: sql.up,
    downSql: sql.down,
    prevHash,
    hash: hashEntry(entry, prevHash),
    startedAt: undefined,
  }
}
