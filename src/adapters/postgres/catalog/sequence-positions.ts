import type { SequencePositions } from '../../../core/sequences.ts'
import type { Answer } from '../../../ports.ts'
import type { PreparedStatement } from './snapshot-sessions.ts'
import { qualified, userObject } from './sql.ts'

/**
 * The sequences that this role may read, those of serial and identity columns included, and the last value of each. Without the privilege
 * pg_sequence_last_value fails. CASE, because the planner may put the privilege before the kind, and has_sequence_privilege fails for what
 * is no sequence.
 */
export const POSITIONS: PreparedStatement = {
  name: 'sqlmig_positions',
  parameters: '',
  sql: () => `select ${qualified('n', 'c.relname')} as name, pg_sequence_last_value(c.oid)::text as position
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'S' and case c.relkind when 'S' then has_sequence_privilege(c.oid, 'SELECT, USAGE') end
    and ${userObject('pg_class', 'c', 'n')}
  order by 1`,
}

export function toPositions(rows: Answer['rows']): SequencePositions {
  return new Map(rows.map((row) => [row['name'] ?? '', row['position'] ?? null]))
}
