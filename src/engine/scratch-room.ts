import { type CatalogSnapshot, kindOf, type ObjectKind } from '../core/catalog.ts'
import type { DataSnapshot, TableRows, VolatileColumn } from '../core/data.ts'
import type { SqlmigError } from '../core/errors.ts'
import { findExtensions } from '../core/extensions.ts'
import type { Migration } from '../core/migration.ts'
import type { SequencePositions } from '../core/sequences.ts'
import { literal } from '../core/sql-literal.ts'
import { refreshSql } from '../core/view-rows.ts'
import { type Scratch, type ScratchOptions, type Session, StatementError } from '../ports.ts'
import type { Analysis } from './analyse.ts'
import type { ScratchContext } from './context.ts'
import { createObserver, type Observer } from './observer.ts'
import { failureOf, replayFile, stepOf } from './replay.ts'
import type { RolesGuard } from './roles.ts'
import type { StatementTools } from './run-statements.ts'
import { watchSession } from './watchdog.ts'

/** A scratch database as it was at one moment. */
export interface Moment {
  readonly catalog: CatalogSnapshot
  readonly data: DataSnapshot
  /** The tables that hold rows of which the role that looks may not see all: `data` says nothing of them. */
  readonly unseen: readonly string[]
}

/** The content of a materialized view; rows undefined when they are too many. */
export interface Refreshed {
  readonly hash: string | undefined
  readonly rows: TableRows | undefined
}

/** An up that ran once and not again in a fresh database: no state behind it can be made any more. */
export interface Unrepeatable {
  readonly migration: Migration
  readonly failure: SqlmigError
}

/** The rows of small tables are kept, so that a difference can be shown row by row. */
const ROWS_KEPT = 1000

/**
 * A scratch database in use: the session that works, the one that looks, and what is known of the database's state. Where a database has
 * one session only, it is the same for both.
 */
export class ScratchRoom {
  private readonly context: ScratchContext
  private readonly analysis: Analysis
  private readonly options: Omit<ScratchOptions, 'more'>
  private readonly volatile: readonly VolatileColumn[]
  private readonly rows = new Map<string, TableRows>()
  private scratch!: Scratch
  private worker!: Session
  private reader: Promise<Session> | undefined
  private readonly dropping: Array<Promise<void>> = []
  private observer!: Observer

  private constructor(context: ScratchContext, analysis: Analysis, migrations: readonly Migration[]) {
    this.context = context
    this.analysis = analysis
    this.options = { extensions: findExtensions(migrations), signal: context.signal }
    this.volatile = migrations.flatMap(({ up, down }) => [
      ...up.directives.volatile,
      ...(down?.directives.volatile ?? []),
    ])
  }

  /**
   * Makes a scratch database and connects to it.
   * @param migrations all that will be walked: their extensions are made available, the columns that they call volatile are not compared
   * @param more whether another room will be opened soon
   */
  static async open(
    context: ScratchContext,
    analysis: Analysis,
    migrations: readonly Migration[],
    more = false,
  ): Promise<ScratchRoom> {
    const room = new ScratchRoom(context, analysis, migrations)
    await room.enter(more)
    return room
  }

  /** What replaying files in here takes. */
  get tools(): StatementTools {
    const { clock, emit, signal, policy } = this.context
    return {
      context: { clock, emit, signal, policy, database: this.scratch },
      session: this.worker,
      observer: this.observer,
      analysis: this.analysis,
    }
  }

  get server(): Session['info'] {
    return this.worker.info
  }

  /** The state of the database now. What equals the expected state is the very same object. */
  async look(expected: Moment | undefined): Promise<Moment> {
    const reader = await this.openReader()
    const { snapshots } = this.context
    const [catalog, data, unseen] = await Promise.all([
      snapshots.catalog(reader, expected?.catalog, 'none'),
      snapshots.data(reader, this.volatile, 'none'),
      snapshots.unseen(reader),
    ])
    await this.keepRows(reader, data)
    const same = expected !== undefined && sameData(expected.data, data)
    return { catalog, data: same ? expected.data : data, unseen }
  }

  /** The state that an open transaction sees, or that a statement without one left; only what is asked for is read. */
  async glance(
    expected: Moment,
    transaction: 'none' | 'open',
    kinds: ReadonlySet<ObjectKind>,
    rows: 'with rows' | 'without rows',
  ): Promise<Moment> {
    const { snapshots } = this.context
    const session = transaction === 'open' ? this.worker : await this.openReader()
    const catalog =
      kinds.size === 0
        ? expected.catalog
        : await snapshots.part(session, expected.catalog, transaction, kinds)
    const data =
      rows === 'without rows' ? expected.data : await snapshots.data(session, this.volatile, transaction)
    return { catalog, data, unseen: expected.unseen }
  }

