/**
 * A string constant that means the same whatever `standard_conforming_strings` says: with a backslash in it, it becomes an
 * escape string (manual, section 4.1.2.2).
 */
export function literal(value: string | null): string {
  if (value === null) return 'NULL'
  const quoted = `'${value.replaceAll("'", "''")}'`
  return quoted.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}

/** A quoted name. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
