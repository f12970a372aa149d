import { type Checksum, checksumOf, decodeSql } from './checksum.ts'
import { type Directives, parseDirectives } from './directives.ts'
import { findTextProblems } from './file-checks.ts'
import type { Finding } from './finding.ts'
import type { PinnedHead } from './history-findings.ts'
import { changesOnlyData, isBlank } from './sql-text.ts'
import { compareVersions, type Version, versionKey } from './version.ts'

export type Direction = 'up' | 'down'

/** An entry of the migrations folder as it was read, once: these bytes are hashed, shown and sent. */
export type SourceFile =
  | { readonly file: string; readonly bytes: Uint8Array }
  | { readonly file: string; readonly problem: string }

/** One of the two files of a migration. */
export interface SqlFile {
  /** The file's name in the migrations folder. */
  readonly file: string
  readonly text: string
  readonly checksum: Checksum
  readonly directives: Directives
  /** True when the file holds no statement. */
  readonly blank: boolean
}

/** A pair of hand-written files. The down is absent only where there is none to run: see `DOWN_MISSING` and `irreversible`. */
export interface Migration {
  readonly version: Version
  readonly name: string
  readonly up: SqlFile
  readonly down: SqlFile | undefined
  /** True when the down file is there, but cannot be read: a finding of the folder says why. */
  readonly downUnreadable: boolean
}

export interface MigrationFolder {
  /** In ascending order of version. */
  readonly migrations: readonly Migration[]
  readonly findings: readonly Finding[]
  /** Hashes that the chain of the history has to contain. */
  readonly pins: readonly PinnedHead[]
}

const FILE_NAME = /^(\d+)_([A-Za-z0-9][A-Za-z0-9_-]*)\.(up|down)\.sql$/
export const MIGRATION_NAME: RegExp = /^[A-Za-z0-9][A-Za-z0-9_-]*$/

interface Entry {
  readonly version: Version
  readonly name: string
  readonly direction: Direction
  readonly file: string
  readonly sql: SqlFile | undefined
}

/** Pairs the files of a folder. Every problem is a finding; what can be used in spite of it is returned all the same. */
export function pairFiles(files: readonly SourceFile[]): MigrationFolder {
  const findings: Finding[] = []
  const groups = new Map<string, Entry[]>()
  for (const source of files) {
    const entry = readEntry(source, findings)
    if (entry === undefined) continue
    const key = versionKey(entry.version)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [entry])
    else group.push(entry)
  }
  const migrations: Migration[] = []
  for (const group of groups.values()) {
    const migration = pairGroup(group, findings)
    if (migration !== undefined) migrations.push(migration)
  }
  migrations.sort((a, b) => compareVersions(a.version, b.version))
  return { migrations, findings, pins: [] }
}

function readEntry(source: SourceFile, findings: Finding[]): Entry | undefined {
  const match = FILE_NAME.exec(source.file)
  if (match === null) {
    findings.push(nameFinding(source))
    return undefined
  }
  const [, version = '', name = '', direction] = match
  const about = { version, name }
  let sql: SqlFile | undefined
  if ('problem' in source) findings.push({ ...unreadable(source.file, source.problem), ...about })
  else sql = readSql(source.file, source.bytes, about, findings)
  return { version, name, direction: direction === 'up' ? 'up' : 'down', file: source.file, sql }
}

function unreadable(file: string, problem: string): Finding {
  return {
    code: 'FILE_UNREADABLE',
    severity: 'error',
    message: `${file} ${problem}`,
    hint: 'a migration is a regular file that this user can read; links are not followed',
    location: { file },
  }
}

function nameFinding(source: SourceFile): Finding {
  if ('problem' in source) return unreadable(source.file, source.problem)
  return {
    code: 'FILE_IGNORED',
    severity: 'warning',
    message: `${source.file} is not a migration: its name does not fit NNN_name.up.sql or NNN_name.down.sql`,
    hint: 'rename it, or move it out of the folder',
    location: { file: source.file },
  }
}

/** Decodes one file and reports what is wrong with its bytes, its directives and its characters. */
export function readSql(
  file: string,
  bytes: Uint8Array,
  about: { readonly version: Version; readonly name: string },
  findings: Finding[],
): SqlFile | undefined {
  const decoded = decodeSql(bytes)
  if (!decoded.ok) {
    const what = decoded.problem === 'nul' ? 'a NUL byte' : 'bytes that are not UTF-8'
    findings.push({
      code: 'ENCODING_INVALID',
      severity: 'error',
      message: `${file} has ${what} at byte offset ${decoded.byteOffset}`,
      hint: 'save the file as UTF-8 text',
      ...about,
      location: { file },
      facts: { byteOffset: decoded.byteOffset },
    })
    return undefined
  }
  findings.push(...findTextProblems(file, decoded.text).map((finding) => ({ ...finding, ...about })))
  return sqlFileOf(file, decoded.text)
}

