import { SqlmigError } from './errors.ts'
import type { Migration } from './migration.ts'
import { compareVersions, type Version, versionKey } from './version.ts'

/** Which migrations are walked; all where nothing is given. */
export interface Selection {
  readonly versions?: readonly Version[] | undefined
  readonly from?: Version | undefined
  readonly to?: Version | undefined
  /** Names of files; the migrations they belong to are walked. */
  readonly files?: readonly string[] | undefined
}

/**
 * The migrations of a selection, in order.
 * @throws SqlmigError `VERSION_UNKNOWN`
 */
export function selectMigrations(
  migrations: readonly Migration[],
  selection: Selection,
): readonly Migration[] {
  const { versions = [], from, to, files } = selection
  const known = new Set(migrations.map(({ version }) => versionKey(version)))
  for (const version of [
    ...versions,
    ...(from === undefined ? [] : [from]),
    ...(to === undefined ? [] : [to]),
  ])
    if (!known.has(versionKey(version)))
      throw new SqlmigError('VERSION_UNKNOWN', {
        version,
        known: migrations.map((one) => one.version).join(', '),
      })
  const wanted = new Set(versions.map(versionKey))
  return migrations.filter(
    ({ version, up, down }) =>
      (wanted.size === 0 || wanted.has(versionKey(version))) &&
      (from === undefined || compareVersions(version, from) >= 0) &&
      (to === undefined || compareVersions(version, to) <= 0) &&
      (files === undefined || files.includes(up.file) || (down !== undefined && files.includes(down.file))),
  )
}
