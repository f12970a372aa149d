import type { Finding, SourceLocation } from '../core/finding.ts'
import type { ErrorReport } from '../core/run.ts'
import { missingSql, objectText, proofOfSql } from './finding-text.ts'
import { markdownDocument } from './markdown.ts'
import type { ReporterFactory } from './output.ts'
import { createReportFold, type ReportView } from './report-view.ts'
import { printableAll } from './text.ts'

/**
 * Annotations at files and lines, as workflow commands of GitHub Actions, and the summary of the job.
 * https://docs.github.com/actions/reference/workflow-commands-for-github-actions
 */
export const createGithubReporter: ReporterFactory = ({ data, displayPath, summary }) => {
  const fold = createReportFold(displayPath)
  return {
    on(event) {
      const view = fold(printableAll(event))
      if (view === undefined) return
      const lines = annotations(view)
      if (lines.length > 0) data(`${lines.join('\n')}\n`)
      summary?.(stepSummary(view))
    },
  }
}

/** Errors first: GitHub shows ten annotations of each severity for a step. */
function annotations(view: ReportView): string[] {
  const { error } = view.report
  const findings = view.report.findings.toSorted((a, b) => a.severity.localeCompare(b.severity))
  return [
    ...(error === undefined ? [] : [errorCommand(error, view)]),
    ...findings.map((finding) => findingCommand(finding, view)),
  ]
}

function findingCommand(finding: Finding, view: ReportView): string {
  const { severity, code, message, hint, location, difference } = finding
  const sql = missingSql(finding)
  const about = objectText(finding)
  const text = [
    message,
    ...(difference?.consequence === undefined ? [] : [`consequence: ${difference.consequence}`]),
    ...(sql === undefined || difference === undefined
      ? []
      : [`the down lacks (${proofOfSql(difference)}):\n${sql}`]),
    ...(hint === undefined ? [] : [`hint: ${hint}`]),
  ]
  const title = about === undefined ? code : `${code} ${about}`
  return command(severity, location, title, text.join('\n'), view)
}

function errorCommand({ code, message, hint, consequence, location }: ErrorReport, view: ReportView): string {
  const text = [message, consequence, hint === undefined ? undefined : `hint: ${hint}`]
  return command('error', location, code, text.filter((line) => line !== undefined).join('\n'), view)
}

function command(
  severity: Finding['severity'],
  location: SourceLocation | undefined,
  title: string,
  text: string,
  { pathOf }: ReportView,
): string {
  const place =
    location === undefined
      ? {}
      : {
          file: pathOf(location),
          ...(location.line === undefined ? {} : { line: location.line, col: location.column ?? 1 }),
        }
  const properties = Object.entries({ ...place, title }).map(
    ([name, value]) => `${name}=${escapeProperty(String(value))}`,
  )
  return `::${severity} ${properties.join(',')}::${escapeData(text)}`
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

/** GitHub refuses a summary of more than 1 MiB; a character has at most 4 bytes, and the log says the rest. */
const SUMMARY_CHARACTERS = 250_000

function stepSummary(view: ReportView): string {
  const whole = markdownDocument(view, 'whole')
  return whole.length <= SUMMARY_CHARACTERS
    ? whole
    : markdownDocument(view, 'short').slice(0, SUMMARY_CHARACTERS)
}
