import type { ChalkInstance } from 'chalk'
import type { DatabaseFailure } from '../core/errors.ts'
import type { Excerpt } from '../core/sql-text.ts'
import { excerptLines } from './excerpt.ts'

/** The lines around an error, with a mark under its column. */
export function renderExcerpt(excerpt: Excerpt, chalk: ChalkInstance): string[] {
  return excerptLines(excerpt).map(({ role, prefix, text }) => {
    if (role === 'around') return chalk.dim(`  ${prefix}${text}`)
    return `  ${prefix}${role === 'mark' ? text.replace('^', chalk.red('^')) : text}`
  })
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
