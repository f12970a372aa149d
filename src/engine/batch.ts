import type { Migration } from '../core/migration.ts'
import type { Analysis } from './analyse.ts'
import type { ScratchContext } from './context.ts'
import type { RolesGuard } from './roles.ts'
import { ScratchRoom } from './scratch-room.ts'
import { type Walk, walkBatch } from './walks.ts'

/** All ups in one transaction: in a room that is used for something else too, or in one of its own. */
export class Batch {
  /** Whether it has to have a room of its own: a no-transaction migration divides it, so its parts are committed. */
  readonly apart: boolean
  /** What came of it in a room that is used for something else. */
  walk: Walk | undefined
  private readonly context: ScratchContext
  private readonly analysis: Analysis
  private readonly migrations: readonly Migration[]

  constructor(context: ScratchContext, analysis: Analysis, migrations: readonly Migration[]) {
    this.context = context
    this.analysis = analysis
    this.migrations = migrations
    this.apart = migrations.some(({ up }) => up.directives.transaction === 'none')
  }

  /**
   * In a room that is still empty, because making a database takes longer than rolling back.
   * @param kept how many of the first migrations are to stay applied
   * @returns how many are
   */
  async within(room: ScratchRoom, roles: RolesGuard, kept: number): Promise<number> {
    this.walk = await walkBatch(this.context, room, this.migrations, kept)
    if (this.walk.walk.verdict !== 'failed') return kept
    // What ended the transaction itself has left something.
    await room.rebuild([], roles)
    return 0
  }

  async alone(roles: RolesGuard): Promise<Walk> {
    const { context, analysis, migrations } = this
    const room = await ScratchRoom.open(context, analysis, migrations)
    try {
      return await walkBatch(context, room, migrations, migrations.length)
    } finally {
      if (roles.involved) await roles.clean(room.tools.session)
      await room.close()
    }
  }
}
