import type { CatalogSnapshot, ObjectKind } from '../core/catalog.ts'
import type { DataSnapshot, TableRows, VolatileColumn } from '../core/data.ts'
import { findExtensions } from '../core/extensions.ts'
import type { Migration } from '../core/migration.ts'
import type { Scratch, ScratchOptions, Session } from '../ports.ts'
import type { Analysis } from './analyse.ts'
import type { ScratchContext } from './context.ts'
import { createObserver, type Observer } from './observer.ts'
import { replayFile, stepOf } from './replay.ts'
import type { StatementTools } from './run-statements.ts'

/** A scratch database as it was at one moment. */
export interface Moment {
  readonly catalog: CatalogSnapshot
  readonly data: DataSnapshot
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
    const catalog = await this.context.snapshots.catalog(reader, expected?.catalog, 'none')
    const data = await this.context.snapshots.data(reader, this.volatile, 'none')
    await this.keepRows(reader, data)
    return { catalog, data: expected !== undefined && sameData(expected.data, data) ? expected.data : data }
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
    return { catalog, data }
  }

  /** The rows of a table as they were when it had this content; undefined when they are too many to be kept. */
  rowsOf(table: string, { data }: Moment): TableRows | undefined {
    const content = data.get(table)
    return content === undefined ? EMPTY : this.rows.get(`${table} ${content.rows} ${content.hash}`)
  }

  /** Replaces the scratch database by one in which the given migrations, and nothing else, have been applied. */
  async rebuild(
    migrations: readonly Migration[],
    cleanUp: (session: Session) => Promise<void>,
  ): Promise<void> {
    const old = this.scratch
    await this.leave()
    const dropped = old.drop()
    this.dropping.push(dropped)
    // Roles can be dropped only when nothing in the old database depends on them.
    if (this.context.scratch.capacity < 2 || this.context.scratch.shared) await dropped
    // Who has to rebuild once will again.
    await this.enter(true)
    await cleanUp(this.worker)
    for (const migration of migrations) await replayFile(this.tools, stepOf(migration, 'apply', migration.up))
  }

  async close(): Promise<void> {
    await this.leave()
    await Promise.all([...this.dropping, this.scratch.drop()])
  }

  private async enter(more: boolean): Promise<void> {
    this.scratch = await this.context.scratch.create({ ...this.options, more })
    this.worker = await this.scratch.connect({
      onNotice: () => {},
      signal: this.context.signal,
      extensions: this.options.extensions,
    })
    this.reader = undefined
    this.observer = createObserver(this.scratch)
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
      const found = await this.context.snapshots.rows(reader, table, this.volatile, ROWS_KEPT)
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
