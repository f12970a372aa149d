import type { Excerpt } from '../core/sql-text.ts'
import { printable } from './text.ts'

const TAB = /\t/g

/** One line of a code frame: a line of the file, or the mark under the column of the line before. */
export interface ExcerptLine {
  readonly role: 'around' | 'line' | 'mark'
  /** The line's number and a bar. */
  readonly prefix: string
  readonly text: string
}

/** The lines around a place in a file, with a mark under its column. Tabs become blanks, so that the mark stands where it should. */
export function excerptLines(excerpt: Excerpt): ExcerptLine[] {
  const width = String(excerpt.lines.at(-1)?.number ?? 0).length
  return excerpt.lines.flatMap(({ number, text }): ExcerptLine[] => {
    const prefix = `${number === excerpt.line ? '>' : ' '} ${String(number).padStart(width)} | `
    const shown = printable(text).replace(TAB, '  ')
    if (number !== excerpt.line) return [{ role: 'around', prefix, text: shown }]
    const before = printable([...text].slice(0, excerpt.column - 1).join('')).replace(TAB, '  ')
    const indent = ' '.repeat(displayWidth(before))
    return [
      { role: 'line', prefix, text: shown },
      { role: 'mark', prefix: `${' '.repeat(width + 2)} | `, text: `${indent}^` },
    ]
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
