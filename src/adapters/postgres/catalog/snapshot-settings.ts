import { literal } from '../literal.ts'

/**
 * The settings under which a snapshot is read, so that the same object and the same row always give the same text. Local ones last until the
 * end of the transaction or of the savepoint. The temporary schema stands last: left out, it would be searched first (manual, section 20.11.1),
 * and a temporary table pg_class would be taken for the catalog's.
 */
export function snapshotSettings(historySchema: string, scope: 'local' | 'session' = 'local'): string {
  return [
    'session authorization default',
    'role none',
    'search_path = pg_catalog, pg_temp',
    'standard_conforming_strings = on',
    'quote_all_identifiers = off',
    'row_security = on',
    "timezone = 'UTC'",
    "datestyle = 'ISO, MDY'",
    'intervalstyle = postgres',
    'extra_float_digits = 1',
    'bytea_output = hex',
    "lc_monetary = 'C'",
    'xmlbinary = base64',
    'statement_timeout = 0',
    'lock_timeout = 0',
    "work_mem = '16MB'",
    'jit = off',
    'plan_cache_mode = force_generic_plan',
    // The plan is made while the database is empty, when a nested loop looks cheap, and is kept while it fills: it would become quadratic.
    'enable_nestloop = off',
    'enable_mergejoin = off',
    `sqlmig.history_schema = ${literal(historySchema)}`,
  ]
    .map((setting) => `set ${scope} ${setting}`)
    .join('; ')
}

/** How a read is closed off from the session around it. */
interface Bracket {
  readonly open: string
  readonly close: string
  /** Ends it whatever happened; what was prepared in between stays. */
  readonly abandon: string
}

const SAVEPOINT = 'sqlmig_snapshot'
const LEAVE_SAVEPOINT = `rollback to savepoint ${SAVEPOINT}; release savepoint ${SAVEPOINT}`

/** A savepoint that is rolled back takes its settings with it; releasing it would leave them to the transaction. */
export const BRACKETS: Readonly<Record<'none' | 'open', Bracket>> = {
  none: { open: 'begin read only', close: 'commit', abandon: 'rollback' },
  open: { open: `savepoint ${SAVEPOINT}`, close: LEAVE_SAVEPOINT, abandon: LEAVE_SAVEPOINT },
}
