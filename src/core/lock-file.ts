import { type Checksum, decodeSql } from './checksum.ts'
import type { Finding } from './finding.ts'
import type { Migration, SourceFile } from './migration.ts'
import { compareVersions, type Version, versionKey } from './version.ts'

/** In the folder of the migrations, kept in version control. */
export const LOCK_FILE = 'sqlmig.lock'

/** One migration as the lock file knows it; without a down its checksum is null. */
export interface LockedMigration {
  readonly version: Version
  readonly name: string
  readonly up: Checksum
  readonly down: Checksum | null
}

export interface LockFile {
  /** The head of the one database that this folder belongs to; usually none is pinned. */
  readonly head: string | undefined
  readonly migrations: readonly LockedMigration[]
}

const HEADING =
  '# What the migrations of this folder are, one line each: version, name, checksums of up and down. Written by: sqlmig lock'
const MIGRATION_LINE = /^(\d+) ([A-Za-z0-9][A-Za-z0-9_-]*) (v\d+:[0-9a-f]+) (v\d+:[0-9a-f]+|-)$/
const HEAD_LINE = /^head (v\d+:[0-9a-f]+)$/

export function lockMigrations(migrations: readonly Migration[]): LockedMigration[] {
  return migrations.map(({ version, name, up, down }) => ({
    version,
    name,
    up: up.checksum,
    down: down?.checksum ?? null,
  }))
}

/** The text of a lock file. A line for each migration, so that two branches that add one conflict in version control. */
export function renderLockFile({ head, migrations }: LockFile): string {
  const lines = [...migrations]
    .sort((a, b) => compareVersions(a.version, b.version))
    .map(({ version, name, up, down }) => `${version} ${name} ${up} ${down ?? '-'}`)
  return `${[HEADING, ...(head === undefined ? [] : [`head ${head}`]), ...lines].join('\n')}\n`
}

/** Reads a lock file; every line that is none of one is a finding. */
export function parseLockFile(source: SourceFile): { lock: LockFile; findings: readonly Finding[] } {
  const findings: Finding[] = []
  const known = new Map<string, LockedMigration>()
  let head: string | undefined
  const invalid = (problem: string, line?: number) => {
    findings.push(invalidFinding(problem, line))
  }
  for (const [index, text] of textOf(source, invalid).split('\n').entries()) {
    if (text.trim() === '' || text.startsWith('#')) continue
    const pinned = HEAD_LINE.exec(text)?.[1]
    const migration = readMigration(text)
    if (pinned !== undefined && head === undefined) head = pinned
    else if (migration === undefined) invalid(problemOf(text, pinned), index + 1)
    else if (known.has(versionKey(migration.version)))
      invalid(`has two lines for ${migration.version}`, index + 1)
    else known.set(versionKey(migration.version), migration)
  }
  return { lock: { head, migrations: [...known.values()] }, findings }
}

function readMigration(line: string): LockedMigration | undefined {
  const [, version, name, up, down] = MIGRATION_LINE.exec(line) ?? []
  if (version === undefined || name === undefined || up === undefined || down === undefined) return undefined
  return { version, name, up, down: down === '-' ? null : down }
}

function textOf(source: SourceFile, invalid: (problem: string) => void): string {
  if ('problem' in source) {
    invalid(source.problem)
    return ''
  }
  const decoded = decodeSql(source.bytes)
  if (decoded.ok) return decoded.text
  invalid('is not UTF-8 text')
  return ''
}

function problemOf(line: string, pinned: string | undefined): string {
  if (/^(?:<{7}|={7}|>{7}|\|{7})/.test(line)) return 'holds a merge conflict'
  return pinned === undefined ? 'has a line that is none of a lock file' : 'pins two heads'
}

function invalidFinding(problem: string, line: number | undefined): Finding {
  return {
    code: 'LOCKFILE_INVALID',
    severity: 'error',
    message: `${LOCK_FILE} ${problem}`,
    hint: 'resolve the conflict if there is one, give migrations of two branches different numbers, and write it anew: sqlmig lock',
    location: { file: LOCK_FILE, ...(line === undefined ? {} : { line }) },
  }
}

/** Everything in which the folder is not what its lock file says. */
export function lockFindings({ migrations: locked }: LockFile, migrations: readonly Migration[]): Finding[] {
  const lines = new Map(locked.map((line) => [versionKey(line.version), line]))
  const findings: Finding[] = []
  for (const now of lockMigrations(migrations)) {
    const line = lines.get(versionKey(now.version))
    lines.delete(versionKey(now.version))
    if (line === undefined)
      findings.push(mismatch(now, 'line-missing', `has no line for ${now.version} ${now.name}`))
    else if (line.name !== now.name)
      findings.push(
        mismatch(now, 'name', `knows ${now.version} as ${line.name}, and its files are called ${now.name}`),
      )
    else if (line.up !== now.up) findings.push(mismatch(now, 'up', 'knows another text of', 'up'))
    else if (line.down !== now.down) findings.push(mismatch(now, 'down', 'knows another text of', 'down'))
  }
  for (const line of lines.values())
    findings.push(
      mismatch(line, 'files-missing', `has a line for ${line.version} ${line.name}, which has no files`),
    )
  return findings
}

function mismatch(
  { version, name }: Pick<LockedMigration, 'version' | 'name'>,
  problem: string,
  words: string,
  direction: 'up' | 'down' = 'up',
): Finding {
  const file = `${version}_${name}.${direction}.sql`
  return {
    code: 'LOCKFILE_MISMATCH',
    severity: 'error',
    message: `${LOCK_FILE} ${words.endsWith(' of') ? `${words} ${file}` : words}`,
    hint: 'where the files are right, write it anew and commit it with them: sqlmig lock',
    version,
    name,
    location: { file },
    facts: { problem },
  }
}
