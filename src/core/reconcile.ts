import type { Finding } from './finding.ts'
import type { AppliedRecord, ChainBreak, HistoryState, IncompleteRecord } from './history.ts'
import { findChainBreak } from './history.ts'
import { incompleteFinding } from './incomplete.ts'
import type { Direction, Migration, SqlFile } from './migration.ts'
import type { MigrationState } from './run.ts'
import { compareVersions, type Version, versionKey } from './version.ts'

/** One version as files and history see it together. */
export interface MigrationStatus {
  readonly version: Version
  readonly name: string
  readonly state: MigrationState
  /** The pair in the folder; absent when the version is known from history alone. */
  readonly migration: Migration | undefined
  readonly applied: AppliedRecord | undefined
  readonly incomplete: IncompleteRecord | undefined
}

/** A file that differs from what was applied; the texts are compared later, only when there is something to show. */
export interface Edit {
  readonly finding: Finding
  readonly file: SqlFile | undefined
  readonly direction: Direction
  readonly applied: AppliedRecord
}

export interface Reconciliation {
  /** In ascending order of version. */
  readonly statuses: readonly MigrationStatus[]
  /** All findings but those of `edits`. */
  readonly findings: readonly Finding[]
  readonly edits: readonly Edit[]
}

/** Compares the folder with the history: the state of every version, and everything that does not fit. */
export function reconcile(migrations: readonly Migration[], history: HistoryState): Reconciliation {
  const byKey = new Map(migrations.map((migration) => [versionKey(migration.version), migration]))
  const begun = [...history.incomplete.values()].map(({ started }) => started)
  const newest = [...[...history.applied.values()].map(({ row }) => row), ...begun]
    .map(({ version }) => version)
    .sort(compareVersions)
    .at(-1)
  const findings: Finding[] = []
  const edits: Edit[] = []
  const statuses: MigrationStatus[] = []
  const broken = findChainBreak(history.rows)
  if (broken !== undefined) findings.push(chainFinding(broken))
  for (const key of new Set([...byKey.keys(), ...history.applied.keys(), ...history.incomplete.keys()])) {
    const migration = byKey.get(key)
    const applied = history.applied.get(key)
    const incomplete = history.incomplete.get(key)
    const row = applied?.row ?? incomplete?.started
    const identity = {
      version: migration?.version ?? row?.version ?? key,
      name: migration?.name ?? row?.name ?? '',
    }
    const found = compare({ ...identity, state: 'pending', migration, applied, incomplete }, newest)
    statuses.push(found.status)
    findings.push(...found.findings)
    edits.push(...found.edits)
  }
  statuses.sort((a, b) => compareVersions(a.version, b.version))
  return { statuses, findings, edits }
}

interface Compared {
  readonly status: MigrationStatus
  readonly findings: readonly Finding[]
  readonly edits: readonly Edit[]
}

function compare(status: MigrationStatus, newest: Version | undefined): Compared {
  const { migration, applied, incomplete } = status
  if (incomplete !== undefined)
    return {
      status: { ...status, state: 'incomplete' },
      findings: [incompleteFinding(status, incomplete)],
      edits: [],
    }
  if (applied === undefined) {
    if (newest === undefined || compareVersions(status.version, newest) > 0)
      return { status, findings: [], edits: [] }
    return {
      status: { ...status, state: 'out-of-order' },
      findings: [outOfOrderFinding(status, newest)],
      edits: [],
    }
  }
  if (migration === undefined)
    return { status: { ...status, state: 'missing' }, findings: [missingFinding(applied)], edits: [] }
  const edits = findEdits(migration, applied)
  const renamed = migration.name === applied.row.name ? [] : [renamedFinding(migration, applied)]
  const state = edits.length + renamed.length > 0 ? 'edited' : 'applied'
  return { status: { ...status, state }, findings: renamed, edits }
}

