import type { Finding } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import type { RoundtripReport, WalkReport } from '../core/run.ts'
import { Batch } from './batch.ts'
import { Beside, settled } from './beside.ts'
import type { ScratchContext } from './context.ts'
import { Lane } from './lane.ts'
import { Proofs } from './proofs.ts'
import type { RunRecorder } from './recorder.ts'
import { type RolesGuard, rolesGuard } from './roles.ts'
import { divide, isWhole, isWorthTwoLanes, type RoundtripRequest, walkedOf } from './roundtrip-request.ts'
import { ScratchRoom, type Unrepeatable } from './scratch-room.ts'
import { failureFinding, unreachable } from './walk-findings.ts'
import { notWalked, rungOf, START, type Walk, walkLadder } from './walks.ts'

/** A round trip and the SQL that downs lack, by migration. */
export interface Roundtrip {
  readonly report: RoundtripReport
  readonly findings: readonly Finding[]
  readonly fixes: ReadonlyMap<Migration, string>
}

/**
 * A round trip that begins with run(). Its scratch databases are being made by then: the caller still has the files to look at.
 */
export function prepareRoundtrip(
  context: ScratchContext,
  recorder: RunRecorder,
  request: RoundtripRequest,
): Pick<RoundtripWalk, 'run'> {
  const walk = new RoundtripWalk(context, recorder, request)
  walk.prepare()
  return walk
}

class RoundtripWalk {
  private readonly context: ScratchContext
  private readonly recorder: RunRecorder
  private readonly request: RoundtripRequest
  private readonly proofs: Proofs
  private readonly beside: Beside
  private readonly batch: Batch
  private readonly rooms = new Set<ScratchRoom>()
  private unrepeatable: readonly Unrepeatable[] = []
  private roles!: RolesGuard

  constructor(context: ScratchContext, recorder: RunRecorder, request: RoundtripRequest) {
    this.beside = new Beside(context.signal)
    this.context = { ...context, signal: this.beside.signal }
    this.proofs = new Proofs(recorder, request.selected)
    this.recorder = recorder
    this.request = request
    this.batch = new Batch(this.context, request.analysis, request.migrations)
  }

  prepare(): void {
    const { scratch, signal } = this.context
    if (!this.needsNone) scratch.prepare?.({ signal, more: this.needsMore })
  }

  /**
   * Walks the migrations in scratch databases. A proof that fails stops nothing: the state is brought back and the next one is tried.
   * @throws SqlmigError for what is no fault of a file, such as a scratch database that cannot be made
   */
  async run(): Promise<Roundtrip> {
    const start = this.context.clock.elapsed()
    const walks = this.needsNone ? [] : await this.walkAll()
    return {
      report: this.report(start, walks),
      findings: this.proofs.findings,
      fixes: this.proofs.fixes,
    }
  }

  private async walkAll(): Promise<WalkReport[]> {
    const { context, request } = this
    const walks: WalkReport[] = []
    const room = await this.open(this.needsMore)
    let apart: Promise<() => Walk> | undefined
    try {
      this.recorder.connected({
        database: context.scratch.description,
        server: room.server.server,
        history: '',
        head: null,
      })
      this.roles = await rolesGuard(context, room.tools.session, request.migrations)
      const second = this.divided ? this.openSecond() : undefined
      second?.catch(() => {})
      if (this.batchApart && this.batchBeside) apart = settled(this.beside.work(this.batchBehind(second)))
      else if (second === undefined) await this.batchWithin(room)
      if (request.mode !== 'batch') walks.push(await this.beside.work(this.proveEach(room, second)))
    } finally {
      await apart
      for (const each of this.rooms) {
        await this.roles?.clean(each.tools.session)
        await each.close()
      }
    }
    if (this.batchWanted) {
      this.recorder.walkStarted('batch', request.migrations.length)
      const batch =
        this.batch.walk ?? (apart === undefined ? await this.batch.alone(this.roles) : (await apart)())
      walks.push(this.finishWalk(this.withoutTold(batch)))
    }
    return walks
  }

  private report(start: number, walks: readonly WalkReport[]): RoundtripReport {
    const { clock, scratch } = this.context
    const durationMs = Math.round(clock.elapsed() - start)
    return { scratch: scratch.description, proofs: this.proofs.reports, walks, durationMs }
  }

  /** Nothing to prove needs no database. */
  private get needsNone(): boolean {
    return this.request.selected.size === 0
  }

  private get needsMore(): boolean {
    return this.batchApart || this.largeEnough
  }

  private get batchWanted(): boolean {
    return this.request.mode !== 'each' && isWhole(this.request)
  }

  private get batchApart(): boolean {
    return this.batchWanted && this.batch.apart
  }

  private async batchWithin(room: ScratchRoom): Promise<void> {
    if (this.batchWanted && !this.batch.apart) await this.batch.within(room, this.roles)
  }

  private get largeEnough(): boolean {
    return isWorthTwoLanes(this.request) && this.context.scratch.capacity > 2
  }

