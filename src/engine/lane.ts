import type { SqlmigError } from '../core/errors.ts'
import type { Migration } from '../core/migration.ts'
import type { Comparison } from './compare.ts'
import type { ScratchContext } from './context.ts'
import { isUndone, prove } from './proof.ts'
import { failureOf, replayFile, stepOf } from './replay.ts'
import type { RolesGuard } from './roles.ts'
import type { Moment, ScratchRoom, Unrepeatable } from './scratch-room.ts'
import { unreachableProof } from './walk-findings.ts'
import type { Proved, Walker } from './walker.ts'

/** A scratch database on its way through the migrations. */
export class Lane implements Walker {
  readonly context: ScratchContext
  readonly room: ScratchRoom
  readonly compare: Comparison
  readonly applied: Migration[] = []
  /** The state before the first migration. */
  readonly start: Moment
  now: Moment
  unrepeatable: Unrepeatable | undefined
  private readonly roles: RolesGuard
  /** Whether something was applied since `now` was read. */
  private stale = false

  private constructor(context: ScratchContext, room: ScratchRoom, roles: RolesGuard, start: Moment) {
    this.context = context
    this.room = room
    this.roles = roles
    this.compare = { ignored: roles.ignores }
    this.start = start
    this.now = start
  }

  static async open(context: ScratchContext, room: ScratchRoom, roles: RolesGuard): Promise<Lane> {
    return new Lane(context, room, roles, await room.look(undefined))
  }

  async rebuild(applied: readonly Migration[]): Promise<Moment | undefined> {
    this.unrepeatable = await this.room.rebuild(applied, this.roles)
    return this.unrepeatable === undefined ? this.room.look(undefined) : undefined
  }

  /** Applies a migration that is needed for the state that it makes; the failure of its SQL is returned. */
  async pass(migration: Migration): Promise<SqlmigError | undefined> {
    if (this.unrepeatable !== undefined) return undefined
    const step = stepOf(migration, 'apply', migration.up)
    const failure = await failureOf(replayFile(this.room.tools, step))
    if (failure === undefined) this.applied.push(migration)
    else if (!isUndone(step, failure)) this.now = (await this.rebuild(this.applied)) ?? this.now
    this.stale = true
    return failure
  }

  /** What cannot be reached any more is told as not walked. */
  async prove(migration: Migration): Promise<Proved> {
    if (this.unrepeatable !== undefined) return unreachableProof(migration, this.unrepeatable, this.now)
    await this.refresh()
    const proved = await prove(this, migration)
    this.now = proved.now
    if (proved.applied) this.applied.push(migration)
    return proved
  }

  /** The state now. */
  async refresh(): Promise<Moment> {
    if (this.stale) this.now = await this.room.look(this.now)
    this.stale = false
    return this.now
  }
}
