import { SqlmigError } from '../core/errors.ts'
import type { Report } from '../core/run.ts'
import { appendix } from '../core/sql-text.ts'
import { compareVersions, type Version, versionKey } from '../core/version.ts'
import { draft as writeDown } from '../engine/draft.ts'
import { record } from '../engine/recorder.ts'
import { type RoundtripContext, readFolder } from './roundtrip.ts'

export interface DraftInput {
  /** The migration whose down is missing or holds no statement yet. */
  readonly version: Version
}

/** Writes the down of a migration out of what its up does in a scratch database, when a round trip proves it. */
export function draft(context: RoundtripContext, { version }: DraftInput): Promise<Report> {
  return record('draft', false, context.emit, async (recorder) => {
    try {
      const { migrations } = await readFolder(context, recorder)
      const target = migrations.find((migration) => versionKey(migration.version) === versionKey(version))
      if (target === undefined)
        throw new SqlmigError('VERSION_UNKNOWN', {
          version,
          known: migrations.map((migration) => migration.version).join(', '),
        })
      const file = target.down?.file ?? target.up.file.replace(/\.up\.sql$/, '.down.sql')
      if (target.downUnreadable || (target.down !== undefined && !target.down.blank))
        throw new SqlmigError('FILE_EXISTS', { file })
      const before = migrations.filter((migration) => compareVersions(migration.version, version) <= 0)
      const { text, findings } = await writeDown(context, recorder, before)
      recorder.found(findings)
      if (findings.some(({ severity }) => severity === 'error')) return 6
      if (text === undefined)
        throw new SqlmigError('USAGE', {
          problem: `${target.up.file} changes nothing that a down would have to take back`,
        })
      const path = context.pathOf(file)
      if (target.down === undefined) await context.files.createFile(path, text)
      else await context.files.appendToFile(path, appendix(target.down.text, text.trimEnd()))
      recorder.add({ files: [path] })
      return 0
    } finally {
      await context.scratch.close()
    }
  })
}
