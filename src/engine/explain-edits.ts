import { classifyEdit } from '../core/edit.ts'
import type { Finding } from '../core/finding.ts'
import type { Edit } from '../core/reconcile.ts'
import type { HistoryStore, Session } from '../ports.ts'

const CONTEXT_LINES = 2

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
    const diff = createTwoFilesPatch(`${file.file} as applied`, file.file, before, file.text, '', '', {
      context: CONTEXT_LINES,
    })
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

/** The line of the present file at which the diff begins to differ. */
function firstChange(diff: string): { line?: number } {
  const hunk = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,\d+)? @@\n((?: .*\n)*)/m.exec(diff)
  if (hunk === null) return {}
  const unchanged = (hunk[2] ?? '').split('\n').length - 1
  return { line: Math.max(1, Number(hunk[1]) + unchanged) }
}
