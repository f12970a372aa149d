import type { Finding } from '../core/finding.ts'
import type { ErrorReport } from '../core/run.ts'
import { excerptLines } from './excerpt.ts'
import {
  definitionLines,
  errorDetails,
  insideSummary,
  missingSql,
  placeText,
  proofOfSql,
} from './finding-text.ts'
import { markdownBlock, markdownCode, markdownText } from './markdown-text.ts'
import type { ReporterFactory } from './output.ts'
import {
  countsText,
  createReportFold,
  filesVerb,
  isWalk,
  MARK,
  type ReportView,
  type Unit,
  verdictText,
  whereText,
} from './report-view.ts'
import { formatDuration, printableAll } from './text.ts'

/** A document in GitHub's Markdown: summary, findings, and a table of what ran. */
export const createMarkdownReporter: ReporterFactory = ({ data, displayPath }) => {
  const fold = createReportFold(displayPath)
  return {
    on(event) {
      const view = fold(printableAll(event))
      if (view !== undefined) data(markdownDocument(view, 'whole'))
    },
  }
}

/** @param extent `short` names the findings and leaves out what they say */
export function markdownDocument(view: ReportView, extent: 'whole' | 'short'): string {
  const { report, units, others, title } = view
  const groups = units
    .filter((unit) => unit.findings.length > 0)
    .map((unit) => groupBlocks(unit, view, extent))
  const blocks = [
    `## ${report.ok ? '✅' : '❌'} ${title}`,
    [countsText(view), whereText(view)]
      .filter((text) => text !== '')
      .map(markdownText)
      .join('  \n'),
    ...(report.error === undefined ? [] : errorBlocks(report.error, view)),
    (report.files ?? [])
      .map((file) => `${filesVerb(report)} ${markdownCode(view.displayPath(file))}`)
      .join('  \n'),
    ...groups.flat(),
    ...(others.length === 0 ? [] : ['### Other findings', ...findingsBlocks(others, view, extent)]),
    ...tableBlocks(units),
  ]
  return `${blocks.filter((block) => block !== '').join('\n\n')}\n`
}

function errorBlocks(error: ErrorReport, { pathOf }: ReportView): string[] {
  const details = errorDetails(error, error.location && pathOf(error.location))
  const title = `❌ **${error.code}** ${markdownText(error.message)}`
  return details === '' ? [title] : [title, markdownBlock(details, 'text')]
}

function groupBlocks(unit: Unit, view: ReportView, extent: 'whole' | 'short'): string[] {
  const path = unit.path === undefined ? '' : ` · ${markdownCode(unit.path)}`
  return [`### ${markdownText(unit.title)}${path}`, ...findingsBlocks(unit.findings, view, extent)]
}

function findingsBlocks(findings: readonly Finding[], view: ReportView, extent: 'whole' | 'short'): string[] {
  return findings.flatMap((finding) => [
    findingTitle(finding, view),
    ...(extent === 'whole' ? findingBlocks(finding) : []),
  ])
}

function findingTitle({ severity, code, message, location }: Finding, { pathOf }: ReportView): string {
  const place = location === undefined ? '' : `  \nat ${markdownCode(placeText(location, pathOf(location)))}`
  return `${severity === 'error' ? '❌' : '⚠️'} **${code}** ${markdownText(message)}${place}`
}

/** What to do stands in the open; what was seen, behind a line that opens. */
function findingBlocks(finding: Finding): string[] {
  const { difference, hint } = finding
  const sql = missingSql(finding)
  const blocks: string[] = []
  if (sql !== undefined && difference !== undefined)
    blocks.push(`The down lacks (${proofOfSql(difference)}):`, markdownBlock(sql, 'sql'))
  if (difference?.consequence !== undefined)
    blocks.push(`**Consequence:** ${markdownText(difference.consequence)}`)
  if (hint !== undefined) blocks.push(`**Hint:** ${markdownText(hint)}`)
  const seen = seenBlocks(finding)
  if (seen.length > 0)
    blocks.push(['<details><summary>What was seen</summary>', ...seen, '</details>'].join('\n\n'))
  return blocks
}

function seenBlocks(finding: Finding): string[] {
  const { excerpt, difference, facts } = finding
  const blocks: string[] = []
  if (excerpt !== undefined) {
    const lines = excerptLines(excerpt).map(({ prefix, text }) => (prefix + text).trimEnd())
    blocks.push(markdownBlock(lines.join('\n'), 'text'))
  }
  if (typeof facts?.['diff'] === 'string') blocks.push(markdownBlock(facts['diff'], 'diff'))
  if (difference === undefined) return blocks
  const lines = definitionLines(difference).map(({ sign, text }) => `${sign} ${text}`)
  if (lines.length > 0)
    blocks.push('`-` as it should be, `+` as it is:', markdownBlock(lines.join('\n'), 'diff'))
  const inside = insideSummary(finding)
  if (inside !== undefined) blocks.push(markdownText(inside))
  if (difference.rows !== undefined && difference.rows.length > 0)
    blocks.push('Rows:', markdownBlock(difference.rows.join('\n'), 'diff'))
  return blocks
}

function tableBlocks(units: readonly Unit[]): string[] {
  const migrations = units.filter((unit) => !isWalk(unit))
  if (units.length === 0) return []
  const withParts = units.some((unit) => unit.parts.length > 0)
  const heads = ['', 'migration', ...(withParts ? ['up', 'down', 'up again'] : []), 'time', '']
  const rows = [...migrations, ...units.filter(isWalk)].map((unit) => row(unitCells(unit, withParts)))
  const table = [row(heads), row(heads.map(() => '---')), ...rows].join('\n')
  const what = migrations[0]?.kind === 'step' ? 'Steps' : 'All migrations'
  return [`<details><summary>${what}</summary>`, table, '</details>']
}

function unitCells(unit: Unit, withParts: boolean): string[] {
  const { verdict, title, parts, durationMs, reason, note } = unit
  const why = [
    ...(verdict === 'passed' ? [] : [verdictText(verdict)]),
    ...(reason === undefined ? [] : [reason]),
  ]
  const time = (ms: number | null | undefined) => (ms === null || ms === undefined ? '' : formatDuration(ms))
  return [
    MARK[verdict],
    markdownText(title),
    ...(withParts ? [0, 1, 2].map((i) => time(parts[i]?.ms)) : []),
    time(durationMs),
    [why.join(': '), note ?? '']
      .filter((text) => text !== '')
      .map(markdownText)
      .join('<br>'),
  ]
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}
