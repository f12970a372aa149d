import { type Sql, withConnection } from '../support/connect.ts'
import type { Effect, KnownMigration, Shape } from './shape.ts'

export interface HistoryLine {
  readonly event: string
  readonly version: string
  readonly statementNo: number
}

/** What a database holds, read past sqlmig. */
export interface World {
  readonly history: readonly HistoryLine[]
  readonly tables: readonly string[]
  /** Indexes, and whether they are valid. */
  readonly indexes: Readonly<Record<string, boolean>>
  /** How often each line is in the ledger. */
  readonly ledger: Readonly<Record<string, number>>
}

export async function look(url: string): Promise<World> {
  return withConnection(url, async (sql) => ({
    history: await readHistory(sql),
    tables: (await sql`select tablename from pg_tables where schemaname = 'public' order by 1`).map((row) =>
      String(row['tablename']),
    ),
    indexes: Object.fromEntries(
      (
        await sql`select c.relname, i.indisvalid from pg_index i join pg_class c on c.oid = i.indexrelid
          where c.relnamespace = 'public'::regnamespace`
      ).map((row) => [String(row['relname']), row['indisvalid'] === true]),
    ),
    ledger: Object.fromEntries(
      (await sql`select name, count(*)::int as times from ledger group by name order by name`).map((row) => [
        String(row['name']),
        Number(row['times']),
      ]),
    ),
  }))
}

async function readHistory(sql: Sql): Promise<HistoryLine[]> {
  const [found] = await sql`select to_regclass('sqlmig.history') is not null as there`
  if (found?.['there'] !== true) return []
  return sql<HistoryLine[]>`
    select event, version, statement_no as "statementNo" from sqlmig.history order by id`
}

/** What the history says of a migration, folded here once more so that a defect of sqlmig's own fold does not hide itself. */
export interface Recorded {
  readonly state: 'absent' | 'applied' | 'incomplete'
  readonly done: ReadonlySet<number>
  readonly inDoubt: number | undefined
}

export function recorded({ history }: World, version: string): Recorded {
  let state: Recorded['state'] = 'absent'
  let inDoubt: number | undefined
  const done = new Set<number>()
  for (const line of history.filter((row) => row.version === version)) {
    if (line.event === 'applied') state = 'applied'
    if (line.event === 'reverted') state = 'absent'
    if (line.event === 'started') state = 'incomplete'
    if (line.event === 'statement') inDoubt = line.statementNo
    if (line.event === 'done') done.add(line.statementNo)
    if (line.event === 'done' || line.event === 'failed' || line.event === 'applied') inDoubt = undefined
  }
  return { state, done, inDoubt }
}

/** How often an effect is there; an index that is not valid does not count. */
export function timesSeen({ tables, indexes, ledger }: World, { kind, name }: Effect): number {
  if (kind === 'table') return tables.includes(name) ? 1 : 0
  return kind === 'index' ? Number(indexes[name] === true) : (ledger[name] ?? 0)
}

/** History = schema = data: what is wrong with that, in words. */
export function contradictions(world: World, shape: Shape): string[] {
  const known = new Set(['ledger', ...shape.migrations.flatMap((one) => one.effects.map(({ name }) => name))])
  const strangers = [...world.tables, ...Object.keys(world.ledger)].filter((name) => !known.has(name))
  return [
    ...strangers.map((name) => `${name} is there and nobody knows of it`),
    ...shape.migrations.flatMap((migration) => contradictionsOf(world, migration)),
  ]
}

function contradictionsOf(world: World, { version, transactional, effects }: KnownMigration): string[] {
  const { state, done, inDoubt } = recorded(world, version)
  return effects.flatMap((effect, index) => {
    const times = timesSeen(world, effect)
    const label = `${effect.kind} ${effect.name}`
    if (times > 1) return [`${version} ran ${times} times: ${label}`]
    if (!transactional && inDoubt === index + 1 && state === 'incomplete') return []
    const due = state === 'applied' || (!transactional && done.has(index + 1)) ? 1 : 0
    if (times === due) return []
    const found = times === 1 ? 'is there' : 'is not there'
    return [`${version} is ${state}${transactional ? '' : ` (done: ${[...done]})`}, but ${label} ${found}`]
  })
}

export function isComplete(world: World, migrations: readonly KnownMigration[]): boolean {
  return migrations.every(({ version }) => recorded(world, version).state === 'applied')
}
