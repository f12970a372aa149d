import { quotedName, type StatementEffect, shownName, type WrittenName } from './effect.ts'

/** A name in full, as the catalogs have it. */
export interface FullName extends WrittenName {
  readonly schema: string
}

/** An index that is INVALID, and the table that it belongs to; for an index of a TOAST table that is the table it serves. */
export interface InvalidIndex extends FullName {
  readonly table: FullName
}

/** A partition whose DETACH … CONCURRENTLY was interrupted between its two transactions. */
export interface PendingDetach {
  readonly table: FullName
  readonly partition: FullName
}

/** What the catalogs say of the objects that a statement names. */
export interface Look {
  /** The objects that the effect names, in its order; undefined where there is none of that name. */
  readonly named: ReadonlyArray<NamedObject | undefined>
  /** Of the whole database; no index of a partitioned table, which is INVALID by design until all its parts are attached. */
  readonly invalid: readonly InvalidIndex[]
  readonly pending: readonly PendingDetach[]
}

export interface NamedObject extends FullName {
  /** As in pg_class.relkind, or `e` for an enumerated type. */
  readonly kind: string
  /** Of an index. */
  readonly valid: boolean
  /** Of an index its table, of a partition what it is a partition of. */
  readonly of: FullName | undefined
  readonly labels: readonly string[]
}

/** Something unfinished that a statement left behind, and the statement that takes it away. */
export interface Leftover {
  readonly kind: 'invalid-index' | 'pending-detach'
  /** In full, for people. */
  readonly name: string
  /** For people: `the INVALID index public.i`. */
  readonly what: string
  readonly repair: string
}

// A number follows where the name was taken; a long name is cut to make room.
const TRANSIENT = /_cc(?:new|old)\d*$/

/** What is asked for: the name of an index of a table that itself is found by the search path, or of anything else. */
export interface Question extends WrittenName {
  readonly kind: 'relation' | 'index-of' | 'type'
  readonly index?: string
}

/** The names that {@link Look.named} answers, in order. */
export function questionsOf(effect: StatementEffect): Question[] {
  switch (effect.kind) {
    case 'create-index': {
      const table: Question = { kind: 'relation', ...effect.table }
      if (effect.index === undefined) return [table]
      return [table, { kind: 'index-of', ...effect.table, index: effect.index }]
    }
    case 'drop-index':
      return effect.indexes.map((name) => ({ kind: 'relation', ...name }))
    case 'reindex':
      return effect.what === 'index' || effect.what === 'table' ? [{ kind: 'relation', ...effect.name }] : []
    case 'detach-partition':
      return [
        { kind: 'relation', ...effect.partition },
        { kind: 'relation', ...effect.table },
      ]
    case 'add-enum-value':
      return [{ kind: 'type', ...effect.type }]
    default:
      return []
  }
}

/** What an interrupted or failed run of the statement left, and what going on may take away. */
export function leftoversOf(effect: StatementEffect, look: Look): Leftover[] {
  const [first, second] = look.named
  switch (effect.kind) {
    case 'create-index':
      if (effect.index === undefined)
        return look.invalid.filter(({ table }) => isSame(table, first)).map(invalidIndex)
      return look.invalid.filter((index) => isSame(index, second)).map(invalidIndex)
    case 'drop-index':
      return look.invalid
        .filter((index) => look.named.some((named) => isSame(index, named)))
        .map(invalidIndex)
    case 'reindex':
      return look.invalid
        .filter((index) => TRANSIENT.test(index.name) && isReindexed(effect, index, look))
        .map(invalidIndex)
    case 'detach-partition':
      return look.pending.filter(({ partition }) => isSame(partition, first)).map(pendingDetach)
    default:
      return []
  }
}

/** The indexes that a statement names and that are INVALID although it succeeded: IF NOT EXISTS and REINDEX TABLE pass over them. */
export function invalidAfter(effect: StatementEffect, look: Look): Leftover[] {
  if (effect.kind === 'reindex')
    return look.invalid.filter((index) => isReindexed(effect, index, look)).map(invalidIndex)
  return effect.kind === 'create-index' && effect.index === undefined ? [] : leftoversOf(effect, look)
}

function isReindexed(
  { what, name }: StatementEffect & { readonly kind: 'reindex' },
  index: InvalidIndex,
  { named: [found] }: Look,
): boolean {
  if (what === 'database') return true
  if (what === 'schema') return index.table.schema === name.name
  return isSame(index.table, what === 'index' ? found?.of : found)
}

function isSame(a: FullName, b: FullName | undefined): boolean {
  return b !== undefined && a.schema === b.schema && a.name === b.name
}

function invalidIndex(index: InvalidIndex): Leftover {
  const name = shownName(index)
  return {
    kind: 'invalid-index',
    name,
    what: `the INVALID index ${name}`,
    repair: `DROP INDEX CONCURRENTLY ${quotedName(index)};`,
  }
}

function pendingDetach({ table, partition }: PendingDetach): Leftover {
  const name = shownName(partition)
  return {
    kind: 'pending-detach',
    name,
    what: `the pending detach of ${name} from ${shownName(table)}`,
    repair: `ALTER TABLE ${quotedName(table)} DETACH PARTITION ${quotedName(partition)} FINALIZE;`,
  }
}