  /** Where sequences stand now; nothing is asked where there are none. */
  async positions({ catalog }: Moment): Promise<SequencePositions> {
    for (const key of catalog.hashes.keys())
      if (kindOf(key) === 'sequence') return this.context.snapshots.positions(await this.openReader())
    return new Map()
  }

  /**
   * What materialized views hold after a REFRESH now, of which nothing is kept. None of them when one cannot be refreshed.
   * @param searchPath for what their definitions call
   */
  async refreshed(views: readonly string[], searchPath: string): Promise<ReadonlyMap<string, Refreshed>> {
    const { worker, volatile } = this
    const { snapshots } = this.context
    const found = new Map<string, Refreshed>()
    try {
      await worker.send(
        `begin; set local statement_timeout = 0; select pg_catalog.set_config('search_path', ${literal(searchPath)}, true)`,
      )
      await worker.send(views.map(refreshSql).join('; '))
      const data = await snapshots.data(worker, volatile, 'open')
      for (const view of views) {
        const rows = await snapshots.rows(worker, view, volatile, ROWS_KEPT, 'open')
        found.set(view, { hash: data.get(view)?.hash, rows })
      }
    } catch (error) {
      if (!(error instanceof StatementError)) throw error
    } finally {
      await worker.send(`rollback; ${worker.resetStatements}`).catch(() => {})
    }
    return found
  }

  /** The rows of a table as they were when it had this content; undefined when they are too many to be kept. */
  rowsOf(table: string, { data }: Moment): TableRows | undefined {
    const content = data.get(table)
    return content === undefined ? EMPTY : this.rows.get(`${table} ${content.rows} ${content.hash}`)
  }

  /**
   * Replaces the scratch database by one in which the given migrations, and nothing else, have been applied.
   * @returns the first that does not run again; those behind it are not applied then
   */
  async rebuild(
    migrations: readonly Migration[],
    roles: Pick<RolesGuard, 'involved' | 'clean'>,
  ): Promise<Unrepeatable | undefined> {
    const old = this.scratch
    await this.leave()
    const dropped = old.drop()
    this.dropping.push(dropped)
    // Roles can be dropped only when nothing in the old database depends on them.
    if (this.context.scratch.capacity < 2 || this.context.scratch.shared || roles.involved) await dropped
    // Who has to rebuild once will again.
    await this.enter(true)
    await roles.clean(this.worker)
    for (const migration of migrations) {
      const failure = await failureOf(replayFile(this.tools, stepOf(migration, 'apply', migration.up)))
      if (failure !== undefined) return { migration, failure }
    }
    return undefined
  }

  async close(): Promise<void> {
    await this.leave()
    await Promise.all([...this.dropping, this.scratch.drop()])
  }

  private async enter(more: boolean): Promise<void> {
    this.scratch = await this.context.scratch.create({ ...this.options, more })
    const worker = await this.scratch.connect({
      onNotice: () => {},
      signal: this.context.signal,
      extensions: this.options.extensions,
    })
    this.reader = undefined
    const { clock, policy } = this.context
    this.observer = createObserver(this.scratch, clock)
    this.worker = watchSession(worker, this.observer, clock, policy.liveness)
  }

  /** Opened when it is first needed; where the database has one session only, it is that. */
  private openReader(): Promise<Session> {
    this.reader ??= this.connectReader()
    return this.reader
  }

  private async connectReader(): Promise<Session> {
    const session = await this.scratch.observe?.()
    if (session === undefined) return this.worker
    await this.context.snapshots.dedicate(session)
    return session
  }

  private async leave(): Promise<void> {
    await this.observer.close()
    const reader = await this.reader?.catch(() => undefined)
    if (reader !== this.worker) await reader?.close()
    await this.worker.close()
  }

  private async keepRows(reader: Session, data: DataSnapshot): Promise<void> {
    for (const [table, { rows, hash }] of data) {
      const key = `${table} ${rows} ${hash}`
      if (rows > ROWS_KEPT || this.rows.has(key)) continue
      const found = await this.context.snapshots.rows(reader, table, this.volatile, ROWS_KEPT, 'none')
      if (found !== undefined) this.rows.set(key, found)
    }
  }
}

const EMPTY: TableRows = { columns: [], key: [], rows: [], generated: [], identityAlways: [], opaque: [] }

function sameData(a: DataSnapshot, b: DataSnapshot): boolean {
  if (a.size !== b.size) return false
  for (const [table, { rows, hash }] of a) {
    const other = b.get(table)
    if (other === undefined || other.rows !== rows || other.hash !== hash) return false
  }
  return true
}
