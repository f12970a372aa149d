import { LOCK_IN_WORDS } from '../core/lock-name.ts'
import type { SqlmigEvent } from '../core/run.ts'
import type { SequenceMove } from '../core/sequences.ts'

/** A duration for people: `9 ms`, `1.2 s`, `3 min 4 s`. */
export function formatDuration(milliseconds: number): string {
  // Rounded first, so that 999.9 is not 1000 ms and 59.99 s not 60.0 s.
  if (Math.round(milliseconds) < 1000) return `${Math.round(milliseconds)} ms`
  if (Math.round(milliseconds / 100) < 600) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** Time that is left, for people: `about 8 s left`, `about 3 min left`. */
export function formatRemaining(milliseconds: number): string {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000))
  return seconds < 100 ? `about ${seconds} s left` : `about ${Math.round(seconds / 60)} min left`
}

/** `2026-05-01T10:11:12.123456Z` as `2026-05-01 10:11:12`. */
export function formatTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}

/** Rows with their cells lined up; the last column is left as it is. */
export function alignColumns(rows: ReadonlyArray<readonly string[]>): string[] {
  const widths: number[] = []
  for (const row of rows)
    row.forEach((cell, i) => {
      widths[i] = Math.max(widths[i] ?? 0, cell.length)
    })
  return rows.map((row) =>
    row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0))).join('  '),
  )
}

const HARMLESS = new Set(['\n', '\t'])

/**
 * Text of files and servers may hold control characters that would steer the terminal, and halves of characters that no encoding has;
 * they are shown as escapes.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (HARMLESS.has(character)) return character
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}

/** The same value with all its texts {@link printable}. Excerpts stay: their columns count the characters of the file. */
export function printableAll<T>(value: T): T {
  return clean(value) as T
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return printable(value)
  if (Array.isArray(value)) return value.map(clean)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, key === 'excerpt' ? inner : clean(inner)]),
  )
}

/** `sequence app.users_id_seq stands at 5, before at 3` */
export function movesText(moves: readonly SequenceMove[]): string {
  const place = (value: string | null) => (value === null ? 'unused' : `at ${value}`)
  return moves
    .map(
      ({ name, before, after }) =>
        `sequence ${name} ${after === null ? 'is' : 'stands'} ${place(after)}, before ${place(before)}`,
    )
    .join('; ')
}

/** `waiting for the migration lock, held by process 7` */
export function waitingText({
  lock = 'migration',
  holder,
}: Extract<SqlmigEvent, { type: 'lock.waiting' }>): string {
  return `waiting for ${LOCK_IN_WORDS[lock]}, held by ${holder ?? 'another session'}`
}
