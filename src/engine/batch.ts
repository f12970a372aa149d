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
   * In a room that is still empty, and is again afterwards: rolling back takes less time than making a database. Nothing of it can be kept,
   * not even up to a savepoint: sequences do not come back with one.
   */
  async within(room: ScratchRoom, roles: RolesGuard): Promise<void> {
    this.walk = await walkBatch(this.context, room, this.migrations, 'rollback')
    // What ended the transaction itself has left something.
    if (this.walk.walk.verdict === 'failed') await room.rebuild([], roles)
  }

  async alone(roles: RolesGuard): Promise<Walk> {
    const { context, analysis, migrations } = this
    const room = await ScratchRoom.open(context, analysis, migrations)
    try {
      return await walkBatch(context, room, migrations, 'commit')
    } finally {
      if (roles.involved) await roles.clean(room.tools.session)
      await room.close()
    }
  }
}
