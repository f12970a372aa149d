import { type ExitCode, SqlmigError } from '../core/errors.ts'
import { type Finding, hasErrors } from '../core/finding.ts'
import type { MigrationStatus } from '../core/reconcile.ts'
import { asSqlmigError, toErrorReport } from '../core/report.ts'
import type {
  CommandName,
  EventSink,
  MigrationReport,
  ProofReport,
  Report,
  StepInfo,
  StepReport,
  StepStatus,
  TargetInfo,
  WalkReport,
} from '../core/run.ts'
import type { Version } from '../core/version.ts'
import type { Notice } from '../ports.ts'

/** Collects what happens during a command, so that the report is whole however the command ends. */
export class RunRecorder {
  private readonly command: CommandName
  private readonly dryRun: boolean
  private readonly emit: EventSink
  private target: TargetInfo | null = null
  private statuses: readonly MigrationStatus[] = []
  private steps: StepReport[] = []
  private findings: readonly Finding[] = []
  private connectionFindings: readonly Finding[] = []
  private extra: Pick<Report, 'events' | 'files' | 'pinnedHeads' | 'roundtrip'> = {}
  private consequence: string | undefined
  private running: StepInfo | undefined

  constructor(command: CommandName, dryRun: boolean, emit: EventSink) {
    this.command = command
    this.dryRun = dryRun
    this.emit = emit
  }

  /** @param findings what is to be said of the connection, whatever else is found */
  connected(target: TargetInfo, findings: readonly Finding[] = []): void {
    this.target = target
    this.connectionFindings = findings
    this.emit({ type: 'connected', target })
  }

  /** The head of the chain, as it is now. */
  head(head: string | undefined): void {
    if (this.target !== null) this.target = { ...this.target, head: head ?? null }
  }

  state(statuses: readonly MigrationStatus[]): void {
    this.statuses = statuses
  }

  found(findings: readonly Finding[]): void {
    this.findings = findings
  }

  /** Findings of a command that finds them one after the other: they stand in the report also when it is stopped. */
  foundMore(findings: readonly Finding[]): void {
    this.findings = [...this.findings, ...findings]
  }

  add(extra: Pick<Report, 'events' | 'files' | 'pinnedHeads' | 'roundtrip'>): void {
    this.extra = { ...this.extra, ...extra }
  }

  planned(steps: readonly StepInfo[]): void {
    this.steps = steps.map(({ action, version, name, transactional }) => ({
      action,
      version,
      name,
      transactional,
      status: 'not-run',
      durationMs: null,
    }))
    this.emit({ type: 'plan.made', steps })
  }

  stepStarted(step: StepInfo): void {
    this.running = step
    this.emit({ type: 'step.started', step })
  }

  /** A message of the server that stops nothing, told with the migration that caused it. */
  notice(notice: Notice): void {
    this.emit({ type: 'notice', ...notice, version: this.running?.version ?? null })
  }

  stepFinished(step: StepInfo, status: StepStatus, durationMs: number | null): void {
    const planned = this.steps[step.index - 1]
    if (planned !== undefined) this.steps[step.index - 1] = { ...planned, status, durationMs }
    this.running = undefined
    this.emit({ type: 'step.finished', step, status, durationMs })
  }

  proofStarted(version: Version, name: string, index: number, total: number): void {
    this.emit({ type: 'proof.started', version, name, index, total })
  }

  proofFinished(proof: ProofReport, findings: readonly Finding[]): void {
    this.emit({ type: 'proof.finished', proof, findings })
  }

  walkStarted(kind: WalkReport['kind'], total: number): void {
    this.emit({ type: 'walk.started', kind, total })
  }

  walkFinished(walk: WalkReport, findings: readonly Finding[]): void {
    this.emit({ type: 'walk.finished', walk, findings })
  }

  /** One sentence on what the failure leaves behind. */
  leaves(consequence: string): void {
    this.consequence = consequence
  }

  /** Stops the run when a finding is an error. */
  refuseErrors(): void {
    const errors = this.findings.filter((finding) => finding.severity === 'error')
    if (errors.length === 0) return
    const codes = [...new Set(errors.map((finding) => finding.code))].join(', ')
    throw new SqlmigError('RUN_REFUSED', { errors: errors.length, codes })
  }

  report(exitCode: ExitCode, error?: SqlmigError): Report {
    const findings = [...this.connectionFindings, ...this.findings]
    for (const finding of findings) this.emit({ type: 'finding', finding })
    const report: Report = {
      command: this.command,
      ok: exitCode === 0,
      exitCode,
      dryRun: this.dryRun,
      target: this.target,
      migrations: this.statuses.map(toMigrationReport),
      steps: this.steps,
      findings,
      ...this.extra,
      ...(error === undefined ? {} : { error: toErrorReport(error, this.consequence) }),
    }
    this.emit({ type: 'run.finished', report })
    return report
  }

  /** The exit code of a command that looked and did not run anything. */
  verdict(): ExitCode {
    return hasErrors(this.findings) ? 4 : 0
  }
}

/** Runs a command's work and turns its end, good or bad, into a report. Only a stop is thrown; here it is caught, once. */
export async function record(
  command: CommandName,
  dryRun: boolean,
  emit: EventSink,
  work: (recorder: RunRecorder) => Promise<ExitCode>,
): Promise<Report> {
  const recorder = new RunRecorder(command, dryRun, emit)
  emit({ type: 'run.started', command })
  try {
    return recorder.report(await work(recorder))
  } catch (error) {
    const stop = asSqlmigError(error)
    return recorder.report(stop.exitCode, stop)
  }
}

function toMigrationReport({
  version,
  name,
  state,
  migration,
  applied,
  incomplete,
}: MigrationStatus): MigrationReport {
  const row = applied?.row ?? incomplete?.started
  return {
    version,
    name,
    state,
    appliedAt: applied?.row.finishedAt ?? null,
    durationMs: applied?.row.durationMs ?? null,
    upChecksum: row?.upChecksum ?? migration?.up.checksum ?? null,
    downChecksum: row === undefined ? (migration?.down?.checksum ?? null) : row.downChecksum,
  }
}
