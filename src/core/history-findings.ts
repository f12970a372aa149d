import type { Finding } from './finding.ts'
import type { HistoryRow } from './history.ts'

/** A head of the chain that somebody kept elsewhere, and where. */
export interface PinnedHead {
  readonly hash: string
  /** For people: `--head`, or the name of a file. */
  readonly source: string
}

/** What is not as it should be about the table of the history. */
interface TableProblem {
  readonly severity: 'error' | 'warning'
  readonly kind: string
  readonly problem: string
  readonly hint: string
}

export function untrustedFinding(history: string, { severity, kind, problem, hint }: TableProblem): Finding {
  return {
    code: 'HISTORY_UNTRUSTED',
    severity,
    message: `${history} is not as sqlmig made it: ${problem}`,
    hint,
    facts: { problem: kind },
    object: { kind: 'table', name: history },
  }
}

/** Heads that the chain does not contain (any more). One that it contains and that is not the newest only shows that work went on. */
export function headFindings(
  history: string,
  pins: readonly PinnedHead[],
  rows: readonly HistoryRow[],
): Finding[] {
  return pins
    .filter(({ hash }) => !rows.some((row) => row.hash === hash))
    .map(({ hash, source }) => ({
      code: 'HEAD_MISMATCH',
      severity: 'error',
      message: `${history} does not contain the pinned head ${hash} (${source}): ${
        rows.length === 0
          ? 'it is empty, so it was truncated or dropped, or it is another database'
          : 'its end was cut off, it was rewritten or restored from an older backup, or it is another database'
      }`,
      hint: 'compare with a backup. Where the history is right, pin its head anew: sqlmig lock --with-head',
      facts: { pinned: hash, source, head: rows.at(-1)?.hash ?? '' },
    }))
}

/** Heads that the chain contains, with the number of rows that came after each. */
export function containedHeads(
  pins: readonly PinnedHead[],
  rows: readonly HistoryRow[],
): Array<PinnedHead & { readonly newer: number }> {
  return pins.flatMap((pin) => {
    const at = rows.findIndex((row) => row.hash === pin.hash)
    return at < 0 ? [] : [{ ...pin, newer: rows.length - 1 - at }]
  })
}

/** That the history went on behind a head, for who asked whether it is still that one. */
export function behindFindings(
  history: string,
  pins: readonly PinnedHead[],
  rows: readonly HistoryRow[],
): Finding[] {
  return containedHeads(pins, rows).flatMap(({ hash, source, newer }) => {
    if (newer === 0) return []
    const finding: Finding = {
      code: 'HEAD_BEHIND',
      severity: 'warning',
      message: `${history} went on behind the pinned head ${hash} (${source}): ${newer} ${newer === 1 ? 'row' : 'rows'} since; nothing up to it is lost`,
      hint: `the head is now ${rows.at(-1)?.hash}`,
      facts: { pinned: hash, source, head: rows.at(-1)?.hash ?? '', newer },
    }
    return [finding]
  })
}
