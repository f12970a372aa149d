import type { Node, RawStmt } from 'libpg-query'
import type { Statement, StatementTrait } from '../core/classify.ts'
import type { CopyFormat } from '../core/copy-data.ts'
import { tokenize } from '../core/lexer.ts'
import { isComment } from '../core/sql-text.ts'
import type { SqlParser } from '../ports.ts'
import { effectOf } from './sql-parser-effect.ts'

// Deep nesting overflows the stack of the WebAssembly module long before the server's. Each time its frames stay there; the module, of
// which a process has one, has room for about 25 such losses and then writes over its own data.
const MOST_OVERFLOWS = 8
let overflows = 0

/** PostgreSQL's own grammar, compiled to WebAssembly. The module is loaded at the first text that has to be parsed. */
export function createSqlParser(): SqlParser {
  return {
    async parse(text) {
      if (text === '') return []
      if (overflows >= MOST_OVERFLOWS) return undefined
      return parseWith(await import('libpg-query'), text)
    },
  }
}

async function parseWith(
  { parse, hasSqlDetails }: typeof import('libpg-query'),
  text: string,
): Promise<Statement[] | undefined> {
  try {
    const { stmts = [] } = await parse(text)
    return toStatements(text, stmts)
  } catch (error) {
    const overflow = error instanceof RangeError
    if (overflow) overflows++
    if (overflow || hasSqlDetails(error)) return undefined
    // What ends the WebAssembly module is no Error, only an object with a status.
    throw error instanceof Error ? error : new Error("PostgreSQL's parser stopped", { cause: error })
  }
}

/** The parser counts bytes of UTF-8 and includes the comments around a statement; spans count UTF-16 units and leave them out. */
function toStatements(text: string, stmts: readonly RawStmt[]): Statement[] {
  const offsets = new ByteOffsets(text)
  return stmts.map(({ stmt, stmt_location = 0, stmt_len }) => {
    const from = offsets.toIndex(stmt_location)
    // The last statement has no length when no semicolon follows it.
    const to = stmt_len === undefined ? text.length : offsets.toIndex(stmt_location + stmt_len)
    const effect = effectOf(stmt)
    return {
      ...trimSpan(text, from, to),
      trait: traitOf(stmt),
      ...(effect === undefined ? {} : { effect }),
    }
  })
}

function trimSpan(text: string, from: number, to: number): { start: number; end: number } {
  let start = -1
  let end = from
  for (const token of tokenize(text, from)) {
    if (token.start >= to) break
    if (isComment(token) || token.kind === 'semicolon') continue
    if (start < 0) start = token.start
    end = token.end
  }
  return { start: start < 0 ? from : start, end }
}

/** Byte offsets must be asked for in ascending order; the text is walked once. */
class ByteOffsets {
  private readonly text: string
  private bytes = 0
  private index = 0

  constructor(text: string) {
    this.text = text
  }

  toIndex(byteOffset: number): number {
    while (this.bytes < byteOffset && this.index < this.text.length) {
      const code = this.text.codePointAt(this.index) ?? 0
      this.bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4
      this.index += code > 0xffff ? 2 : 1
    }
    return this.index
  }
}

const PLAIN: StatementTrait = { kind: 'plain' }
const outside = (what: string, concurrent = false): StatementTrait => ({
  kind: 'outside-only',
  what,
  concurrent,
})

type AllNodes = UnionToIntersection<Node>
type UnionToIntersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void
  ? I
  : never
type NodeOf<K extends keyof AllNodes> = AllNodes[K]

/**
 * Which statements PostgreSQL refuses inside a transaction block: every caller of PreventInTransactionBlock in its source, as far as the
 * statement alone shows it. Whether a table is partitioned (CLUSTER, REINDEX) or a dropped subscription has a slot, only the server knows.
 */
const TRAITS: { readonly [K in keyof AllNodes]?: (stmt: NodeOf<K>) => StatementTrait } = {
  TransactionStmt: ({ kind }) => ({
    kind: 'transaction',
    what: TRANSACTION_VERBS[kind ?? ''] ?? 'a transaction statement',
  }),
  IndexStmt: ({ concurrent }) => (concurrent ? outside('CREATE INDEX CONCURRENTLY', true) : PLAIN),
  DropStmt: ({ concurrent }) => (concurrent ? outside('DROP INDEX CONCURRENTLY', true) : PLAIN),
  ReindexStmt: reindexTrait,
  VacuumStmt: ({ is_vacuumcmd }) => (is_vacuumcmd ? outside('VACUUM') : PLAIN),
  ClusterStmt: ({ relation }) => (relation === undefined ? outside('CLUSTER of all tables') : PLAIN),
  CreatedbStmt: () => outside('CREATE DATABASE'),
  DropdbStmt: () => outside('DROP DATABASE'),
  AlterDatabaseStmt: ({ options }) =>
    options?.some((option) => isNamed(option, 'tablespace'))
      ? outside('ALTER DATABASE … SET TABLESPACE')
      : PLAIN,
  CreateTableSpaceStmt: () => outside('CREATE TABLESPACE'),
  DropTableSpaceStmt: () => outside('DROP TABLESPACE'),
  AlterSystemStmt: () => outside('ALTER SYSTEM'),
  DiscardStmt: ({ target }) => (target === 'DISCARD_ALL' ? outside('DISCARD ALL') : PLAIN),
  CreateSubscriptionStmt: ({ options }) =>
    createsSlot(options) ? outside('CREATE SUBSCRIPTION with a replication slot') : PLAIN,
  AlterSubscriptionStmt: alterSubscriptionTrait,
  AlterTableStmt: ({ cmds }) =>
    detachesConcurrently(cmds) ? outside('DETACH PARTITION CONCURRENTLY', true) : PLAIN,
  CopyStmt: ({ is_from, filename, is_program, options }) =>
    is_from && filename === undefined && !is_program
      ? { kind: 'copy-from-client', format: copyFormat(options) }
      : PLAIN,
}