function findEdits(migration: Migration, applied: AppliedRecord): Edit[] {
  const sides: Array<[Direction, SqlFile | undefined, string | null]> = [
    ['up', migration.up, applied.row.upChecksum],
    ['down', migration.down, applied.row.downChecksum],
  ]
  return sides.flatMap(([direction, file, recorded]) => {
    if ((file?.checksum ?? null) === recorded) return []
    // Whether it was edited cannot be told, and the folder's findings name it already.
    if (direction === 'down' && migration.downUnreadable) return []
    return [{ finding: editFinding(migration, direction, file, recorded), file, direction, applied }]
  })
}

function editFinding(
  migration: Migration,
  direction: Direction,
  file: SqlFile | undefined,
  recorded: string | null,
): Finding {
  const { version, name } = migration
  const fileName = file?.file ?? `${version}_${name}.${direction}.sql`
  const what =
    file === undefined
      ? `${fileName} is gone since ${version} was applied`
      : recorded === null
        ? `${fileName} was added after ${version} had been applied without it`
        : `${fileName} was edited after it had been applied`
  return {
    code: 'CHECKSUM_MISMATCH',
    severity: 'error',
    message: what,
    hint: 'restore the file as it was applied and put the change into a new migration',
    version,
    name,
    location: { file: fileName },
    facts: { direction, recorded: recorded ?? '', found: file?.checksum ?? '' },
  }
}

function missingFinding({ row }: AppliedRecord): Finding {
  const file = `${row.version}_${row.name}.up.sql`
  return {
    code: 'MIGRATION_MISSING',
    severity: 'error',
    message: `${row.version} ${row.name} is applied, but its files are missing: ${file}`,
    hint: 'bring the files back from version control, or revert it with: sqlmig down --from-history',
    version: row.version,
    name: row.name,
    location: { file },
  }
}

function renamedFinding(migration: Migration, { row }: AppliedRecord): Finding {
  return {
    code: 'MIGRATION_RENAMED',
    severity: 'error',
    message: `${row.version} was applied as ${row.name}, but its files are now called ${migration.name}`,
    hint: `rename them back to ${row.version}_${row.name}`,
    version: migration.version,
    name: migration.name,
    location: { file: migration.up.file },
    facts: { recorded: row.name, found: migration.name },
  }
}

function outOfOrderFinding(status: MigrationStatus, newest: Version): Finding {
  return {
    code: 'OUT_OF_ORDER',
    severity: 'error',
    message: `${status.version} ${status.name} is not applied, though the later ${newest} is`,
    hint: 'give it a number after the newest one, or apply it late with --allow-out-of-order',
    version: status.version,
    name: status.name,
    location: { file: status.migration?.up.file ?? status.version },
    facts: { newest },
  }
}

/** In place of the finding that a migration stopped midway, when its run goes on in another session. */
export function runningFinding(found: Finding, holder: string): Finding {
  // What an unfinished statement looks like in the catalogs is no leftover while it runs.
  const { excerpt, facts: { leftovers, repair, ...facts } = {}, ...rest } = found
  const { version, name } = rest
  const direction = facts['action'] === 'apply' ? 'up' : 'down'
  return {
    ...rest,
    severity: 'warning',
    message: `${version} ${name} is running (${holder}) without a transaction (${direction}): ${facts['done']} of ${facts['statements']} statements are done`,
    hint: 'wait for it to end',
    facts: { ...facts, holder },
  }
}

function chainFinding({ row, problem }: ChainBreak): Finding {
  const what = {
    hash: 'its facts do not match its hash: the row was changed',
    link: 'it does not follow the row before it: rows were removed, added or swapped',
    sql: 'the SQL it keeps is not the SQL of its checksum',
  }[problem]
  return {
    code: 'CHAIN_BROKEN',
    severity: 'error',
    message: `the history is broken at row ${row.id} (${row.event} ${row.version} ${row.name}): ${what}`,
    hint: 'somebody edited the history table; restore it from a backup',
    version: row.version,
    name: row.name,
    facts: { row: row.id, problem },
  }
}
