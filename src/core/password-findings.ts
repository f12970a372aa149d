import type { Finding } from './finding.ts'
import type { SqlFile } from './migration.ts'
import { positionAt } from './sql-text.ts'
import type { Version } from './version.ts'
import { passwordsIn } from './written-passwords.ts'

/** What is sent in place of a password: the server keeps it as it is (manual, CREATE ROLE). */
const VERIFIER = /^(?:SCRAM-SHA-256\$|md5[0-9a-f]{32}$)/

/** Passwords behind PASSWORD in a file that is about to run: the history will keep them with its SQL. */
export function passwordFindings(
  file: SqlFile,
  about: { readonly version: Version; readonly name: string },
): Finding[] {
  const written = passwordsIn(file.text).filter(
    ({ form, value }) => form === 'literal' && !VERIFIER.test(value),
  )
  return written.map(({ start }) => {
    const location = { file: file.file, ...positionAt(file.text, start) }
    return {
      code: 'PASSWORD_IN_FILE',
      severity: 'warning',
      message: `${file.file} line ${location.line} sets a password, and the history keeps the SQL of files: whoever may read it can read the password`,
      hint: 'set it elsewhere, or write the verifier that pg_authid holds (SCRAM-SHA-256$…) in its place',
      ...about,
      location,
    }
  })
}
