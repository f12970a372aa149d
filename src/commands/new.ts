import { SqlmigError } from '../core/errors.ts'
import { LOCK_FILE } from '../core/lock-file.ts'
import { MIGRATION_NAME, nextVersion } from '../core/migration.ts'
import type { EventSink, Report } from '../core/run.ts'
import { record } from '../engine/recorder.ts'
import type { Clock, FileWriter, MigrationSource } from '../ports.ts'
import { writeLockFile } from './lock.ts'

export interface NewInput {
  /** What the migration does; blanks become underscores. */
  readonly name: string
  /** `next` continues the numbers of the folder, `timestamp` takes 14 digits of the present time in UTC. */
  readonly numbering?: 'next' | 'timestamp'
}

export interface NewContext {
  readonly source: MigrationSource
  readonly files: FileWriter
  readonly clock: Clock
  readonly emit: EventSink
  /** Puts a file's name behind the folder of the migrations. */
  readonly pathOf: (file: string) => string
}

/** Writes the next pair of files, with nothing in them but a comment. */
export function create({ source, files, clock, emit, pathOf }: NewContext, input: NewInput): Promise<Report> {
  return record('new', false, emit, async (recorder) => {
    const name = input.name.trim().replace(/\s+/g, '_')
    if (!MIGRATION_NAME.test(name))
      throw new SqlmigError('USAGE', {
        problem: `"${input.name}" cannot be the name of a migration`,
        hint: 'use letters, digits, - and _, beginning with a letter or digit: sqlmig new add_users',
      })
    const timestamp = clock.now().toISOString().replace(/\D/g, '').slice(0, 14)
    const version = input.numbering === 'timestamp' ? timestamp : nextVersion(await source.read(), timestamp)
    const up = pathOf(`${version}_${name}.up.sql`)
    const down = pathOf(`${version}_${name}.down.sql`)
    await files.createFile(up, `-- ${version} ${name}\n\n`)
    await files.createFile(down, `-- ${version} ${name}: takes back exactly what the up did\n\n`)
    // Who keeps a lock file wants every migration in it, so that two branches that add one meet in it.
    const locked = (await source.readBeside(LOCK_FILE)) !== undefined
    if (locked) await writeLockFile({ source, files, pathOf })
    recorder.add({ files: [up, down] })
    return 0
  })
}
