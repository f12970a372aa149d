import { expect } from 'vitest'
import { type Project, pair, stepsOf } from './sqlmig.ts'

export const DIRECTIVE = '-- sqlmig: no-transaction\n'

/** Two rows that no unique index can be built over. */
export const DUPLICATES: Record<string, string> = pair(
  '001_base',
  'create table base (id int);\ninsert into base values (1), (1);\n',
)

export const UNIQUE_INDEX = 'create unique index concurrently base_id on base (id);\n'

/** A pair without a transaction. */
export function outside(stem: string, up: string, down = 'select 1;\n'): Record<string, string> {
  return pair(stem, DIRECTIVE + up, DIRECTIVE + down)
}

/** Undefined when there is no such index. */
export async function isValid({ db }: Pick<Project, 'db'>, index: string): Promise<boolean | undefined> {
  const [row] = await db.sql`select indisvalid from pg_index where indexrelid = to_regclass(${index})`
  return row?.['indisvalid'] as boolean | undefined
}

export async function reasonsOf({ db }: Pick<Project, 'db'>): Promise<Array<string | null>> {
  const rows = await db.sql<{ reason: string | null }[]>`select reason from sqlmig.history order by id`
  return rows.map(({ reason }) => reason)
}

/** Everything fits, and there is nothing left to do. */
export async function expectSound({ sqlmig }: Pick<Project, 'sqlmig'>): Promise<void> {
  expect(await sqlmig.verify()).toMatchObject({ exitCode: 0, findings: [] })
  expect(stepsOf(await sqlmig.up())).toEqual([])
}
