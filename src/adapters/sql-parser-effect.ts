import type { Node } from 'libpg-query'
import type { StatementEffect, WrittenName } from '../core/effect.ts'

type AllNodes = UnionToIntersection<Node>
type UnionToIntersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void
  ? I
  : never
type NodeOf<K extends keyof AllNodes> = AllNodes[K]

/** What a statement leaves by which it can be seen that it ran; undefined where nothing is known of it. */
export function effectOf(node: Node | undefined): StatementEffect | undefined {
  const [kind, stmt] = Object.entries(node ?? {})[0] ?? []
  const effect = EFFECTS[kind as keyof AllNodes] as
    | ((stmt: unknown) => StatementEffect | undefined)
    | undefined
  return effect?.(stmt)
}

const REPEATABLE = { kind: 'repeatable' } as const
const PROCEDURE = { kind: 'procedure' } as const

const EFFECTS: {
  readonly [K in keyof AllNodes]?: (stmt: NodeOf<K>) => StatementEffect | undefined
} = {
  IndexStmt({ idxname, relation, concurrent = false, if_not_exists: ifNotExists = false }) {
    const table = rangeName(relation)
    return table && { kind: 'create-index', index: idxname, table, concurrent, ifNotExists }
  },
  DropStmt({ removeType, objects = [], concurrent = false }) {
    if (removeType !== 'OBJECT_INDEX') return undefined
    const indexes = objects.map(listName).filter((name) => name !== undefined)
    return indexes.length === objects.length ? { kind: 'drop-index', indexes, concurrent } : undefined
  },
  ReindexStmt: reindexEffect,
  AlterTableStmt: detachEffect,
  AlterEnumStmt({ typeName, newVal, oldVal }) {
    const type = partsName(typeName)
    if (type === undefined || newVal === undefined || oldVal !== undefined) return undefined
    return { kind: 'add-enum-value', type, label: newVal }
  },
  VariableSetStmt({ name, kind }) {
    return { kind: 'setting', setting: kind === 'VAR_RESET_ALL' ? 'all' : (name ?? '') }
  },
  VacuumStmt: () => REPEATABLE,
  CheckPointStmt: () => REPEATABLE,
  DoStmt: () => PROCEDURE,
  CallStmt: () => PROCEDURE,
}

const REINDEXED: Readonly<Record<string, 'index' | 'table' | 'schema' | 'database'>> = {
  REINDEX_OBJECT_INDEX: 'index',
  REINDEX_OBJECT_TABLE: 'table',
  REINDEX_OBJECT_SCHEMA: 'schema',
  REINDEX_OBJECT_SYSTEM: 'database',
  REINDEX_OBJECT_DATABASE: 'database',
}

function reindexEffect({ kind, relation, name, params }: NodeOf<'ReindexStmt'>): StatementEffect | undefined {
  const what = REINDEXED[kind ?? '']
  if (what === undefined) return undefined
  const concurrent = JSON.stringify(params ?? []).includes('"concurrently"')
  const named = rangeName(relation) ?? { schema: undefined, name: name ?? '' }
  return { kind: 'reindex', what, name: named, concurrent }
}

/** ALTER TABLE … DETACH PARTITION stands alone: the grammar allows no other command beside it. */
function detachEffect({ relation, cmds = [] }: NodeOf<'AlterTableStmt'>): StatementEffect | undefined {
  const [command] = cmds
  if (command === undefined || !('AlterTableCmd' in command)) return undefined
  const { subtype, def } = command.AlterTableCmd
  if (subtype !== 'AT_DetachPartition' && subtype !== 'AT_DetachPartitionFinalize') return undefined
  if (def === undefined || !('PartitionCmd' in def)) return undefined
  const table = rangeName(relation)
  const partition = rangeName(def.PartitionCmd.name)
  if (table === undefined || partition === undefined) return undefined
  return { kind: 'detach-partition', table, partition, concurrent: def.PartitionCmd.concurrent ?? false }
}

function rangeName(range: { schemaname?: string; relname?: string } | undefined): WrittenName | undefined {
  return range?.relname === undefined ? undefined : { schema: range.schemaname, name: range.relname }
}

function listName(object: Node): WrittenName | undefined {
  return 'List' in object ? partsName(object.List.items) : undefined
}

function partsName(parts: readonly Node[] | undefined): WrittenName | undefined {
  const names = (parts ?? []).flatMap((part) => ('String' in part ? [part.String.sval ?? ''] : []))
  const name = names.at(-1)
  return name === undefined ? undefined : { schema: names.at(-2), name }
}
