import type { Finding, SourceLocation } from '../core/finding.ts'
import type {
  MigrationReport,
  MigrationState,
  ProofReport,
  ProofVerdict,
  Report,
  SqlmigEvent,
  StepReport,
  WalkReport,
} from '../core/run.ts'
import { formatDuration, movesText, plural } from './text.ts'

/** A run as reporters that write one document show it: its parts, each with its findings. */
export interface ReportView {
  readonly report: Report
  /** `sqlmig roundtrip` */
  readonly title: string
  readonly units: readonly Unit[]
  /** Findings that belong to no part. */
  readonly others: readonly Finding[]
  /** A file of the migrations' folder, as the reader would write its path. */
  readonly pathOf: (location: SourceLocation) => string
  readonly displayPath: (path: string) => string
}

/** One migration, step or walk. */
export interface Unit {
  readonly kind: 'proof' | WalkReport['kind'] | 'step' | 'migration'
  readonly version: string | undefined
  /** `003 add_index` */
  readonly title: string
  readonly path: string | undefined
  readonly verdict: ProofVerdict
  readonly durationMs: number | null
  /** What the time was spent on; null where it did not run or failed. */
  readonly parts: ReadonlyArray<{ readonly label: string; readonly ms: number | null }>
  readonly reason: string | undefined
  /** Information that changes nothing. */
  readonly note: string | undefined
  readonly findings: readonly Finding[]
}

export const MARK: Readonly<Record<ProofVerdict, string>> = {
  passed: '✓',
  failed: '✗',
  warned: '!',
  irreversible: '–',
  'not-walked': '–',
}

export const WALK_TITLE: Readonly<Record<WalkReport['kind'], string>> = {
  ladder: 'all down, all up again',
  batch: 'all up in one transaction',
}

/** What is kept of the events until the run ends. */
interface Seen {
  directory: string | undefined
  readonly files: Map<string, string>
  readonly proofs: ProofReport[]
  readonly walks: WalkReport[]
  /** Which walk a finding was made by. */
  readonly walkOf: Map<string, WalkReport['kind']>
}

/** A fold over the events of a run; it gives the view when the run has ended. */
export function createReportFold(
  displayPath: (path: string) => string,
): (event: SqlmigEvent) => ReportView | undefined {
  const seen: Seen = { directory: undefined, files: new Map(), proofs: [], walks: [], walkOf: new Map() }
  return (event) => {
    remember(seen, event)
    return event.type === 'run.finished' ? viewOf(event.report, seen, displayPath) : undefined
  }
}

function remember(seen: Seen, event: SqlmigEvent): void {
  switch (event.type) {
    case 'run.started':
      seen.directory = event.directory
      return
    case 'plan.made':
      for (const { version, file } of event.steps) seen.files.set(version, file)
      return
    case 'proof.finished':
      seen.proofs.push(event.proof)
      return
    case 'walk.finished':
      seen.walks.push(event.walk)
      for (const finding of event.findings) seen.walkOf.set(JSON.stringify(finding), event.walk.kind)
      return
    default:
      return
  }
}

function viewOf(report: Report, seen: Seen, displayPath: (path: string) => string): ReportView {
  const { directory, files, proofs, walks, walkOf } = seen
  const pathOf = ({ file }: SourceLocation) =>
    displayPath(directory === undefined || file.includes('/') ? file : `${directory}/${file}`)
  const units = [
    ...(report.roundtrip?.proofs ?? proofs).map((proof) => proofUnit(proof, pathOf)),
    ...(report.roundtrip?.walks ?? walks).map(walkUnit),
  ]
  if (units.length === 0) units.push(...plainUnits(report, files, pathOf))
  const title = `sqlmig ${report.command ?? ''}`.trimEnd()
  return { report, title, pathOf, displayPath, ...shareFindings(units, report.findings, walkOf) }
}

type BareUnit = Omit<Unit, 'findings'>

/** Every finding goes to one part: the walk that found it, or else its migration. */
function shareFindings(
  units: readonly BareUnit[],
  findings: readonly Finding[],
  walkOf: ReadonlyMap<string, WalkReport['kind']>,
): Pick<ReportView, 'units' | 'others'> {
  const found = new Map<BareUnit, Finding[]>(units.map((unit) => [unit, []]))
  const others: Finding[] = []
  for (const finding of findings) {
    const walk = walkOf.get(JSON.stringify(finding))
    const home = units.findLast(({ kind, version }) =>
      walk === undefined ? version !== undefined && version === finding.version : kind === walk,
    )
    const list = (home && found.get(home)) ?? others
    list.push(finding)
  }
  return { units: units.map((unit) => ({ ...unit, findings: found.get(unit) ?? [] })), others }
}

type PathOf = ReportView['pathOf']

function proofUnit(proof: ProofReport, pathOf: PathOf): BareUnit {
  const { version, name, file, verdict, upMs, downMs, redoMs, durationMs, reason, unseen, sequences } = proof
  const why = [
    ...(reason === undefined ? [] : [reason]),
    ...(unseen === undefined ? [] : [unseenText(unseen)]),
  ]
  return {
    kind: 'proof',
    version,
    title: `${version} ${name}`,
    path: pathOf({ file }),
    verdict,
    durationMs,
    parts: [
      { label: 'up', ms: upMs },
      { label: 'down', ms: downMs },
      { label: 'up', ms: redoMs },
    ],
    reason: why.length === 0 ? undefined : why.join('; '),
    note: sequences === undefined ? undefined : movesText(sequences),
  }
}

