import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import type { RoundtripReport, WalkReport } from '../core/run.ts'
import { createAnalysis } from './analyse.ts'
import type { ScratchContext } from './context.ts'
import { prove } from './proof.ts'
import type { RunRecorder } from './recorder.ts'
import { failureOf, replayFile, stepOf } from './replay.ts'
import { type RolesGuard, rolesGuard } from './roles.ts'
import { type Moment, ScratchRoom } from './scratch-room.ts'
import { failureFinding } from './walk-findings.ts'
import type { Proved, Walker } from './walker.ts'
import { type Rung, rungOf, START, type Walk, walkBatch, walkLadder } from './walks.ts'

/** Which walks are done: file by file, all in one transaction, or both. */
export type WalkMode = 'each' | 'batch' | 'both'

export interface RoundtripRequest {
  /** All migrations of the folder, in order. */
  readonly migrations: readonly Migration[]
  /** Those that are proven; the others are only applied. */
  readonly selected: ReadonlySet<Migration>
  readonly mode: WalkMode
}

/** A round trip and the SQL that downs lack, by migration. */
export interface Roundtrip {
  readonly report: RoundtripReport
  readonly findings: readonly Finding[]
  readonly fixes: ReadonlyMap<Migration, string>
}

/**
 * Walks the migrations in scratch databases. A proof that fails stops nothing: the state is brought back and the next one is tried.
 * @throws SqlmigError for what is no fault of a file, such as a scratch database that cannot be made
 */
export async function roundtrip(
  context: ScratchContext,
  recorder: RunRecorder,
  request: RoundtripRequest,
): Promise<Roundtrip> {
  const walk = new RoundtripWalk(context, recorder, request)
  return walk.run()
}

class RoundtripWalk {
  private readonly context: ScratchContext
  private readonly recorder: RunRecorder
  private readonly request: RoundtripRequest
  private readonly analysis
  private readonly proved = new Map<Migration, Proved>()
  private readonly findings: Finding[] = []
  private readonly floors = new Map<string, Moment>()
  private readonly applied: Migration[] = []
  private roles!: RolesGuard
  private room!: ScratchRoom
  private now!: Moment

  constructor(context: ScratchContext, recorder: RunRecorder, request: RoundtripRequest) {
    this.context = context
    this.recorder = recorder
    this.request = request
    this.analysis = createAnalysis(context.parser)
  }

  async run(): Promise<Roundtrip> {
    const { context, request } = this
    const start = context.clock.elapsed()
    const walks: WalkReport[] = []
    // Nothing to prove needs no database.
    if (request.selected.size === 0)
      return { report: this.report(start, walks), findings: [], fixes: new Map() }
    this.room = await this.open(this.batchWanted)
    let beside: Promise<() => Walk> | undefined
    try {
      const { server } = this.room.server
      this.recorder.connected({ database: context.scratch.description, server, history: '', head: null })
      this.roles = await rolesGuard(context.scratch, this.room.tools.session, request.migrations)
      if (this.batchWanted && this.batchBeside) beside = settled(this.batch())
      if (request.mode !== 'batch') walks.push(...(await this.proveEach()))
    } finally {
      await beside
      await this.roles?.clean(this.room.tools.session)
      await this.room.close()
    }
    if (this.batchWanted) {
      this.recorder.walkStarted('batch', request.migrations.length)
      walks.push(this.finishWalk(beside === undefined ? await this.batch() : (await beside)()))
    }
    return {
      report: this.report(start, walks),
      findings: this.findings,
      fixes: new Map(
        [...this.proved].flatMap(([migration, { fix }]) =>
          fix === undefined || fix === '' ? [] : [[migration, fix] as const],
        ),
      ),
    }
  }

  private report(start: number, walks: readonly WalkReport[]): RoundtripReport {
    const { clock, scratch } = this.context
    return {
      scratch: scratch.description,
      proofs: [...this.proved.values()].map(({ proof }) => proof),
      walks,
      durationMs: Math.round(clock.elapsed() - start),
    }
  }

  private get whole(): boolean {
    return this.request.selected.size === this.request.migrations.length
  }

  private get batchWanted(): boolean {
    return this.request.mode !== 'each' && this.whole && this.request.migrations.length > 0
  }

