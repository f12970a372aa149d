import { type CatalogObject, nameOf } from '../core/catalog.ts'
import { type Difference, keysOf, localName, subjectOf } from '../core/difference.ts'
import type { SqlmigError } from '../core/errors.ts'
import type { Migration } from '../core/migration.ts'
import { lastPart } from '../core/object-name.ts'
import type { Circumstances } from '../core/roundtrip-findings.ts'
import type { StatementSpan } from '../core/split.ts'
import { placeInStatement } from '../core/statement-place.ts'
import type { DataDifference, Differences } from './differences.ts'
import type { Mended } from './mend.ts'
import { sqlstateOf } from './walk-findings.ts'

/** What trying and placing brought to light. */
export interface Evidence {
  /** By difference: the number of the statement of the up that made it. */
  readonly places: ReadonlyArray<number | undefined>
  readonly mended: Mended
  readonly remaining: Differences
  readonly found: Differences
  /** Those of the rows that no SQL can name. */
  readonly nameless: ReadonlySet<DataDifference>
  /** Why the up cannot run again in the state that the down left. */
  readonly retry: SqlmigError | undefined
  /** Of the up. */
  readonly statements: readonly StatementSpan[]
}

/** What is known of each difference, by its number: first those of the schema, then those of the rows. */
export function circumstancesOf(migration: Migration, evidence: Evidence): (index: number) => Circumstances {
  const { mended, retry, found, nameless } = evidence
  const blamed = retry === undefined ? -1 : causeOfRetry(retry, found)
  return (index) => {
    const rows = found.data[index - found.schema.length]
    const hidden = rows !== undefined && nameless.has(rows)
    const { statements, failed } = hidden ? { statements: [], failed: [] } : mendedBy(mended, index)
    const difference = found.schema[index]
    const emptied = difference !== undefined && losesRows(difference, evidence)
    return {
      ...locate(migration, evidence, index),
      missingSql: hidden ? [NAMELESS] : [...statements, ...failed].map(({ sql }) => `${sql};`),
      proven: statements.length > 0 && failed.length === 0 && !emptied && isMended(evidence, index),
      consequence: retry !== undefined && index === blamed ? consequenceOf(retry) : undefined,
      views: found.derived.filter(({ cause }) => cause === index).map(({ table }) => table.table),
      ...limitOf(hidden, emptied),
    }
  }
}

function mendedBy({ statements, failed }: Mended, index: number): Mended {
  return {
    statements: statements.filter(({ of }) => of === index),
    failed: failed.filter(({ of }) => of === index),
  }
}

function limitOf(hidden: boolean, emptied: boolean): Pick<Circumstances, 'limit'> {
  if (hidden) return { limit: 'nameless rows' }
  return emptied ? { limit: 'definition only' } : {}
}

/** Stands where SQL would stand that finds nothing in other databases, or the wrong rows. */
const NAMELESS = '-- no SQL: it would have to name rows by what is different every time'

function consequenceOf(retry: SqlmigError): string {
  const { location } = retry
  const place = location?.line === undefined ? '' : `, ${location.file}:${location.line}`
  return `because of it the next up fails: ${retry.message} (${sqlstateOf(retry) ?? retry.code}${place})`
}

/** Whether nothing of a difference is left after what was tried. */
function isMended({ remaining, found }: Evidence, index: number): boolean {
  const difference = found.schema[index]
  if (difference !== undefined) {
    const keys = new Set(keysOf(difference))
    return !remaining.schema.some(
      (one) =>
        (one.type === 'column-order') === (difference.type === 'column-order') &&
        keysOf(one).some((key) => keys.has(key)),
    )
  }
  const table = found.data[index - found.schema.length]?.table.table
  return !remaining.data.some((one) => one.table.table === table)
}

/**
 * Whether the SQL of a difference would cost rows in a database that holds more than the scratch one: what is made again is empty, and what
 * is dropped beside it may be the same thing, renamed and changed.
 */
export function risksRows(difference: Difference, all: readonly Difference[]): boolean {
  if (difference.type === 'lost') return [difference.object, ...difference.inside].some(holdsRows)
  if (difference.type !== 'leftover' || !holdsRows(difference.object)) return false
  const { kind, parent } = difference.object
  return all.some((one) => one.type === 'lost' && one.object.kind === kind && one.object.parent === parent)
}

function holdsRows(object: CatalogObject): boolean {
  return object.facts['generated'] === undefined && tableOf(object).length > 0
}

/** Whether what came back, or got its old name or type again, does not hold the rows that it held. */
function losesRows(difference: Difference, { remaining, found }: Evidence): boolean {
  if (risksRows(difference, found.schema)) return true
  if (difference.type === 'leftover' || difference.type === 'column-order') return false
  const subject = difference.type === 'lost' ? difference.object : difference.before
  const within = difference.type === 'changed' ? [] : difference.inside
  const tables = new Set(
    [subject, ...within].flatMap((one) => (one.kind === 'materialized-view' ? [one.name] : tableOf(one))),
  )
  return remaining.data.some(({ table }) => tables.has(table.table))
}

/** Of a table or a column; what else there is holds no rows. */
function tableOf({ kind, name, parent }: CatalogObject): string[] {
  if (kind === 'table') return [name]
  return kind === 'column' && parent?.startsWith('table ') === true ? [nameOf(parent)] : []
}

/** The difference that an error of the next up names, else the first. */
function causeOfRetry({ message }: SqlmigError, { schema }: Differences): number {
  const names = (difference: Difference) =>
    difference.type === 'renamed'
      ? [difference.after, difference.before].map((object) => bareName(localName(object)))
      : [subjectName(difference)]
  const named = schema.findIndex((difference) =>
    names(difference).some((name) => message.includes(`"${name.replaceAll('"', '')}"`)),
  )
  return Math.max(0, named)
}

function subjectName(difference: Difference): string {
  return bareName(localName(difference.type === 'renamed' ? difference.after : subjectOf(difference)))
}

/** Without its schema and, for functions, without its arguments. */
function bareName(name: string): string {
  return lastPart(name) ?? name
}

/** The statement of the up that made it; where there is none the down did. */
function locate(
  { up, down }: Migration,
  { places, found, statements }: Evidence,
  index: number,
): Pick<Circumstances, 'location' | 'excerpt'> {
  const number = places[index]
  const span = number === undefined ? undefined : statements[number]
  if (span === undefined) return { location: { file: (down ?? up).file }, excerpt: undefined }
  const difference = found.schema[index]
  const table = found.data[index - found.schema.length]?.table.table ?? ''
  return placeInStatement(up, span, difference === undefined ? bareName(table) : subjectName(difference))
}
