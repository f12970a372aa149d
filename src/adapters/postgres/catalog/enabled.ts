/** The fact `enabled` of triggers and rules: when they fire, if that is not the default. */
export function enabled(letter: string): string {
  return `case ${letter} when 'D' then 'disabled' when 'R' then 'replica' when 'A' then 'always' end`
}
