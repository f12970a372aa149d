import type { CatalogSnapshot } from '../../../core/catalog.ts'
import type { Answer, Session, SnapshotReader } from '../../../ports.ts'
import { CATALOG_KINDS } from './index.ts'
import { POSITIONS, toPositions } from './sequence-positions.ts'
import {
  applyDelta,
  COMMON,
  deltaStatement,
  expectedHashes,
  rarePresent,
  type Selection,
} from './snapshot-delta.ts'
import { SnapshotSessions, type Transaction } from './snapshot-sessions.ts'
import { readContents, readRows, readUnseen } from './table-data.ts'

interface SnapshotReaderOptions {
  /** The schema of the history, unquoted; nothing in it is compared. */
  readonly historySchema: string
}

/** Reads the catalog and the data of a PostgreSQL database, PGlite included. */
export function createSnapshotReader({ historySchema }: SnapshotReaderOptions): SnapshotReader {
  const sessions = new SnapshotSessions(historySchema)

  const delta = (
    session: Session,
    selection: Selection,
    expected: CatalogSnapshot | undefined,
    transaction: Transaction,
  ): Promise<Answer['rows']> =>
    sessions.execute(session, deltaStatement(selection), expectedHashes(selection, expected), transaction)

  return {
    dedicate: (session) => sessions.dedicate(session),

    async catalog(session, expected, transaction): Promise<CatalogSnapshot> {
      const common = await delta(session, COMMON, expected, transaction)
      const families = rarePresent(expected, common)
      if (families.length === 0) return applyDelta(expected, common)
      const rare = await delta(session, { families, presence: 'without presence' }, expected, transaction)
      return applyDelta(expected, [...common, ...rare])
    },

    async part(session, expected, transaction, kinds): Promise<CatalogSnapshot> {
      const families = CATALOG_KINDS.filter((family) => family.kinds.some((kind) => kinds.has(kind)))
      const selection: Selection = { families, presence: 'without presence' }
      return applyDelta(expected, await delta(session, selection, expected, transaction))
    },

    data: (session, volatile, transaction) =>
      readContents(
        {
          plain: (query) => sessions.read(session, query, transaction),
          often: (statement) => sessions.readOften(session, statement, transaction),
        },
        volatile,
      ),

    positions: async (session) => toPositions(await sessions.readOften(session, POSITIONS, 'none')),

    async unseen(session) {
      const { superuser } = await sessions.scope(session)
      return superuser ? [] : readUnseen((query) => sessions.read(session, query, 'none'))
    },

    rows: (session, table, volatile, limit, transaction) =>
      readRows((query) => sessions.read(session, query, transaction), { table, volatile, limit }),
  }
}
