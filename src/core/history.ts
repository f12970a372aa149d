import { createHash } from 'node:crypto'
import type { Checksum } from './checksum.ts'
import { type Version, versionKey } from './version.ts'

/**
 * What can happen to a migration. A transactional one knows only `applied` and `reverted`; one without a transaction is journalled:
 * `started`, then `statement` before and `done` after each statement, or `failed`, and in the end `applied` or `reverted`.
 */
export type HistoryEvent = 'applied' | 'reverted' | 'started' | 'statement' | 'done' | 'failed'

export const HISTORY_EVENTS: readonly HistoryEvent[] = [
  'applied',
  'reverted',
  'started',
  'statement',
  'done',
  'failed',
]

/** The facts of a row that sqlmig itself states, all of them covered by the row's hash. */
export interface HistoryEntry {
  readonly event: HistoryEvent
  readonly version: Version
  readonly name: string
  /** One try at one migration; every row it writes carries the same identifier (a UUID). */
  readonly attempt: string
  /** 1-based for `statement`, `done` and `failed`, else 0. */
  readonly statementNo: number
  readonly statements: number
  readonly transactional: boolean
  readonly upChecksum: Checksum | null
  readonly downChecksum: Checksum | null
  /** SHA-256 (hex) of the stored SQL; the text itself is fetched only when somebody asks for it. */
  readonly upSqlHash: string | null
  readonly downSqlHash: string | null
  readonly actor: string
  readonly client: string | null
  readonly toolVersion: string
  readonly reason: string | null
}

/** A row as it stands in the database. */
export interface HistoryRow extends HistoryEntry {
  readonly id: string
  readonly prevHash: string
  readonly hash: string
  /** Clocks of the server: true, but not part of the hash. ISO 8601 in UTC with microseconds. */
  readonly startedAt: string
  readonly finishedAt: string
  readonly durationMs: number
}

/** The link that the first row hangs on: the layout's number and a nonce, so that no two databases share a chain. */
export function genesisHash(nonce: string): string {
  return `genesis:1:${nonce}`
}

const GENESIS = /^genesis:1:[0-9a-f]{32}$/

/** The fields in the order in which the canonical encoding lists them; the format is specified in CONTRIBUTING.md. */
const HASHED_FIELDS = [
  'event',
  'version',
  'name',
  'attempt',
  'statementNo',
  'statements',
  'transactional',
  'upChecksum',
  'downChecksum',
  'upSqlHash',
  'downSqlHash',
  'actor',
  'client',
  'toolVersion',
  'reason',
] as const satisfies ReadonlyArray<keyof HistoryEntry>

/** `v1:` + SHA-256 over every field with its length in bytes, so that no two rows have the same encoding. */
export function hashEntry(entry: HistoryEntry, prevHash: string): string {
  const hash = createHash('sha256')
  const add = (value: string | null) => {
    hash.update(value === null ? '-\n' : `${Buffer.byteLength(value, 'utf8')}:${value}\n`, 'utf8')
  }
  add('sqlmig-history-1')
  add(prevHash)
  for (const field of HASHED_FIELDS) {
    const value = entry[field]
    add(value === null ? null : String(value))
  }
  return `v1:${hash.digest('hex')}`
}

/** Where and how a chain is broken; `row` is the first row that does not fit. */
export interface ChainBreak {
  readonly row: HistoryRow
  readonly problem: 'hash' | 'link' | 'sql'
}

/**
 * Recomputes the chain over the rows in the order of their ids. It proves that no row was changed, removed from the middle, swapped or
 * added by hand; it cannot see a missing tail or a chain rewritten as a whole: only a head hash kept elsewhere does.
 */
