import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import type { RoundtripReport, WalkReport } from '../core/run.ts'
import type { Analysis } from './analyse.ts'
import { bothDone, settled } from './beside.ts'
import type { ScratchContext } from './context.ts'
import { InOrder } from './in-order.ts'
import { Lane } from './lane.ts'
import type { RunRecorder } from './recorder.ts'
import { type RolesGuard, rolesGuard } from './roles.ts'
import { type Moment, ScratchRoom } from './scratch-room.ts'
import { failureFinding } from './walk-findings.ts'
import type { Proved } from './walker.ts'
import { notWalked, rungOf, START, type Walk, walkBatch, walkLadder } from './walks.ts'

/** Which walks are done: file by file, all in one transaction, or both. */
export type WalkMode = 'each' | 'batch' | 'both'

export interface RoundtripRequest {
  /** All migrations of the folder, in order. */
  readonly migrations: readonly Migration[]
  /** Those that are proven; the others are only applied. */
  readonly selected: ReadonlySet<Migration>
  readonly mode: WalkMode
  /** The statements of the files, parsed once. */
  readonly analysis: Analysis
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

/** Fewer migrations are not worth a second database. */
const FEWEST_FOR_TWO_LANES = 10
/** The second lane has to apply what the first one proves, which takes a tenth of the time. */
const SHARE_OF_FIRST_LANE = 0.53

interface Delivered {
  readonly migration: Migration
  readonly proved: Proved
}

class RoundtripWalk {
  private readonly context: ScratchContext
  private readonly recorder: RunRecorder
  private readonly request: RoundtripRequest
  private readonly proved = new Map<Migration, Proved>()
  private readonly findings: Finding[] = []
  private readonly floors = new Map<string, Moment>()
  private readonly rooms = new Set<ScratchRoom>()
  private readonly inOrder = new InOrder<Delivered>((delivered, number) => this.settle(delivered, number))
  private roles!: RolesGuard

  constructor(context: ScratchContext, recorder: RunRecorder, request: RoundtripRequest) {
    this.context = context
    this.recorder = recorder
    this.request = request
  }

  async run(): Promise<Roundtrip> {
    const start = this.context.clock.elapsed()
    // Nothing to prove needs no database.
    const walks = this.request.selected.size === 0 ? [] : await this.walkAll()
    return {
      report: this.report(start, walks),
      findings: this.findings,
      fixes: new Map(
        [...this.proved].flatMap(([migration, { fix, writable }]) =>
          fix === undefined || fix === '' || !writable ? [] : [[migration, fix] as const],
        ),
      ),
    }
  }

  private async walkAll(): Promise<WalkReport[]> {
    const { context, request } = this
    const walks: WalkReport[] = []
    const room = await this.open(this.batchWanted || this.largeEnough)
    let beside: Promise<() => Walk> | undefined
    try {
      this.recorder.connected({
        database: context.scratch.description,
        server: room.server.server,
        history: '',
        head: null,
      })
      this.roles = await rolesGuard(context.scratch, room.tools.session, request.migrations)
      // Before the batch, which can wait: the databases are made one after the other.
      const second = this.divided ? this.open(this.batchWanted) : undefined
      second?.catch(() => {})
      if (this.batchWanted && this.batchBeside) beside = settled(this.batch(second))
      if (request.mode !== 'batch') walks.push(...(await this.proveEach(room, second)))
    } finally {
      await beside
      for (const each of this.rooms) {
        await this.roles?.clean(each.tools.session)
        await each.close()
      }
    }
    if (this.batchWanted) {
      this.recorder.walkStarted('batch', request.migrations.length)
      const batch = beside === undefined ? await this.batch() : (await beside)()
      walks.push(this.finishWalk(this.withoutTold(batch)))
    }
    return walks
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
    return this.request.mode !== 'each' && this.whole
  }

  private get largeEnough(): boolean {
    const { selected, mode } = this.request
    return mode !== 'batch' && selected.size >= FEWEST_FOR_TWO_LANES && this.context.scratch.capacity > 2
  }

  private get divided(): boolean {
    return this.largeEnough && !this.roles.involved
  }

  /** Databases of one server share their roles, so what makes roles is walked one after the other. */
  private get batchBeside(): boolean {
    return this.context.scratch.capacity > 1 && !this.roles.involved
  }

  /** All ups in one transaction, in a clone. */
  private async batch(after?: Promise<unknown>): Promise<Walk> {
    await after
    const room = await ScratchRoom.open(this.context, this.request.analysis, this.request.migrations)
    try {
      return await walkBatch(this.context, room, this.request.migrations)
    } finally {
      if (this.roles.involved) await this.roles.clean(room.tools.session)
      await room.close()
    }
  }

  private async open(more = false): Promise<ScratchRoom> {
    const room = await ScratchRoom.open(this.context, this.request.analysis, this.request.migrations, more)
    this.rooms.add(room)
    return room
  }

  private async close(room: ScratchRoom): Promise<void> {
    this.rooms.delete(room)
    await room.close()
  }

