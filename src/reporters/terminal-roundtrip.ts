import type { ChalkInstance } from 'chalk'
import type { Finding } from '../core/finding.ts'
import type { ProofReport, ProofVerdict, SqlmigEvent, WalkReport } from '../core/run.ts'
import { findingDetails, type LineRole, objectText } from './finding-text.ts'
import {
  MARK,
  type ReportView,
  summaryLines,
  type Unit,
  unseenText,
  verdictText,
  WALK_TITLE,
} from './report-view.ts'
import { formatDuration, movesText } from './text.ts'

type ProofFinished = Extract<SqlmigEvent, { type: 'proof.finished' }>
type WalkFinished = Extract<SqlmigEvent, { type: 'walk.finished' }>

/** `✓ 003 add_index  up 4 ms  down 2 ms  up 3 ms`, and below it what is told for information only. */
export function renderProof({ proof, findings }: ProofFinished, chalk: ChalkInstance): string {
  const { verdict, version, name } = proof
  const parts = [
    `${markOf(verdict, chalk)} ${version} ${name}`,
    ...timesOf(proof).map((time) => chalk.dim(time)),
  ]
  const reason = proof.reason === undefined ? '' : `: ${proof.reason}`
  if (verdict === 'irreversible' || verdict === 'not-walked') parts.push(`${verdictText(verdict)}${reason}`)
  else if (findings.length > 0) parts.push(paint(verdict, chalk)(inShort(findings)))
  const { nondeterministic = [], unseen = [], sequences = [] } = proof
  if (nondeterministic.length > 0) parts.push(chalk.dim(`non-deterministic: ${nondeterministic.join(', ')}`))
  if (unseen.length > 0) parts.push(chalk.yellow(unseenText(unseen)))
  const line = parts.join('  ')
  return sequences.length === 0 ? line : `${line}\n${chalk.dim(`  ${movesText(sequences)}`)}`
}

function timesOf({ upMs, downMs, redoMs }: ProofReport): string[] {
  const time = (label: string, ms: number | null) => (ms === null ? [] : [`${label} ${formatDuration(ms)}`])
  return [...time('up', upMs), ...time('down', downMs), ...time('up', redoMs)]
}

/** The first finding, and how many more there are. */
function inShort(findings: readonly Finding[]): string {
  const first = findings.find((finding) => finding.severity === 'error') ?? findings[0]
  if (first === undefined) return ''
  const about = objectText(first)
  const more = findings.length > 1 ? `, ${findings.length - 1} more` : ''
  return `${first.code}${about === undefined ? '' : ` ${about}`}${more}`
}

/** `✓ ladder  all down, all up again  12 ms` */
export function renderWalk({ walk }: WalkFinished, chalk: ChalkInstance): string {
  const { kind, verdict, durationMs, reason } = walk
  const why = reason === undefined ? '' : `: ${reason}`
  const end = verdict === 'not-walked' ? `not walked${why}` : chalk.dim(formatDuration(durationMs))
  return `${markOf(verdict, chalk)} ${kind}  ${WALK_TITLE[kind as WalkReport['kind']]}  ${end}`
}

/** All findings, each under its migration's file. */
export function renderFindings(view: ReportView, chalk: ChalkInstance, onlyErrors: boolean): string[] {
  const groups: Array<readonly [string, string | undefined, readonly Finding[]]> = [
    ...view.units.map((unit: Unit) => [unit.title, unit.path, unit.findings] as const),
    ['other findings', undefined, view.others],
  ]
  const lines = groups.flatMap(([title, path, findings]) => {
    const shown = findings.filter((finding) => finding.severity === 'error' || !onlyErrors)
    if (shown.length === 0) return []
    const heading = `${chalk.bold(title)}${path === undefined ? '' : chalk.dim(`  ${path}`)}`
    const blocks = shown.map((finding) => renderFinding(finding, view, chalk))
    return ['', heading, ...blocks.flatMap((block, i) => (i === 0 ? block : ['', ...block]))]
  })
  // A line apart from the proofs; without them there is nothing to be apart from.
  return onlyErrors ? lines.slice(1) : lines
}

function renderFinding(finding: Finding, view: ReportView, chalk: ChalkInstance): string[] {
  const verdict = finding.severity === 'error' ? 'failed' : 'warned'
  const path = finding.location === undefined ? undefined : view.pathOf(finding.location)
  const paints = paintsOf(chalk)
  return [
    `${markOf(verdict, chalk)} ${paint(verdict, chalk)(finding.code)} ${finding.message}`,
    // What is to be pasted starts where it was written to start.
    ...findingDetails(finding, path).map(
      ({ role, text }) => `${role === 'sql' ? '' : '  '}${paints[role](text)}`,
    ),
  ]
}

function paintsOf(chalk: ChalkInstance): Readonly<Record<LineRole, (text: string) => string>> {
  const same = (text: string) => text
  return {
    plain: same,
    place: chalk.dim,
    around: chalk.dim,
    line: same,
    mark: (text) => text.replace('^', chalk.red('^')),
    label: chalk.cyan,
    removed: chalk.red,
    added: chalk.green,
    same: chalk.dim,
    sql: chalk.bold,
    hint: (text) => text.replace(/^hint:/, chalk.cyan('hint')),
    consequence: chalk.yellow,
  }
}

/** What can be pasted into a pull request. */
export function renderRoundtripSummary(view: ReportView, chalk: ChalkInstance): string[] {
  const [first = '', ...rest] = summaryLines(view)
  return ['', view.report.ok ? chalk.green(first) : chalk.red(first), ...rest]
}

function paint(verdict: ProofVerdict, chalk: ChalkInstance): (text: string) => string {
  if (verdict === 'passed') return chalk.green
  if (verdict === 'failed') return chalk.red
  return verdict === 'warned' ? chalk.yellow : chalk.dim
}

function markOf(verdict: ProofVerdict, chalk: ChalkInstance): string {
  return paint(verdict, chalk)(MARK[verdict])
}
