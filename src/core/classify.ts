import type { CopyFormat } from './copy-data.ts'
import type { StatementEffect } from './effect.ts'
import type { Finding } from './finding.ts'
import type { SqlFile } from './migration.ts'
import type { StatementSpan } from './split.ts'
import { positionAt } from './sql-text.ts'
import type { Version } from './version.ts'

/** A top-level statement and what running it means for its transaction, as PostgreSQL's own grammar sees it. */
export interface Statement extends StatementSpan {
  /** Where the data of a COPY … FROM stdin stand. */
  readonly data?: StatementSpan | undefined
  readonly trait: StatementTrait
  /** Absent where the catalogs do not show whether it ran. */
  readonly effect?: StatementEffect
}

/**
 * - `transaction`: begins, ends or structures a transaction
 * - `outside-only`: the server runs it only outside a transaction block (error 25001)
 * - `concurrent`: `outside-only`, and it waits for other sessions while it works
 * - `copy-from-client`: needs data, which stand behind it in the file
 */
export type StatementTrait =
  | { readonly kind: 'plain' }
  | { readonly kind: 'transaction'; readonly what: string }
  | { readonly kind: 'outside-only'; readonly what: string; readonly concurrent: boolean }
  | { readonly kind: 'copy-from-client'; readonly format: CopyFormat }

/** What the statements of a file forbid: transaction control anywhere, and outside-only statements in a file that runs in a transaction. */
export function statementFindings(
  file: SqlFile,
  statements: readonly Statement[],
  about: { readonly version: Version; readonly name: string },
): Finding[] {
  const special = statements.filter(({ trait }) => trait.kind !== 'plain')
  return special.flatMap((statement): Finding[] => {
    const location = { file: file.file, ...positionAt(file.text, statement.start) }
    const at = `${file.file} line ${location.line}`
    const { trait } = statement
    switch (trait.kind) {
      case 'transaction':
        return [
          {
            code: 'TRANSACTION_CONTROL',
            severity: 'error',
            message: `${at}: ${trait.what} would end or split the transaction that the migration runs in`,
            hint: 'remove it: a migration and its history row commit together or not at all',
            ...about,
            location,
          },
        ]
      case 'outside-only':
        if (file.directives.transaction === 'none') return []
        return [
          {
            code: 'NO_TRANSACTION_REQUIRED',
            severity: 'error',
            message: `${at}: ${trait.what} cannot run inside a transaction`,
            hint: 'put it into a migration of its own whose first line is: -- sqlmig: no-transaction',
            ...about,
            location,
          },
        ]
      case 'copy-from-client':
        return copyProblem(at, statement.data, trait.format).map((problem) => ({
          code: 'COPY_DATA',
          severity: 'error',
          ...problem,
          ...about,
          location,
        }))
      default:
        return []
    }
  })
}

function copyProblem(
  at: string,
  data: StatementSpan | undefined,
  format: CopyFormat,
): Array<Pick<Finding, 'message' | 'hint'>> {
  if (format === 'binary')
    return [
      {
        message: `${at}: COPY … FROM stdin in binary format, which cannot stand in a text`,
        hint: 'write the rows in text or CSV format, or as INSERT statements',
      },
    ]
  if (data !== undefined) return []
  return [
    {
      message: `${at}: COPY … FROM stdin without data`,
      hint: 'end the statement with a semicolon and its line; the rows follow, and then a line with nothing but \\.',
    },
  ]
}
