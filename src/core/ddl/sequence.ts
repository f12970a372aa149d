import { type CatalogObject, textFact } from '../catalog.ts'
import { bareName, identifier } from './relation-text.ts'
import type { CreateContext, DdlWriter } from './writer.ts'

/**
 * Sequences. That of an identity column is made and dropped with it, only its options are set. One that a column owns is made without the
 * column, which may need it for its default: see {@link ownedBySql}.
 */
export const sequenceDdl: DdlWriter = {
  target: (sequence) => `SEQUENCE ${sequence.name}`,
  create: (sequence, within) => {
    if (isIdentity(sequence)) return [...renameIdentity(sequence), ...setIdentity(sequence)]
    const table = ownerOf(sequence, within)
    const persistence = textFact(sequence, 'persistence') ?? (table && textFact(table, 'persistence'))
    const unlogged = persistence === 'unlogged' ? 'UNLOGGED ' : ''
    const owner = table && textFact(table, 'owner')
    return [
      [`CREATE ${unlogged}SEQUENCE ${sequence.name}`, ...clauses(sequence, OPTIONS)].join(' '),
      // OWNED BY asks for the owner of the table
      ...(owner === undefined ? [] : [`ALTER SEQUENCE ${sequence.name} OWNER TO ${owner}`]),
    ]
  },
  drop: (sequence) => (isIdentity(sequence) ? [] : [`DROP SEQUENCE ${sequence.name}`]),
  alter: (from, to, changed) => {
    // the type of an identity column is not a fact of its sequence
    const loses = isIdentity(to) && changed.includes('type') && textFact(to, 'type') === undefined
    if (changed.includes('identity') || loses) return undefined
    const options = changedClauses(from, to, changed)
    return [
      ...(options.length === 0 ? [] : [`ALTER SEQUENCE ${to.name} ${options.join(' ')}`]),
      ...(changed.includes('persistence') ? [setPersistence(from, to)] : []),
      ...(changed.includes('ownedBy')
        ? [`ALTER SEQUENCE ${to.name} OWNED BY ${textFact(to, 'ownedBy') ?? 'NONE'}`]
        : []),
    ]
  },
}

/** Makes a column the owner of a new sequence. To be run when the column is there and has the owner that it shall have. */
export function ownedBySql(sequence: CatalogObject): string[] {
  const column = textFact(sequence, 'ownedBy')
  return column === undefined || isIdentity(sequence)
    ? []
    : [`ALTER SEQUENCE ${sequence.name} OWNED BY ${column}`]
}

/** The table whose column owns the sequence. */
function ownerOf({ parent }: CatalogObject, { snapshot }: CreateContext): CatalogObject | undefined {
  const column = parent === undefined ? undefined : snapshot.objects.get(parent)
  return column?.parent === undefined ? undefined : snapshot.objects.get(column.parent)
}

// NAMEDATALEN: a longer name would have been shortened
const LONGEST_NAME = 63

/** The server calls the sequence of an identity column after table and column, which may have been renamed since. */
function renameIdentity(sequence: CatalogObject): readonly string[] {
  const { table, column } = identityOf(sequence)
  const given = `${bareName(table)}_${bareName(column)}_seq`
  if (given === bareName(sequence.name) || Buffer.byteLength(given, 'utf8') > LONGEST_NAME) return []
  const schema = table.slice(0, -localPart(table).length)
  return [`ALTER SEQUENCE ${schema}${identifier(given)} RENAME TO ${localPart(sequence.name)}`]
}

/** It stands at 1 until it is told where else to begin. */
function setIdentity(sequence: CatalogObject): readonly string[] {
  const options = clauses(
    sequence,
    OPTIONS.filter((option) => option !== 'type'),
  )
  const restart = rangeOf(sequence).start === 1n ? [] : ['RESTART']
  const { table, column } = identityOf(sequence)
  const set = [...options.map((option) => `SET ${option}`), ...restart].join(' ')
  return [
    ...(set === '' ? [] : [`ALTER TABLE ${table} ALTER COLUMN ${localPart(column)} ${set}`]),
    ...(textFact(sequence, 'persistence') === undefined
      ? []
      : [setPersistence({ ...sequence, facts: {} }, sequence)]),
  ]
}

function identityOf(sequence: CatalogObject): { readonly table: string; readonly column: string } {
  const column = textFact(sequence, 'ownedBy') ?? ''
  return { table: column.slice(0, -localPart(column).length - 1), column }
}

function localPart(name: string): string {
  return /(?:"(?:[^"]|"")*"|[^".]+)$/.exec(name)?.[0] ?? name
}

/** The fact says how an owned sequence differs from its table; without it, it is like the table again. */
function setPersistence(from: CatalogObject, to: CatalogObject): string {
  const was = textFact(from, 'persistence')
  const is = textFact(to, 'persistence') ?? (was === 'logged' ? 'unlogged' : 'logged')
  return `ALTER SEQUENCE ${to.name} SET ${is.toUpperCase()}`
}

function isIdentity(sequence: CatalogObject): boolean {
  return textFact(sequence, 'identity') !== undefined
}

const RANGE = ['min', 'max', 'start'] as const
const OPTIONS = ['type', 'increment', ...RANGE, 'cache', 'cycle'] as const
type Option = (typeof OPTIONS)[number]

function clauses(sequence: CatalogObject, options: readonly Option[]): string[] {
  return options
    .filter((option) => textFact(sequence, option) !== undefined)
    .map((option) => clause(sequence, option))
}

/** The type and the direction decide what the range is by default, and so whether a fact that did not change means another number. */
function changedClauses(from: CatalogObject, to: CatalogObject, changed: readonly string[]): string[] {
  const before = rangeOf(from)
  const after = rangeOf(to)
  const differs = (option: Option) =>
    option === 'min' || option === 'max' || option === 'start'
      ? before[option] !== after[option] || changed.includes(option)
      : changed.includes(option)
  const options = OPTIONS.filter(differs).map((option) => clause(to, option))
  const isElsewhere = after.max < before.min || before.max < after.min
  return isElsewhere ? [...options, 'RESTART'] : options
}

function clause(sequence: CatalogObject, option: Option): string {
  const value = textFact(sequence, option)
  switch (option) {
    case 'type':
      return `AS ${value ?? 'bigint'}`
    case 'increment':
      return `INCREMENT BY ${value ?? '1'}`
    case 'min':
      return value === undefined ? 'NO MINVALUE' : `MINVALUE ${value}`
    case 'max':
      return value === undefined ? 'NO MAXVALUE' : `MAXVALUE ${value}`
    case 'start':
      return `START WITH ${rangeOf(sequence).start}`
    case 'cache':
      return `CACHE ${value ?? '1'}`
    case 'cycle':
      return value === undefined ? 'NO CYCLE' : 'CYCLE'
  }
}

const LARGEST: Readonly<Record<string, bigint>> = { smallint: 32767n, integer: 2147483647n }

function rangeOf(sequence: CatalogObject): Readonly<Record<(typeof RANGE)[number], bigint>> {
  const largest = LARGEST[textFact(sequence, 'type') ?? 'bigint'] ?? 9223372036854775807n
  const number = (fact: string, absent: bigint) => BigInt(textFact(sequence, fact) ?? absent)
  const ascends = number('increment', 1n) > 0n
  const min = number('min', ascends ? 1n : -largest - 1n)
  const max = number('max', ascends ? largest : -1n)
  return { min, max, start: number('start', ascends ? min : max) }
}