  private async proveEach(room: ScratchRoom, second?: Promise<ScratchRoom>): Promise<WalkReport[]> {
    const { migrations, selected } = this.request
    const last = migrations.findLastIndex((migration) => selected.has(migration))
    const walked = migrations.slice(0, last + 1)
    const middle = second === undefined ? walked.length : Math.ceil(walked.length * SHARE_OF_FIRST_LANE)
    const first = this.walkFirst(room, walked.slice(0, middle), second !== undefined)
    const lane =
      second === undefined ? await first : await bothDone(first, this.walkSecond(second, walked, middle))
    this.recorder.walkStarted('ladder', migrations.length)
    return [this.finishWalk(await this.ladder(lane))]
  }

  private async walkFirst(
    room: ScratchRoom,
    migrations: readonly Migration[],
    divided: boolean,
  ): Promise<Lane> {
    const lane = await Lane.open(this.context, room, this.roles)
    this.floors.set(START, lane.start)
    await this.proveIn(lane, migrations)
    if (divided) await this.close(room)
    return lane
  }

  /** Applies the first part and proves the rest, at the same time as the first part is proven elsewhere. */
  private async walkSecond(
    room: Promise<ScratchRoom>,
    migrations: readonly Migration[],
    middle: number,
  ): Promise<Lane> {
    const lane = await Lane.open(this.context, await room, this.roles)
    for (const migration of migrations.slice(0, middle)) {
      await lane.pass(migration)
      // Rows made by now() differ from those of the first lane, so the ladder needs the state of this one.
      if (migration.up.directives.irreversible !== undefined)
        this.floors.set(migration.version, await lane.refresh())
    }
    await this.proveIn(lane, migrations.slice(middle))
    return lane
  }

  private async proveIn(lane: Lane, migrations: readonly Migration[]): Promise<void> {
    const order = [...this.request.selected]
    for (const migration of migrations) {
      const number = order.indexOf(migration)
      if (number < 0) {
        const failure = await lane.pass(migration)
        if (failure !== undefined) this.found([failureFinding('ROUNDTRIP_UP_FAILED', migration, failure)])
        continue
      }
      if (number === 0) this.announce(migration, number)
      this.inOrder.deliver(number, { migration, proved: await lane.prove(migration) })
    }
  }

  private announce({ version, name }: Migration, number: number): void {
    this.recorder.proofStarted(version, name, number + 1, this.request.selected.size)
  }

  private settle({ migration, proved }: Delivered, number: number): void {
    if (proved.proof.verdict === 'irreversible' && !this.floors.has(migration.version))
      this.floors.set(migration.version, proved.now)
    const settled = this.afterFailedUp(proved)
    this.proved.set(migration, settled)
    this.found(settled.findings)
    this.recorder.proofFinished(settled.proof, settled.findings)
    const next = [...this.request.selected][number + 1]
    if (next !== undefined) this.announce(next, number + 1)
  }

  /** Behind an up that failed, what misses an object may be its consequence: it is told as such, and not as another cause. */
  private afterFailedUp(proved: Proved): Proved {
    const failed = [...this.proved.values()].find(({ applied }) => !applied)
    const finding = proved.findings[0]
    if (failed === undefined || proved.applied || !MISSING.has(String(finding?.facts?.['sqlstate'])))
      return proved
    const reason = `its up fails here, as ${failed.proof.version} failed before it: ${finding?.message ?? ''}`
    return { ...proved, findings: [], proof: { ...proved.proof, verdict: 'not-walked', reason } }
  }

  private found(findings: readonly Finding[]): void {
    this.findings.push(...findings)
    this.recorder.foundMore(findings)
  }

  private async ladder(lane: Lane): Promise<Walk> {
    const { migrations } = this.request
    if (!this.whole) return notWalked('ladder', 'only a part of the migrations was asked for')
    if (lane.applied.length < migrations.length) return notWalked('ladder', 'not every up could be applied')
    return walkLadder({
      context: this.context,
      room: lane.room,
      rungs: migrations.map((migration) => rungOf(migration, this.proved.get(migration)?.fix)),
      floors: this.floors,
      head: lane.now,
      compare: lane.compare,
      unsteady: new Set(
        [...this.proved.values()].flatMap(({ unsteady }) => unsteady.map(({ table }) => table)),
      ),
    })
  }

  /** An up that fails by itself fails in a batch too, and that has been told. */
  private withoutTold(batch: Walk): Walk {
    const told = new Set(
      this.findings.flatMap(({ code, version }) => (code === 'ROUNDTRIP_UP_FAILED' ? (version ?? []) : [])),
    )
    const version = batch.findings[0]?.version
    return version !== undefined && told.has(version)
      ? notWalked('batch', `the up of ${version} fails by itself`)
      : batch
  }

  private finishWalk({ walk, findings }: Walk): WalkReport {
    this.found(findings)
    this.recorder.walkFinished(walk, findings)
    return walk
  }
}

/** Undefined table, column, object, function and schema (manual, appendix A). */
const MISSING: ReadonlySet<string> = new Set(['42P01', '42703', '42704', '42883', '3F000'])