  /** Two databases of one server share their roles, so what makes roles is walked one after the other. */
  private get batchBeside(): boolean {
    return this.context.scratch.capacity > 1 && !this.roles.involved
  }

  /** All ups in one transaction, in a clone. */
  private async batch(): Promise<Walk> {
    const room = await this.open()
    try {
      return await walkBatch(this.context, room, this.request.migrations)
    } finally {
      if (this.roles.involved) await this.roles.clean(room.tools.session)
      await room.close()
    }
  }

  private open(more = false): Promise<ScratchRoom> {
    return ScratchRoom.open(this.context, this.analysis, this.request.migrations, more)
  }

  private async proveEach(): Promise<WalkReport[]> {
    const { migrations, selected } = this.request
    this.now = await this.room.look(undefined)
    this.floors.set(START, this.now)
    const last = migrations.findLastIndex((migration) => selected.has(migration))
    let index = 0
    for (const migration of migrations.slice(0, last + 1)) {
      const { version, name } = migration
      if (!selected.has(migration)) {
        await this.applyOnly(migration)
        continue
      }
      index++
      this.recorder.proofStarted(version, name, index, selected.size)
      this.settle(migration, await prove(this.walker(), migration))
    }
    if (migrations.length === 0) return []
    this.recorder.walkStarted('ladder', migrations.length)
    return [this.finishWalk(await this.ladder())]
  }

  private settle(migration: Migration, proved: Proved): void {
    this.now = proved.now
    if (proved.applied) this.applied.push(migration)
    if (proved.proof.verdict === 'irreversible') this.floors.set(migration.version, proved.now)
    const settled = this.afterFailedUp(proved)
    this.proved.set(migration, settled)
    this.found(settled.findings)
    this.recorder.proofFinished(settled.proof, settled.findings)
  }

  /** Behind an up that failed, the next failure may be its consequence: it is told as such, and not as another cause. */
  private afterFailedUp(proved: Proved): Proved {
    const failed = [...this.proved.values()].find(({ applied }) => !applied)
    if (failed === undefined || proved.applied) return proved
    const reason = `its up fails here, as ${failed.proof.version} failed before it: ${proved.findings[0]?.message ?? ''}`
    return { ...proved, findings: [], proof: { ...proved.proof, verdict: 'not-walked', reason } }
  }

  /** A migration that is not proven is needed for the state that it makes. */
  private async applyOnly(migration: Migration): Promise<void> {
    const failure = await failureOf(replayFile(this.room.tools, stepOf(migration, 'apply', migration.up)))
    if (failure === undefined) this.applied.push(migration)
    else this.found([failureFinding('ROUNDTRIP_UP_FAILED', migration, failure)])
    this.now = await this.room.look(this.now)
  }

  private found(findings: readonly Finding[]): void {
    this.findings.push(...findings)
    this.recorder.foundMore(findings)
  }

  private walker(): Walker {
    return {
      context: this.context,
      room: this.room,
      applied: [...this.applied],
      now: this.now,
      compare: { ignored: this.roles.ignores },
      rebuild: async (applied) => {
        await this.room.rebuild(applied, (session) => this.roles.clean(session))
        return this.room.look(undefined)
      },
    }
  }

  private async ladder(): Promise<Walk> {
    const skipped = (reason: string): Walk => ({
      walk: { kind: 'ladder', verdict: 'not-walked', durationMs: 0, reason },
      findings: [],
    })
    if (!this.whole) return skipped('only a part of the migrations was asked for')
    const rungs: Rung[] = this.applied.map((migration) => rungOf(migration, this.proved.get(migration)?.fix))
    if (rungs.length < this.request.migrations.length) return skipped('not every up could be applied')
    return walkLadder({
      context: this.context,
      room: this.room,
      rungs,
      floors: this.floors,
      head: this.now,
      compare: this.walker().compare,
      unsteady: new Set(
        [...this.proved.values()].flatMap(({ unsteady }) => unsteady.map(({ table }) => table)),
      ),
    })
  }

  private finishWalk({ walk, findings }: Walk): WalkReport {
    this.found(findings)
    this.recorder.walkFinished(walk, findings)
    return walk
  }
}

/** The end of something that runs beside; its failure waits until somebody asks for the result. */
function settled(work: Promise<Walk>): Promise<() => Walk> {
  return work.then(
    (walk) => () => walk,
    (error: unknown) => () => {
      throw error
    },
  )
}
