/**
 * The number of a migration as it is written in its file name, leading zeros included.
 * Versions are compared as numbers of any length, so `010` and `10` are the same version.
 */
export type Version = string

/** A version without its leading zeros: two versions are equal exactly when their keys are. */
export function versionKey(version: Version): string {
  return version.replace(/^0+(?=\d)/, '')
}

/** The one order of versions, usable with `Array.sort`. Digits are compared as text: 14-digit timestamps exceed no limit. */
export function compareVersions(a: Version, b: Version): number {
  const left = versionKey(a)
  const right = versionKey(b)
  if (left.length !== right.length) return left.length - right.length
  if (left === right) return 0
  return left < right ? -1 : 1
}
