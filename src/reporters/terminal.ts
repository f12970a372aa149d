import { Chalk, type ChalkInstance } from 'chalk'
import type { Finding } from '../core/finding.ts'
import type { ErrorReport, Report, SqlmigEvent } from '../core/run.ts'
import type { Output, Reporter } from './output.ts'
import { createProgress } from './progress.ts'
import { createReportFold, filesVerb, type ReportView } from './report-view.ts'
import { renderExcerpt, renderFailure } from './terminal-error.ts'
import {
  renderHistory,
  renderLock,
  renderPlan,
  renderStatus,
  renderStep,
  renderSummary,
} from './terminal-report.ts'
import { renderFindings, renderProof, renderRoundtripSummary, renderWalk } from './terminal-roundtrip.ts'
import { printableAll, waitingText } from './text.ts'

/** The reader is a person: one line a migration, a summary, and errors with their place in the file. */
export function createTerminalReporter(output: Output): Reporter {
  const chalk = new Chalk({ level: output.color ? 1 : 0 })
  const progress = createProgress(output)
  const fold = createReportFold(output.displayPath)
  const quiet = output.verbosity === 'quiet'
  const print = (write: (text: string) => void, lines: readonly string[]) => {
    if (lines.length === 0) return
    progress.clear()
    write(`${lines.join('\n')}\n`)
  }
  const finish = (view: ReportView) => {
    const { report } = view
    const proving = PROVING.has(report.command)
    if (proving) print(output.log, renderFindings(view, chalk, quiet))
    if (!quiet) print(output.data, resultLines(report, output, chalk))
    if (!quiet && report.roundtrip !== undefined) print(output.data, renderRoundtripSummary(view, chalk))
    print(output.log, proving ? errorLines(report.error, chalk) : problemLines(report, output, chalk))
  }
  return {
    on(raw) {
      // File names, notices and errors are made elsewhere: nothing in them may steer the terminal.
      const event = printableAll(raw)
      if (!quiet) progress.on(event)
      if (!quiet) print(output.log, progressLines(event, output, chalk))
      if (!quiet) print(output.data, finishedLines(event, chalk))
      const view = fold(event)
      if (view !== undefined) finish(view)
    },
  }
}

/** Commands whose findings are of a round trip. */
const PROVING: ReadonlySet<Report['command']> = new Set(['roundtrip', 'draft'])

/** The line of what has just ended. */
function finishedLines(event: SqlmigEvent, chalk: ChalkInstance): string[] {
  switch (event.type) {
    case 'step.finished':
      return [renderStep(event, chalk)]
    case 'proof.finished':
      return [renderProof(event, chalk)]
    case 'walk.finished':
      return [renderWalk(event, chalk)]
    default:
      return []
  }
}

/** What is worth a line of its own while a run goes on; on a terminal most of it is in the progress line already. */
function progressLines(event: SqlmigEvent, output: Output, chalk: ChalkInstance): string[] {
  switch (event.type) {
    case 'connected':
      if (output.verbosity !== 'verbose') return []
      return [chalk.dim(`${event.target.database} · ${event.target.server} · ${event.target.history}`)]
    case 'lock.waiting':
      if (output.interactive) return []
      return [waitingText(event)]
    case 'step.blocked':
      if (output.interactive) return []
      return [`${event.step.version} ${event.step.name} waits for ${event.blockers}`]
    case 'step.retrying':
      return [
        chalk.yellow(
          `${event.step.version} ${event.step.name} got no lock in time; try ${event.attempt} in ${event.delayMs} ms`,
        ),
      ]
    case 'notice':
      if (output.verbosity !== 'verbose' && event.severity !== 'WARNING') return []
      return [chalk.dim(`${event.severity.toLowerCase()}: ${event.message}`)]
    default:
      return []
  }
}

function resultLines(report: Report, { displayPath }: Output, chalk: ChalkInstance): string[] {
  switch (report.command) {
    case 'status':
      return renderStatus(report, chalk)
    case 'history':
      return renderHistory(report, chalk)
    case 'init':
    case 'new':
    case 'draft':
    case 'roundtrip':
      return (report.files ?? []).map((file) => `${chalk.green(filesVerb(report))} ${displayPath(file)}`)
    case 'lock':
      return renderLock(report, displayPath, chalk)
    case 'verify':
      return renderSummary(report, chalk)
    default:
      return report.dryRun ? renderPlan(report, chalk) : renderSummary(report, chalk)
  }
}

function problemLines(report: Report, output: Output, chalk: ChalkInstance): string[] {
  const shown = report.findings.filter(
    (finding) => finding.severity === 'error' || output.verbosity !== 'quiet',
  )
  return [...shown.flatMap((finding) => findingLines(finding, chalk)), ...errorLines(report.error, chalk)]
}

function findingLines(finding: Finding, chalk: ChalkInstance): string[] {
  const mark = finding.severity === 'error' ? chalk.red('error') : chalk.yellow('warning')
  const { location, hint, facts } = finding
  const lines = [`${mark} ${finding.code}: ${finding.message}`]
  if (location?.line !== undefined)
    lines.push(chalk.dim(`  at ${location.file}:${location.line}:${location.column ?? 1}`))
  if (typeof facts?.['diff'] === 'string') lines.push(...diffLines(facts['diff'], chalk))
  if (hint !== undefined) lines.push(`  ${chalk.cyan('hint')} ${hint}`)
  return lines
}

function diffLines(diff: string, chalk: ChalkInstance): string[] {
  return diff
    .trimEnd()
    .split('\n')
    .map(
      (line) =>
        `  ${line.startsWith('+') ? chalk.green(line) : line.startsWith('-') ? chalk.red(line) : chalk.dim(line)}`,
    )
}

function errorLines(error: ErrorReport | undefined, chalk: ChalkInstance): string[] {
  if (error === undefined) return []
  const lines = [`${chalk.red('error')} ${error.code}: ${error.message}`]
  const { location, excerpt, failure } = error
  if (location !== undefined) {
    const place =
      location.line === undefined ? location.file : `${location.file}:${location.line}:${location.column}`
    lines.push(chalk.dim(`  at ${place}`))
  }
  if (excerpt !== undefined) lines.push(...renderExcerpt(excerpt, chalk))
  if (failure !== undefined) lines.push(...renderFailure(failure, chalk))
  if (error.hint !== undefined) lines.push(`  ${chalk.cyan('hint')} ${error.hint}`)
  if (error.consequence !== undefined) lines.push(chalk.bold(error.consequence))
  return lines
}