export function findChainBreak(rows: readonly HistoryRow[]): ChainBreak | undefined {
  let expected: string | undefined
  for (const row of rows) {
    if (expected === undefined ? !GENESIS.test(row.prevHash) : row.prevHash !== expected)
      return { row, problem: 'link' }
    if (hashEntry(row, row.prevHash) !== row.hash) return { row, problem: 'hash' }
    if (!sqlFits(row.upChecksum, row.upSqlHash) || !sqlFits(row.downChecksum, row.downSqlHash))
      return { row, problem: 'sql' }
    expected = row.hash
  }
  return undefined
}

/** A v1 checksum is the hash of the very text that is stored, so the two must agree. */
function sqlFits(checksum: Checksum | null, sqlHash: string | null): boolean {
  return sqlHash === null || checksum === null || !checksum.startsWith('v1:') || checksum === `v1:${sqlHash}`
}

/** What the history says of one version that is applied now. */
export interface AppliedRecord {
  readonly row: HistoryRow
  /** Position in the order of application, from 0: reverting goes backwards through it. */
  readonly order: number
}

/** A non-transactional migration that began and did not end. */
export interface IncompleteRecord {
  readonly started: HistoryRow
  readonly action: 'apply' | 'revert'
  /** How many statements are known to have run. */
  readonly done: number
  /** The statement that was sent and never reported back, if any. */
  readonly inDoubt: number | undefined
  /** The statement that failed, if the server said so. */
  readonly failed: { readonly statementNo: number; readonly reason: string | null } | undefined
  /** By number, the checksums of the statements that were sent or counted as done, as they were then. */
  readonly checksums: ReadonlyMap<number, Checksum>
}

/** How the reason of a `started` row begins whose attempt goes on where the one before it stopped. */
export const RESUMED = 'resumed'

/** The state that a history folds into; keys are version keys. */
export interface HistoryState {
  readonly applied: ReadonlyMap<string, AppliedRecord>
  readonly incomplete: ReadonlyMap<string, IncompleteRecord>
  /** The hash of the newest row. */
  readonly head: string | undefined
  readonly rows: readonly HistoryRow[]
}

export function foldHistory(rows: readonly HistoryRow[]): HistoryState {
  const applied = new Map<string, HistoryRow>()
  const incomplete = new Map<string, Progress>()
  for (const row of rows) {
    const key = versionKey(row.version)
    switch (row.event) {
      case 'applied':
        incomplete.delete(key)
        applied.delete(key)
        applied.set(key, row)
        break
      case 'reverted':
        incomplete.delete(key)
        applied.delete(key)
        break
      case 'started': {
        const action = applied.has(key) ? 'revert' : 'apply'
        const before = row.reason?.startsWith(RESUMED) === true ? incomplete.get(key) : undefined
        incomplete.set(key, { ...(before ?? nothingDone()), started: row, action })
        break
      }
      default:
        advance(incomplete, key, row)
    }
  }
  const ordered = [...applied].map(([key, row], order) => [key, { row, order }] as const)
  return { applied: new Map(ordered), incomplete, head: rows.at(-1)?.hash, rows }
}

function nothingDone(): Omit<Progress, 'started' | 'action'> {
  return { done: 0, inDoubt: undefined, failed: undefined, checksums: new Map() }
}

/** While the rows are folded the map grows in place: a file may have ten thousand statements. */
interface Progress extends IncompleteRecord {
  readonly checksums: Map<number, Checksum>
}

function advance(incomplete: Map<string, Progress>, key: string, row: HistoryRow): void {
  const record = incomplete.get(key)
  if (record === undefined) return
  const { statementNo, reason } = row
  const checksum = row.event === 'failed' ? undefined : /^v\d+:[0-9a-f]+/.exec(reason ?? '')?.[0]
  if (checksum !== undefined) record.checksums.set(statementNo, checksum)
  if (row.event === 'statement') incomplete.set(key, { ...record, inDoubt: statementNo, failed: undefined })
  if (row.event === 'done')
    incomplete.set(key, { ...record, inDoubt: undefined, failed: undefined, done: statementNo })
  if (row.event === 'failed')
    incomplete.set(key, { ...record, inDoubt: undefined, failed: { statementNo, reason } })
}
