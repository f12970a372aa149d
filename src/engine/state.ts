import { parseDirectives } from '../core/directives.ts'
import { isSqlmigError } from '../core/errors.ts'
import { type Finding, type FindingCode, hasErrors } from '../core/finding.ts'
import { foldHistory, type HistoryRow, type HistoryState } from '../core/history.ts'
import { headFindings, untrustedFinding } from '../core/history-findings.ts'
import { type MigrationFolder, sqlFileOf } from '../core/migration.ts'
import { type PlanRequest, type RecordedDowns, tryPlan } from '../core/plan.ts'
import { type MigrationStatus, reconcile } from '../core/reconcile.ts'
import type { ResumeChoice } from '../core/resume.ts'
import { versionKey } from '../core/version.ts'
import type { Session } from '../ports.ts'
import type { EngineContext } from './context.ts'
import { explainEdits } from './explain-edits.ts'
import { explainIncomplete } from './incomplete.ts'

/** Files and history, read and compared. */
export interface State {
  readonly folder: MigrationFolder
  readonly history: HistoryState
  readonly statuses: readonly MigrationStatus[]
  readonly findings: readonly Finding[]
}

/** Reads the history and compares it with the folder. Writes nothing. */
export async function readState(
  context: EngineContext,
  session: Session,
  folder: MigrationFolder,
): Promise<State> {
  const { history } = context
  // Sent together: neither needs the other's answer.
  const [rows = [], attested] = await Promise.all([history.read(session), history.attest(session)])
  const state = await compareState(context, session, folder, rows)
  const problems = (attested?.problems ?? []).map((problem) => untrustedFinding(history.name, problem))
  return { ...state, findings: [...state.findings, ...problems] }
}

/** Compares rows that are already at hand with the folder. */
export async function compareState(
  context: Pick<EngineContext, 'history' | 'policy' | 'parser'>,
  session: Session,
  folder: MigrationFolder,
  rows: readonly HistoryRow[],
): Promise<State> {
  const history = foldHistory(rows)
  const { statuses, findings, edits } = reconcile(folder.migrations, history)
  const known = await explainIncomplete(context, session, statuses, findings).catch((error: unknown) => {
    // What was left behind cannot be looked for any more; that something stopped is known all the same.
    if (isSqlmigError(error, 'SESSION_LOST')) return findings
    throw error
  })
  const explained = await explainEdits(edits, context.history, session)
  const heads = headFindings(context.history.name, folder.pins, rows)
  return { folder, history, statuses, findings: [...folder.findings, ...known, ...heads, ...explained] }
}

/** How strict a run is with what does not fit. */
export interface Tolerance {
  readonly outOfOrder: 'refuse' | 'allow'
  readonly downSource: 'files' | 'history'
  /** Whether a migration that stopped midway goes on, and how. */
  readonly resume: 'refuse' | ResumeChoice
}

/**
 * The findings as they count for one run. One that only reverts, or applies again what it reverted, is not stopped by what is wrong with
 * files that were never applied: reverting may be how to mend it. Reverting from history does not need the files at all.
 */
export function findingsFor(
  state: State,
  request: PlanRequest,
  { outOfOrder, downSource, resume }: Tolerance,
): Finding[] {
  const unapplied = new Set(
    state.statuses
      .filter((status) => status.applied === undefined && status.incomplete === undefined)
      .map((status) => versionKey(status.version)),
  )
  const steps = request.kind === 'up' ? undefined : tryPlan(request, state.statuses).steps
  const nothingNew = steps?.every((step) => !unapplied.has(versionKey(step.version))) ?? false
  const inOrder = steps?.every((step) => !step.outOfOrder) ?? false
  const goesOn = request.kind === 'up' ? 'apply' : 'revert'
  const resumed = resume === 'refuse' ? undefined : goesOn
  const tolerated = ({ code, version, facts }: Finding): boolean => {
    if (code === 'INCOMPLETE') return facts?.['action'] === resumed
    if (code === 'OUT_OF_ORDER') return outOfOrder === 'allow' || inOrder
    // A broken chain names the version of a row, and is never a matter of that version alone.
    if (code === 'VERSION_DUPLICATE' || code === 'CHAIN_BROKEN') return false
    if (request.kind === 'down' && downSource === 'history' && NOT_OF_HISTORY.has(code)) return true
    if (code === 'MIGRATION_MISSING' || code === 'CHECKSUM_MISMATCH' || code === 'MIGRATION_RENAMED')
      return false
    return nothingNew && version !== undefined && unapplied.has(versionKey(version))
  }
  return state.findings.map((finding) =>
    tolerated(finding) ? { ...finding, severity: 'warning' as const } : finding,
  )
}

/** What is wrong with the files of applied migrations, which a down from history does not read. */
const NOT_OF_HISTORY: ReadonlySet<FindingCode> = new Set([
  'CHECKSUM_MISMATCH',
  'LOCKFILE_INVALID',
  'LOCKFILE_MISMATCH',
  'MIGRATION_MISSING',
  'MIGRATION_RENAMED',
])

export function hasIncomplete(state: State): boolean {
  return state.history.incomplete.size > 0
}

/** True when something other than a migration that is perhaps still running stops the run. */
export function hasLastingErrors(findings: readonly Finding[]): boolean {
  return hasErrors(findings.filter((finding) => finding.code !== 'INCOMPLETE'))
}

/** The down SQL that the history keeps of everything that is applied. */
export async function readRecordedDowns(
  context: EngineContext,
  session: Session,
  state: State,
): Promise<RecordedDowns> {
  const rows = [...state.history.applied.values()].map((record) => record.row)
  const texts = await context.history.recordedSql(
    session,
    rows.map((row) => row.id),
  )
  return new Map(
    rows.map((row) => {
      const { up, down } = texts.get(row.id) ?? { up: null, down: null }
      const irreversible = up === null ? undefined : parseDirectives(up).directives.irreversible
      const file = down === null ? undefined : sqlFileOf(`${row.version}_${row.name}.down.sql`, down)
      return [versionKey(row.version), { down: file, irreversible }]
    }),
  )
}
