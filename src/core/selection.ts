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
 * @throws SqlmigError `VERSION_UNKNOWN`; `USAGE` when versions and limits are given that leave nothing
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
  const within = migrations.filter(
    ({ version }) =>
      (wanted.size === 0 || wanted.has(versionKey(version))) &&
      (from === undefined || compareVersions(version, from) >= 0) &&
      (to === undefined || compareVersions(version, to) <= 0),
  )
  // That no file has changed is an answer; a range that holds nothing is a slip, and would pass for a proof.
  if (within.length === 0 && migrations.length > 0)
    throw new SqlmigError('USAGE', { problem: `no migration is selected: ${inWords(selection)}` })
  return within.filter(
    ({ up, down }) =>
      files === undefined || files.includes(up.file) || (down !== undefined && files.includes(down.file)),
  )
}

function inWords({ versions = [], from, to }: Selection): string {
  const limits = [
    ...(versions.length === 0 ? [] : [versions.join(', ')]),
    ...(from === undefined ? [] : [`from ${from}`]),
    ...(to === undefined ? [] : [`to ${to}`]),
  ]
  return `there is none in ${limits.join(' ')}`
}