/** A node of the tree is an object with one key, its kind. */
function traitOf(node: Node | undefined): StatementTrait {
  const [kind, stmt] = Object.entries(node ?? {})[0] ?? []
  const trait = TRAITS[kind as keyof AllNodes] as ((stmt: unknown) => StatementTrait) | undefined
  return trait?.(stmt) ?? PLAIN
}

const TRANSACTION_VERBS: Readonly<Record<string, string>> = {
  TRANS_STMT_BEGIN: 'BEGIN',
  TRANS_STMT_START: 'START TRANSACTION',
  TRANS_STMT_COMMIT: 'COMMIT',
  TRANS_STMT_ROLLBACK: 'ROLLBACK',
  TRANS_STMT_SAVEPOINT: 'SAVEPOINT',
  TRANS_STMT_RELEASE: 'RELEASE SAVEPOINT',
  TRANS_STMT_ROLLBACK_TO: 'ROLLBACK TO SAVEPOINT',
  TRANS_STMT_PREPARE: 'PREPARE TRANSACTION',
  TRANS_STMT_COMMIT_PREPARED: 'COMMIT PREPARED',
  TRANS_STMT_ROLLBACK_PREPARED: 'ROLLBACK PREPARED',
}

function reindexTrait(stmt: NodeOf<'ReindexStmt'>): StatementTrait {
  if ((stmt.params ?? []).some((option) => isNamed(option, 'concurrently') && !isFalse(option)))
    return outside('REINDEX CONCURRENTLY', true)
  const wide =
    stmt.kind === 'REINDEX_OBJECT_SCHEMA' ||
    stmt.kind === 'REINDEX_OBJECT_SYSTEM' ||
    stmt.kind === 'REINDEX_OBJECT_DATABASE'
  return wide ? outside('REINDEX of a schema or database') : PLAIN
}

/** The old syntax (CSV, BINARY as words) gives the same option as the new one (grammar of PostgreSQL, copy_opt_item). */
function copyFormat(options: readonly Node[] | undefined): CopyFormat {
  const format = JSON.stringify(options?.find((option) => isNamed(option, 'format')) ?? null)
  return format.includes('"binary"') ? 'binary' : format.includes('"csv"') ? 'csv' : 'text'
}

function isNamed(option: Node, name: string): boolean {
  return 'DefElem' in option && option.DefElem.defname === name
}

function isOff(options: readonly Node[] | undefined, name: string): boolean {
  return (options ?? []).some((option) => isNamed(option, name) && isFalse(option))
}

function isFalse(option: Node): boolean {
  const value = JSON.stringify('DefElem' in option ? (option.DefElem.arg ?? null) : null)
  return /"(?:sval|fval)":"(?:false|off|0)"|"boolval":(?:false|\{\})|"Boolean":\{\}|"ival":0|"Integer":\{\}/i.test(
    value,
  )
}

/** A slot is made unless the options say otherwise (manual, CREATE SUBSCRIPTION). */
function createsSlot(options: readonly Node[] | undefined): boolean {
  return !isOff(options, 'create_slot') && !isOff(options, 'connect')
}

/** A change of the publications refreshes the subscription unless the options say otherwise (manual, ALTER SUBSCRIPTION). */
function alterSubscriptionTrait({ kind, options }: NodeOf<'AlterSubscriptionStmt'>): StatementTrait {
  switch (kind) {
    case 'ALTER_SUBSCRIPTION_REFRESH':
      return outside('ALTER SUBSCRIPTION … REFRESH PUBLICATION')
    case 'ALTER_SUBSCRIPTION_SET_PUBLICATION':
    case 'ALTER_SUBSCRIPTION_ADD_PUBLICATION':
    case 'ALTER_SUBSCRIPTION_DROP_PUBLICATION':
      return isOff(options, 'refresh') ? PLAIN : outside('ALTER SUBSCRIPTION with refresh')
    case 'ALTER_SUBSCRIPTION_OPTIONS':
      if (options?.some((option) => isNamed(option, 'failover')) || isOff(options, 'two_phase'))
        return outside('ALTER SUBSCRIPTION … SET (failover or two_phase)')
  }
  return PLAIN
}

function detachesConcurrently(commands: readonly Node[] | undefined): boolean {
  return (commands ?? []).some((command) => {
    if (!('AlterTableCmd' in command)) return false
    const { subtype, def } = command.AlterTableCmd
    return (
      subtype === 'AT_DetachPartition' &&
      def !== undefined &&
      'PartitionCmd' in def &&
      def.PartitionCmd.concurrent === true
    )
  })
}