  private get divided(): boolean {
    return this.largeEnough && !this.roles.involved
  }

  /** Databases of one server share their roles, so what makes roles is walked one after the other. */
  private get batchBeside(): boolean {
    return this.context.scratch.capacity > 1 && !this.roles.involved
  }

  private async openSecond(): Promise<ScratchRoom> {
    const room = await this.open(this.batchApart)
    await this.batchWithin(room)
    return room
  }

  private async batchBehind(second: Promise<unknown> | undefined): Promise<Walk> {
    await second
    return this.batch.alone(this.roles)
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

  private async proveEach(room: ScratchRoom, second?: Promise<ScratchRoom>): Promise<WalkReport> {
    const { migrations } = this.request
    const walked = walkedOf(this.request)
    const lanes =
      second === undefined
        ? [await this.walkAlone(room, walked)]
        : await this.walkTwo(room, second, ...divide(walked))
    this.unrepeatable = lanes.flatMap(({ unrepeatable = [] }) => unrepeatable)
    for (const one of this.unrepeatable) this.proofs.foundUnrepeatable(one)
    this.recorder.walkStarted('ladder', migrations.length)
    return this.finishWalk(await this.ladder(lanes.at(-1)))
  }

  private async walkAlone(room: ScratchRoom, migrations: readonly Migration[]): Promise<Lane> {
    const lane = await Lane.open(this.context, room, this.roles)
    this.proofs.floors.set(START, lane.start)
    await this.proveIn(lane, migrations)
    return lane
  }

  private async walkTwo(
    room: ScratchRoom,
    other: Promise<ScratchRoom>,
    proven: readonly Migration[],
    rest: readonly Migration[],
  ): Promise<[Lane, Lane]> {
    const first = this.walkAlone(room, proven).then(async (lane) => {
      await this.close(room)
      return lane
    })
    return this.beside.both(first, this.walkSecond(first, other, proven, rest))
  }

  /** Applies the first part and proves the rest, at the same time as the first part is proven elsewhere. */
  private async walkSecond(
    first: Promise<Lane>,
    second: Promise<ScratchRoom>,
    proven: readonly Migration[],
    rest: readonly Migration[],
  ): Promise<Lane> {
    const lane = await Lane.open(this.context, await second, this.roles)
    const failed: Unrepeatable[] = []
    for (const migration of proven) {
      const failure = await lane.pass(migration)
      if (failure !== undefined) failed.push({ migration, failure })
      // Rows made by now() differ from those of the first lane, so the ladder needs the state of this one.
      if (migration.up.directives.irreversible !== undefined)
        this.proofs.floors.set(migration.version, await lane.refresh())
    }
    if (failed.length > 0) {
      // What fails in both lanes is told by the first one.
      const { applied } = await first
      lane.unrepeatable ??= failed.find(({ migration }) => applied.includes(migration))
    }
    await this.proveIn(lane, rest)
    return lane
  }

  private async proveIn(lane: Lane, migrations: readonly Migration[]): Promise<void> {
    for (const migration of migrations) {
      const number = this.proofs.numberOf(migration)
      if (number < 0) {
        const failure = await lane.pass(migration)
        if (failure !== undefined)
          this.proofs.found([failureFinding('ROUNDTRIP_UP_FAILED', migration, failure)])
        continue
      }
      if (number === 0) this.proofs.announce(number)
      this.proofs.deliver(migration, await lane.prove(migration))
    }
  }

  /** In the lane that came to the end. */
  private async ladder(lane: Lane | undefined): Promise<Walk> {
    const { migrations } = this.request
    const [unrepeatable] = this.unrepeatable
    if (!isWhole(this.request)) return notWalked('ladder', 'only a part of the migrations was asked for')
    if (unrepeatable !== undefined) return notWalked('ladder', unreachable(unrepeatable))
    if (lane === undefined || lane.applied.length < migrations.length)
      return notWalked('ladder', 'not every up could be applied')
    return walkLadder({
      context: this.context,
      room: lane.room,
      rungs: migrations.map((migration) => rungOf(migration, this.proofs.fixOf(migration))),
      floors: this.proofs.floors,
      head: lane.now,
      compare: lane.compare,
      unsteady: this.proofs.unsteady,
    })
  }

  /** An up that fails by itself, or in another fresh database, fails in a batch too, and that has been told. */
  private withoutTold(batch: Walk): Walk {
    const told = new Set(
      this.proofs.findings.flatMap(({ code, version }) =>
        code === 'ROUNDTRIP_UP_FAILED' ? (version ?? []) : [],
      ),
    )
    const version = batch.findings[0]?.version
    const again = this.unrepeatable.find(({ migration }) => migration.version === version)
    if (again !== undefined) return notWalked('batch', unreachable(again))
    return version !== undefined && told.has(version)
      ? notWalked('batch', `the up of ${version} fails by itself`)
      : batch
  }

  private finishWalk({ walk, findings }: Walk): WalkReport {
    this.proofs.found(findings)
    this.recorder.walkFinished(walk, findings)
    return walk
  }
}
