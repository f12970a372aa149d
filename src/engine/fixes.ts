import type { Finding } from '../core/finding.ts'
import { foldHistory } from '../core/history.ts'
import type { Migration } from '../core/migration.ts'
import { appendix } from '../core/sql-text.ts'
import { versionKey } from '../core/version.ts'
import type { FileWriter } from '../ports.ts'
import type { EngineContext } from './context.ts'

/** Asks a real database which migrations are applied in it. */
export type AppliedElsewhere = () => Promise<{
  readonly database: string
  readonly versions: ReadonlySet<string>
}>

/** The migrations that are applied in the database of a context. Reads only. */
export async function readApplied(context: EngineContext): ReturnType<AppliedElsewhere> {
  const session = await context.database.connect({
    onNotice: () => {},
    signal: context.signal,
    access: 'read',
  })
  try {
    const rows = (await context.history.read(session)) ?? []
    const { applied, incomplete } = foldHistory(rows)
    return { database: session.info.database, versions: new Set([...applied.keys(), ...incomplete.keys()]) }
  } finally {
    await session.close()
  }
}

interface FixContext {
  readonly files: FileWriter
  readonly appliedElsewhere: AppliedElsewhere | undefined
  readonly pathOf: (file: string) => string
}

/** The first line of what is appended to a down, so that a reviewer sees where it begins. */
const MARK =
  '-- Draft by sqlmig roundtrip: what this down lacked. Review it before the migration is applied anywhere.'

/**
 * Appends the SQL that downs lack to them. The down of an applied migration is hashed in its history and stays as it is.
 * @throws SqlmigError `FILE_WRITE_FAILED`, `CONNECTION_FAILED`
 */
export async function writeFixes(
  context: FixContext,
  fixes: ReadonlyMap<Migration, string>,
): Promise<{ readonly files: readonly string[]; readonly findings: readonly Finding[] }> {
  if (fixes.size === 0) return { files: [], findings: [] }
  const applied = await context.appliedElsewhere?.()
  const files: string[] = []
  const findings: Finding[] = []
  for (const [migration, sql] of fixes) {
    if (migration.down === undefined) continue
    if (applied?.versions.has(versionKey(migration.version)) === true) {
      findings.push(notWritten(migration, migration.down.file, applied.database))
      continue
    }
    const path = context.pathOf(migration.down.file)
    await context.files.appendToFile(path, appendix(migration.down.text, `${MARK}\n${sql}`))
    files.push(path)
  }
  return { files, findings }
}

function notWritten({ version, name }: Migration, file: string, database: string): Finding {
  return {
    code: 'FIX_NOT_WRITTEN',
    severity: 'warning',
    message: `${file} was not changed: ${version} is applied in ${database}, and its history knows this file by its checksum`,
    hint: 'write a new migration that puts it right',
    version,
    name,
    location: { file },
  }
}
