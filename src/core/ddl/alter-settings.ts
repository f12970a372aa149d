import { settingChanges } from './setting-text.ts'

const MASKED = /^([^=]+)=\(masked [0-9a-f]{8}\)$/

/** The statements `prefix SET …` and `prefix RESET …` from one fact to another; a value that is masked is left as it is. */
export function alterSettings(
  prefix: string,
  from: readonly string[],
  to: readonly string[],
): readonly string[] {
  const unknown = to.flatMap((entry) => MASKED.exec(entry)?.slice(1, 2) ?? [])
  const isKnown = (entry: string) => !unknown.includes(entry.slice(0, entry.indexOf('=')))
  return settingChanges(from.filter(isKnown), to.filter(isKnown)).map((clause) => `${prefix} ${clause}`)
}
