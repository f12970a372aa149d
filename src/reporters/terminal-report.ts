import type { ChalkInstance } from 'chalk'
import type {
  MigrationReport,
  MigrationState,
  Report,
  SqlmigEvent,
  StepReport,
  StepStatus,
} from '../core/run.ts'
import { alignColumns, formatDuration, formatTime, plural } from './text.ts'

type StepFinished = Extract<SqlmigEvent, { type: 'step.finished' }>

/** `✓ applied  003 add_index  12 ms  no transaction` */
export function renderStep({ step, status, durationMs }: StepFinished, chalk: ChalkInstance): string {
  const verb = step.action === 'apply' ? 'applied ' : 'reverted'
  const mark = status === 'done' ? chalk.green(`✓ ${verb}`) : chalk.red('✗ failed  ')
  const duration = durationMs === null ? '' : chalk.dim(`  ${formatDuration(durationMs)}`)
  const mode = step.transactional ? '' : chalk.dim('  no transaction')
  return `${mark} ${step.version} ${step.name}${duration}${mode}`
}

/** What was done and what was not, in one line or two. */
export function renderSummary(report: Report, chalk: ChalkInstance): string[] {
  if (report.command === 'verify') return verifySummary(report, chalk)
  if (report.target === null) return []
  const where = chalk.dim(`${report.target.database}, ${report.target.server}`)
  const done = report.steps.filter((step) => step.status === 'done')
  if (report.steps.length === 0)
    return report.error === undefined ? [`nothing to do ${chalk.dim('·')} ${where}`] : []
  const count = (status: StepStatus, label: string) => {
    const found = report.steps.filter((step) => step.status === status).length
    return found === 0 ? [] : [`${found} ${label}`]
  }
  const parts = [...countActions(done), ...count('failed', 'failed'), ...count('not-run', 'not run')]
  const total = formatDuration(done.reduce((sum, step) => sum + (step.durationMs ?? 0), 0))
  const lines = [`${parts.join(', ')} in ${total} ${chalk.dim('·')} ${where}`]
  if (report.target.head !== null && report.ok) lines.push(chalk.dim(`history head ${report.target.head}`))
  return lines
}

function countActions(steps: readonly StepReport[]): string[] {
  const applied = steps.filter((step) => step.action === 'apply').length
  const reverted = steps.length - applied
  return [...(reverted > 0 ? [`${reverted} reverted`] : []), ...(applied > 0 ? [`${applied} applied`] : [])]
}

function verifySummary(report: Report, chalk: ChalkInstance): string[] {
  if (report.target === null) return []
  const errors = report.findings.filter((finding) => finding.severity === 'error').length
  const count = plural(report.migrations.length, 'migration')
  if (errors > 0) return [chalk.red(`✗ ${count} verified, ${plural(errors, 'error')}`)]
  const { head, history } = report.target
  return [
    `${chalk.green('✓')} ${count} verified: files, history and chain agree`,
    chalk.dim(head === null ? `${history} is empty` : `history head ${head}`),
  ]
}

export function renderPlan(report: Report, chalk: ChalkInstance): string[] {
  if (report.error !== undefined) return []
  if (report.steps.length === 0) return ['nothing to do']
  const rows = report.steps.map((step) => [
    step.action,
    step.version,
    step.name,
    step.transactional ? '' : chalk.dim('no transaction'),
  ])
  return [
    ...alignColumns(rows).map((line) => line.trimEnd()),
    chalk.dim(`${plural(report.steps.length, 'step')}; nothing was run`),
  ]
}

const STATE_MARK: Readonly<Record<MigrationState, string>> = {
  applied: '✓',
  pending: '·',
  edited: '✗',
  missing: '✗',
  'out-of-order': '✗',
  incomplete: '✗',
}

export function renderStatus(report: Report, chalk: ChalkInstance): string[] {
  if (report.target === null) return []
  if (report.migrations.length === 0) return ['nothing to do: there are no migrations']
  const paint = (state: MigrationState, text: string) => {
    if (state === 'applied') return chalk.green(text)
    return state === 'pending' ? chalk.yellow(text) : chalk.red(text)
  }
  const lines = alignColumns(report.migrations.map((migration) => statusRow(migration)))
  const painted = lines.map((line, i) => paint(report.migrations[i]?.state ?? 'pending', line.trimEnd()))
  const pending = report.migrations.filter((migration) => migration.state === 'pending').length
  const applied = report.migrations.filter((migration) => migration.state === 'applied').length
  const other = report.migrations.length - pending - applied
  const counts = [
    `${applied} applied`,
    `${pending} pending`,
    ...(other > 0 ? [`${other} in doubt`] : []),
  ].join(', ')
  return [...painted, chalk.dim(`${counts} · ${report.target.database}, ${report.target.server}`)]
}

function statusRow({ version, name, state, appliedAt, durationMs }: MigrationReport): string[] {
  const when = appliedAt === null ? '' : `${formatTime(appliedAt)} UTC`
  const took = durationMs === null ? '' : formatDuration(durationMs)
  return [`${STATE_MARK[state]} ${state}`, version, name, when, took]
}

export function renderHistory(report: Report, chalk: ChalkInstance): string[] {
  const events = report.events ?? []
  if (report.target === null) return []
  if (events.length === 0) return [`${report.target.history} holds no events`]
  const rows = events.map((event) => [
    event.id,
    `${formatTime(event.finishedAt)} UTC`,
    event.event,
    event.version,
    event.name + (event.statementNo > 0 ? ` ${event.statementNo}/${event.statements}` : ''),
    event.actor,
    event.reason ?? '',
  ])
  return [
    ...alignColumns(rows).map((line) => line.trimEnd()),
    chalk.dim(`history head ${report.target.head}`),
  ]
}
