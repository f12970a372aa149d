import { statementFindings } from '../core/classify.ts'
import type { Finding } from '../core/finding.ts'
import { type Migration, type MigrationFolder, pairFiles } from '../core/migration.ts'
import type { Report } from '../core/run.ts'
import { selectMigrations } from '../core/selection.ts'
import { type Version, versionKey } from '../core/version.ts'
import { createAnalysis } from '../engine/analyse.ts'
import type { ScratchContext } from '../engine/context.ts'
import { type AppliedElsewhere, writeFixes } from '../engine/fixes.ts'
import { type RunRecorder, record } from '../engine/recorder.ts'
import { prepareRoundtrip } from '../engine/roundtrip.ts'
import { type RoundtripRequest, type WalkMode, walkedOf } from '../engine/roundtrip-request.ts'
import type { FileWriter, VersionControl } from '../ports.ts'

export interface RoundtripInput {
  /** Migrations to prove; default: all. What is not proven is only applied. */
  readonly versions?: readonly Version[]
  readonly from?: Version
  readonly to?: Version
  /** Prove those of which a file has changed since this commit of git. */
  readonly since?: string
  /** Default `both`: file by file and, in a clone, all ups in one transaction. */
  readonly mode?: WalkMode
  /** With `fail` a warning fails the run too. */
  readonly warnings?: 'report' | 'fail'
  /** With `write` the SQL that a down lacks is appended to it, as a draft, where the migration is not applied yet. */
  readonly fixes?: 'report' | 'write'
}

export interface RoundtripContext extends ScratchContext {
  readonly files: FileWriter
  readonly versionControl: VersionControl
  /** Where the migrations may be applied already; undefined where no database is named. */
  readonly appliedElsewhere: AppliedElsewhere | undefined
  /** The path of a file of the migrations. */
  readonly pathOf: (file: string) => string
}

/** Proves in a scratch database that every down undoes its up and that every up can be repeated: schema and data. */
export function roundtrip(context: RoundtripContext, input: RoundtripInput = {}): Promise<Report> {
  return record('roundtrip', false, context.emit, async (recorder) => {
    try {
      const folder = await readFolder(context, recorder)
      const files =
        input.since === undefined ? undefined : await context.versionControl.changedSince(input.since)
      const selected = new Set(selectMigrations(folder.migrations, { ...input, files }))
      const standing = aboutSelected(folder, selected)
      const analysis = createAnalysis(context.parser)
      const { migrations } = folder
      const request = { migrations, selected, mode: input.mode ?? 'both', analysis }
      const walk = prepareRoundtrip(context, recorder, request)
      const forbidden = await forbiddenStatements(context, request)
      recorder.found([...standing, ...forbidden])
      if (forbidden.length > 0) recorder.refuseErrors()
      const { report, findings, fixes } = await walk.run()
      recorder.add({ roundtrip: report })
      const written = input.fixes === 'write' ? await writeFixes(context, fixes) : { files: [], findings: [] }
      if (written.files.length > 0) recorder.add({ files: written.files })
      const found = [...standing, ...findings, ...written.findings]
      recorder.found(found)
      const severities = input.warnings === 'fail' ? ['error', 'warning'] : ['error']
      return found.some(({ severity }) => severities.includes(severity)) ? 6 : 0
    } finally {
      await context.scratch.close()
    }
  })
}

/**
 * The folder's migrations. What makes it unclear which files there are, or what they say, stops the walk; that a down is missing or blank
 * does not, because the walk shows what that leaves behind.
 * @throws SqlmigError `RUN_REFUSED`
 */
export async function readFolder(context: ScratchContext, recorder: RunRecorder): Promise<MigrationFolder> {
  const { migrations, findings, pins } = pairFiles(await context.source.read())
  const isBlankDown = ({ code, location }: Finding) =>
    code === 'DOWN_MISSING' &&
    migrations.some(({ down }) => down !== undefined && down.file === location?.file)
  const standing = findings.filter((finding) => !isBlankDown(finding))
  recorder.found(standing)
  if (standing.some(({ code, severity }) => severity === 'error' && code !== 'DOWN_MISSING'))
    recorder.refuseErrors()
  return { migrations, findings: standing, pins }
}

/** What the folder says of the migrations that are proven, and of no other. */
function aboutSelected({ findings }: MigrationFolder, selected: ReadonlySet<Migration>): Finding[] {
  const versions = new Set([...selected].map(({ version }) => versionKey(version)))
  return findings.filter(({ version }) => version === undefined || versions.has(versionKey(version)))
}

const TURN_MS = 5

/** What `up` refuses in the files that will run: each up until the last migration that is proven, and the downs of those that are. */
async function forbiddenStatements({ clock }: ScratchContext, request: RoundtripRequest): Promise<Finding[]> {
  const { selected, analysis } = request
  const findings: Finding[] = []
  let turn = clock.elapsed()
  for (const migration of walkedOf(request)) {
    const { version, name, up, down } = migration
    // The parser lets nobody else have a turn, and the databases are being made meanwhile.
    if (clock.elapsed() - turn > TURN_MS) {
      await clock.sleep(0)
      turn = clock.elapsed()
    }
    for (const file of down !== undefined && selected.has(migration) ? [up, down] : [up])
      findings.push(...statementFindings(file, await analysis.statementsOf(file), { version, name }))
  }
  return findings
}
