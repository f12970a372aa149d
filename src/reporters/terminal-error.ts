import type { ChalkInstance } from 'chalk'
import type { DatabaseFailure } from '../core/errors.ts'
import type { Excerpt } from '../core/sql-text.ts'
import { printable } from './text.ts'

const TAB = /\t/g

/** The lines around an error, with a mark under its column. Tabs become blanks, so that the mark stands where it should. */
export function renderExcerpt(excerpt: Excerpt, chalk: ChalkInstance): string[] {
  const width = String(excerpt.lines.at(-1)?.number ?? 0).length
  return excerpt.lines.flatMap(({ number, text }) => {
    const gutter = `${number === excerpt.line ? '>' : ' '} ${String(number).padStart(width)} |`
    const shown = printable(text).replace(TAB, '  ')
    if (number !== excerpt.line) return [chalk.dim(`  ${gutter} ${shown}`)]
    const before = printable([...text].slice(0, excerpt.column - 1).join('')).replace(TAB, '  ')
    const indent = ' '.repeat(displayWidth(before))
    return [`  ${gutter} ${shown}`, `  ${' '.repeat(width + 2)} | ${indent}${chalk.red('^')}`]
  })
}

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u
const COMBINING = /\p{Mn}/u

/** Cells that a terminal needs: East Asian characters and emoji take two, combining marks none. */
function displayWidth(text: string): number {
  let width = 0
  for (const character of text) width += COMBINING.test(character) ? 0 : WIDE.test(character) ? 2 : 1
  return width
}

/** What the server added to its message. */
export function renderFailure(failure: DatabaseFailure, chalk: ChalkInstance): string[] {
  const fields: Array<[string, string | undefined]> = [
    ['SQLSTATE', failure.sqlstate],
    ['detail', failure.detail],
    ['context', failure.where],
    ['constraint', failure.constraint],
  ]
  return fields.flatMap(([label, value]) => {
    if (value === undefined || value === '') return []
    const [first = '', ...rest] = value.split('\n')
    return [`  ${chalk.cyan(label)} ${first}`, ...rest.map((line) => `  ${' '.repeat(label.length)} ${line}`)]
  })
}
