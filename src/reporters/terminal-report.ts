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
    ...(head === null ? [] : proofOfChain(report).map((line) => chalk.dim(line))),
  ]
}

/** What a chain that holds proves, and what only a head that was kept elsewhere can. */
function proofOfChain({ pinnedHeads = [] }: Report): string[] {
  const pinned = pinnedHeads.map(({ source, newer }) =>
    newer === 0
      ? `the head is the one that was pinned (${source}): the history is whole`
      : `the pinned head (${source}) is in the chain, ${plural(newer, 'row')} before its end: nothing up to it is lost`,
  )
  const open =
    'not proven: that its end was not cut off, and that nobody with the rights of its owner wrote all of it anew; keep the head elsewhere and give it to verify --head'
  return [
    'proven: no row was changed, taken out, swapped or slipped in, and the table is as sqlmig made it',
    ...(pinned.length > 0 ? pinned : [open]),
  ]
}

export function renderLock(
  { files = [], error }: Report,
  displayPath: (path: string) => string,
  chalk: ChalkInstance,
): string[] {
  if (error !== undefined) return []
  return files.length === 0
    ? ['nothing to do: the lock file is as the folder is']
    : files.map((file) => `${chalk.green('wrote')} ${displayPath(file)}`)
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
  const { database, server, head } = report.target
  return [
    ...painted,
    chalk.dim(`${counts} · ${database}, ${server}`),
    ...(head === null ? [] : [chalk.dim(`history head ${head}`)]),
  ]
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
    // The checksum of a statement is for machines.
    (event.reason ?? '').replace(/^v\d+:[0-9a-f]+ ?/, ''),
  ])
  return [
    ...alignColumns(rows).map((line) => line.trimEnd()),
    chalk.dim(`history head ${report.target.head}`),
  ]
}
