import { classifyEdit } from '../core/edit.ts'
import type { Finding } from '../core/finding.ts'
import type { Edit } from '../core/reconcile.ts'
import type { HistoryStore, Session } from '../ports.ts'

const CONTEXT_LINES = 2

// The time that a diff takes grows with the square of the lines that differ: 2,000 take a tenth of a second, 24,000 more than a quarter of
// a minute.
const MOST_CHANGED_LINES = 2000

/** Says of every edited file what exactly changed, against the SQL that ran. */
export async function explainEdits(
  edits: readonly Edit[],
  history: HistoryStore,
  session: Session,
): Promise<Finding[]> {
  if (edits.length === 0) return []
  const recorded = await history.recordedSql(session, [...new Set(edits.map((edit) => edit.applied.row.id))])
  const { createTwoFilesPatch } = await import('diff')
  return edits.map(({ finding, file, direction, applied }) => {
    const before = recorded.get(applied.row.id)?.[direction] ?? undefined
    if (file === undefined || before === undefined) return finding
    const change = classifyEdit(before, file.text)
    const patch = createTwoFilesPatch(`${file.file} as applied`, file.file, before, file.text, '', '', {
      context: CONTEXT_LINES,
      maxEditLength: MOST_CHANGED_LINES,
    })
    const diff = patch ?? firstDifference(file.file, before, file.text)
    return {
      ...finding,
      message: `${finding.message} (${change} change)`,
      hint:
        change === 'cosmetic'
          ? `only comments, blanks or letter case differ; ${finding.hint}`
          : (finding.hint ?? ''),
      location: { file: file.file, ...firstChange(diff) },
      facts: { ...finding.facts, change, diff: diff.replace(/^=+\n/, '') },
    }
  })
}

/** What is shown in place of a diff that would take too long: the first line that differs. */
function firstDifference(file: string, before: string, after: string): string {
  const old = linesOf(before)
  const now = linesOf(after)
  const at = now.findIndex((line, index) => line !== old[index])
  const index = at < 0 ? now.length : at
  const side = (sign: string, line: string | undefined) => (line === undefined ? [] : [sign + line])
  return [
    `--- ${file} as applied`,
    `+++ ${file}`,
    `@@ -${index + 1} +${index + 1} @@`,
    ...side('-', old[index]),
    ...side('+', now[index]),
    '\\ More lines differ, too many to show.',
    '',
  ].join('\n')
}

function linesOf(text: string): string[] {
  return text.replace(/\n$/, '').split('\n')
}

/** The line of the present file at which the diff begins to differ. */
function firstChange(diff: string): { line?: number } {
  const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@\n((?: .*\n)*)/m.exec(diff)
  if (hunk === null) return {}
  const unchanged = (hunk[2] ?? '').split('\n').length - 1
  return { line: Math.max(1, Number(hunk[1]) + unchanged) }
}