/** The value of a file whose text is already normalised, such as the SQL that the history keeps. */
export function sqlFileOf(file: string, text: string): SqlFile {
  const { directives } = parseDirectives(text)
  return { file, text, checksum: checksumOf(text), directives, blank: isBlank(text) }
}

function pairGroup(group: readonly Entry[], findings: Finding[]): Migration | undefined {
  const first = group.find((entry) => entry.direction === 'up') ?? group[0]
  if (first === undefined) return undefined
  const stems = new Set(group.map((entry) => `${entry.version}_${entry.name}`))
  if (stems.size > 1) findings.push(duplicate(group, first))
  const of = (direction: Direction) =>
    group.find((e) => e.version === first.version && e.name === first.name && e.direction === direction)
  const up = of('up')
  const down = of('down')
  if (up === undefined) {
    if (stems.size === 1) findings.push(upMissing(first))
    return undefined
  }
  if (up.sql === undefined) return undefined
  if (stems.size === 1) findings.push(...downFindings(up.sql, down, first))
  return {
    version: first.version,
    name: first.name,
    up: up.sql,
    down: down?.sql,
    downUnreadable: down !== undefined && down.sql === undefined,
  }
}

function duplicate(group: readonly Entry[], first: Entry): Finding {
  const files = group.map((entry) => entry.file).join(', ')
  return {
    code: 'VERSION_DUPLICATE',
    severity: 'error',
    message: `several migrations have the version ${versionKey(first.version)}: ${files}`,
    hint: 'give each migration a number of its own (010 and 10 are the same number); the two files of a pair differ only in .up and .down',
    version: first.version,
    name: first.name,
    location: { file: group.at(-1)?.file ?? first.file },
    facts: { files },
  }
}

function upMissing(entry: Entry): Finding {
  return {
    code: 'UP_MISSING',
    severity: 'error',
    message: `${entry.file} has no up file`,
    hint: `add ${entry.version}_${entry.name}.up.sql, or remove the down`,
    version: entry.version,
    name: entry.name,
    location: { file: entry.file },
  }
}

/**
 * Every up needs a down, unless the up says why there is none. A down without statements is one only where there is nothing to undo;
 * after an up that changes nothing but rows it is doubtful, not refused: many real projects leave such downs empty on purpose.
 */
function downFindings(up: SqlFile, down: Entry | undefined, entry: Entry): Finding[] {
  const about = { version: entry.version, name: entry.name }
  if (up.directives.irreversible !== undefined) {
    if (down?.sql === undefined || down.sql.blank) return []
    const message = `${up.file} says irreversible, yet ${down.file} holds statements; they will never run`
    const hint = 'remove the directive or the statements'
    return [
      {
        code: 'DIRECTIVE_INVALID',
        severity: 'warning',
        message,
        hint,
        ...about,
        location: { file: up.file },
      },
    ]
  }
  const hint = 'write the down, or put into the up: -- sqlmig: irreversible <reason>'
  if (down === undefined) {
    const message = `${up.file} has no down file`
    return [{ code: 'DOWN_MISSING', severity: 'error', message, hint, ...about, location: { file: up.file } }]
  }
  if (down.sql === undefined || !down.sql.blank) return []
  if (up.blank) {
    const message = `${up.file} and ${down.file} hold no statement`
    const fill = 'write the migration, or remove the pair'
    return [
      { code: 'UP_MISSING', severity: 'warning', message, hint: fill, ...about, location: { file: up.file } },
    ]
  }
  const severity = changesOnlyData(up.text) ? 'warning' : 'error'
  const message = `${down.file} is blank: reverting would undo nothing`
  return [{ code: 'DOWN_MISSING', severity, message, hint, ...about, location: { file: down.file } }]
}

/** The version for the next migration: one more than the newest, as wide as it; `timestamp` where the newest is one. */
export function nextVersion(files: readonly SourceFile[], timestamp: Version): Version {
  const versions = files.flatMap(({ file }) => FILE_NAME.exec(file)?.[1] ?? []).sort(compareVersions)
  const newest = versions.at(-1)
  if (newest === undefined) return FIRST_VERSION
  if (newest.length === timestamp.length && compareVersions(newest, timestamp) < 0) return timestamp
  return String(BigInt(newest) + 1n).padStart(newest.length, '0')
}

const FIRST_VERSION = '001'