/** The tables whose rows a proof says nothing of. */
export function unseenText(tables: readonly string[]): string {
  return `rows not compared: ${tables.join(', ')}`
}

function walkUnit({ kind, verdict, durationMs, reason }: WalkReport): BareUnit {
  return {
    kind,
    version: undefined,
    title: `${kind}: ${WALK_TITLE[kind]}`,
    path: undefined,
    verdict,
    durationMs,
    parts: [],
    reason,
    note: undefined,
  }
}

/** What a run that is no round trip consists of: its steps, or the migrations that it looked at. */
function plainUnits(
  { steps, migrations, dryRun }: Report,
  files: ReadonlyMap<string, string>,
  pathOf: PathOf,
): BareUnit[] {
  const path = (version: string) => {
    const file = files.get(version)
    return file === undefined ? undefined : pathOf({ file })
  }
  if (steps.length > 0) return steps.map((step) => stepUnit(step, path(step.version), dryRun))
  return migrations.map((migration) => migrationUnit(migration, path(migration.version)))
}

function stepUnit(
  { action, version, name, status, durationMs }: StepReport,
  path: string | undefined,
  dryRun: boolean,
): BareUnit {
  const ran = status !== 'not-run'
  return {
    kind: 'step',
    version,
    title: `${action} ${version} ${name}`,
    path,
    verdict: status === 'done' ? 'passed' : ran ? 'failed' : 'not-walked',
    durationMs,
    parts: [],
    reason: ran ? undefined : dryRun ? 'planned' : 'not run',
    note: undefined,
  }
}

const QUIET_STATES: ReadonlySet<MigrationState> = new Set(['applied', 'pending'])

function migrationUnit(
  { version, name, state, durationMs }: MigrationReport,
  path: string | undefined,
): BareUnit {
  return {
    kind: 'migration',
    version,
    title: `${version} ${name}`,
    path,
    verdict: state === 'applied' ? 'passed' : QUIET_STATES.has(state) ? 'not-walked' : 'failed',
    durationMs,
    parts: [],
    reason: state === 'applied' ? undefined : state,
    note: undefined,
  }
}

const COUNTED: ReadonlyArray<readonly [ProofVerdict, string]> = [
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['warned', 'warned'],
  ['irreversible', 'irreversible'],
  ['not-walked', 'not walked'],
]

/** `40 migrations, 38 passed, 2 failed · ladder passed, batch failed` */
export function countsText({ units, report }: ReportView): string {
  if (units.length === 0 && report.roundtrip === undefined) return ''
  const walks = units.filter(isWalk)
  const proofs = units.filter((unit) => !isWalk(unit))
  const counts = COUNTED.flatMap(([verdict, label]) => {
    const count = proofs.filter((unit) => unit.verdict === verdict).length
    return count === 0 ? [] : [`${count} ${label}`]
  })
  const what = proofs[0]?.kind === 'step' ? 'step' : 'migration'
  const parts = [[plural(proofs.length, what), ...counts].join(', ')]
  if (walks.length > 0)
    parts.push(walks.map((unit) => `${unit.kind} ${verdictText(unit.verdict)}`).join(', '))
  return parts.join(' · ')
}

export function isWalk({ kind }: Unit): boolean {
  return kind === 'ladder' || kind === 'batch'
}

export function verdictText(verdict: ProofVerdict): string {
  return verdict.replace('-', ' ')
}

/** What became of the files of a report. */
export function filesVerb({ command }: Report): string {
  if (command === 'lock') return 'wrote'
  return command === 'roundtrip' ? 'changed' : 'created'
}

/** Where it ran and how long it took. */
export function whereText({ report }: ReportView): string {
  const { roundtrip, target } = report
  if (roundtrip !== undefined) return `${roundtrip.scratch} · ${formatDuration(roundtrip.durationMs)}`
  return target === null ? '' : `${target.database}, ${target.server}`
}

/** `✗ sql/003_x.up.sql:3 ROUNDTRIP_LEFTOVER: type app.mood is left behind`, on one line. */
export function findingLine(finding: Finding, { pathOf }: ReportView): string {
  const { severity, code, message, location } = finding
  const place =
    location === undefined
      ? ''
      : `${pathOf(location)}${location.line === undefined ? '' : `:${location.line}`} `
  return `${severity === 'error' ? MARK.failed : MARK.warned} ${place}${code}: ${message.replace(/\s*\n\s*/g, ' ')}`
}

/** A summary of a few lines of plain text that reads well in a pull request too. */
export function summaryLines(view: ReportView): string[] {
  const { report } = view
  if (report.ok && report.roundtrip?.proofs.length === 0 && report.roundtrip.walks.length === 0)
    return ['nothing to do: there are no migrations to prove']
  const lines = [`${report.ok ? MARK.passed : MARK.failed} ${report.command}: ${countsText(view)}`]
  const where = whereText(view)
  if (where !== '') lines.push(`  ${where}`)
  return [...lines, ...report.findings.map((finding) => `- ${findingLine(finding, view)}`)]
}
