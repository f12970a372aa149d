import { type CatalogObject, kindInWords, type ObjectKind, objectKey } from './catalog.ts'
import type { RowsDifference, TableDifference } from './data-diff.ts'
import { BELONGS_TO, type Difference, subjectOf } from './difference.ts'
import type { Finding, FindingCode, FoundDifference, ObjectName, SourceLocation } from './finding.ts'
import type { Migration } from './migration.ts'
import type { Excerpt } from './sql-text.ts'

/** What is known about a difference beside the difference itself. */
export interface Circumstances {
  /** The statement that made it, in the up where it was seen there, else the down as a whole. */
  readonly location: SourceLocation
  readonly excerpt: Excerpt | undefined
  /** With semicolons, ready to be appended to the down. */
  readonly missingSql: readonly string[]
  readonly proven: boolean
  readonly consequence: string | undefined
  /** Materialized views whose rows differ because of it. */
  readonly views: readonly string[]
  /** What no SQL can do: bring back the rows of what was dropped, or name rows whose keys are different every time. */
  readonly limit?: 'definition only' | 'nameless rows'
}

/** Where there is no migration to blame: the walk as a whole. */
type Culprit = Pick<Migration, 'version' | 'name'> & { readonly file: string }

export function culpritOf(migration: Migration): Culprit {
  return { version: migration.version, name: migration.name, file: migration.down?.file ?? migration.up.file }
}

/** The finding of a difference that a down leaves in the schema. */
export function schemaFinding(difference: Difference, culprit: Culprit, about: Circumstances): Finding {
  const object = subjectOf(difference)
  return {
    code: codeOf(difference),
    severity: difference.type === 'column-order' ? 'warning' : 'error',
    message: `${culprit.file} ${messageOf(difference)}`,
    hint: hintFor(difference, about),
    version: culprit.version,
    name: culprit.name,
    object: objectName(object),
    location: about.location,
    ...(about.excerpt === undefined ? {} : { excerpt: about.excerpt }),
    difference: { ...sidesOf(difference), ...rest(difference.inside, about) },
  }
}

/** Rows of one relation that a down does not bring back; `rows` is undefined where there are too many to tell which. */
interface FoundRows {
  readonly kind: 'table' | 'materialized-view'
  readonly table: TableDifference
  readonly rows: RowsDifference | undefined
}

/** The finding of a table or materialized view whose rows a down does not bring back. */
export function dataFinding(
  { kind, table: { table, before, after }, rows }: FoundRows,
  culprit: Culprit,
  about: Circumstances,
): Finding {
  const count = (number = 0) => `${number} ${number === 1 ? 'row' : 'rows'}`
  const what = rows === undefined ? countsInWords(before?.rows ?? 0, after?.rows ?? 0) : rowsInWords(rows)
  const left = rows === undefined ? (after?.rows ?? 0) > (before?.rows ?? 0) : rows.lost + rows.changed === 0
  return {
    code: 'ROUNDTRIP_DATA',
    severity: 'error',
    message: `${culprit.file} does not bring back the rows of ${table}: ${what}`,
    hint: kind === 'materialized-view' ? hintForView(about) : left ? hintForLeft(about) : HINT_FOR_LOST,
    version: culprit.version,
    name: culprit.name,
    object: { kind: kindInWords(kind), name: table },
    location: about.location,
    ...(about.excerpt === undefined ? {} : { excerpt: about.excerpt }),
    difference: {
      before: count(before?.rows),
      after: count(after?.rows),
      ...rest([], about),
      ...(rows === undefined ? {} : { rows: rows.rows }),
    },
  }
}

const ONLY_WHAT_WAS_KEPT =
  'a down can bring back only what the up kept: copy the rows aside first, or say in the up: -- sqlmig: irreversible <reason>'
const HINT_FOR_LOST = `${ONLY_WHAT_WAS_KEPT}; a column that is different every time is excluded by: -- sqlmig: volatile schema.table.column`

function hintForView({ missingSql }: Circumstances): string {
  return missingSql.length > 0
    ? 'a materialized view keeps its rows until it is refreshed: refresh it in the down'
    : 'a REFRESH does not bring these rows back, because the view was not up to date before the up: refresh it in an earlier migration'
}

function hintForLeft({ limit }: Circumstances): string {
  const why =
    limit === undefined ? '' : ', by what tells these rows from others: their keys are different every time'
  return `delete in the down what the up inserted${why}`
}

const CODES: Readonly<Record<Difference['type'], FindingCode>> = {
  leftover: 'ROUNDTRIP_LEFTOVER',
  lost: 'ROUNDTRIP_LOST',
  changed: 'ROUNDTRIP_CHANGED',
  renamed: 'ROUNDTRIP_CHANGED',
  'column-order': 'COLUMN_ORDER',
}

export function codeOf(difference: Difference): FindingCode {
  // What belongs to the system stays; its row in the snapshot says only that its privileges are not the original ones.
  return isPrivilege(difference) ? 'ROUNDTRIP_CHANGED' : CODES[difference.type]
}

function isPrivilege(difference: Difference): boolean {
  return subjectOf(difference).kind === 'system-object'
}

export function objectName({ kind, name }: Pick<CatalogObject, 'kind' | 'name'>): ObjectName {
  return { kind: kindInWords(kind), name }
}

function messageOf(difference: Difference): string {
  const subject = subjectOf(difference)
  const object = `the ${kindInWords(subject.kind)} ${subject.name}`
  const inside = insideInWords(difference.inside)
  if (isPrivilege(difference)) return `leaves the privileges on the ${subject.name} changed`
  switch (difference.type) {
    case 'leftover':
      return `leaves ${object} behind${inside}`
    case 'lost':
      return `does not bring back ${object}${inside}`
    case 'changed':
      return `leaves ${object} changed: ${difference.facts.map(factInWords).join(', ')}${inside}`
    case 'renamed':
      return `leaves ${object} under the name ${difference.after.name}${inside}`
    case 'column-order':
      return `brings the columns of ${subject.name} back in another order: ${difference.after.join(', ')}`
  }
}

/** ` (with 3 columns and 1 index)` */
function insideInWords(inside: readonly CatalogObject[]): string {
  if (inside.length === 0) return ''
  const counts = new Map<ObjectKind, number>()
  for (const { kind } of holdersFirst(inside)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  const parts = [...counts].map(([kind, count]) => `${count} ${plural(kindInWords(kind), count)}`)
  const last = parts.pop() ?? ''
  return ` (with ${parts.length === 0 ? last : `${parts.join(', ')} and ${last}`})`
}

/** A table before its columns, these before the sequences that belong to them. */
function holdersFirst(inside: readonly CatalogObject[]): CatalogObject[] {
  const byKey = new Map(inside.map((object) => [objectKey(object), object]))
  const depth = ({ parent }: CatalogObject): number => {
    const holder = parent === undefined ? undefined : byKey.get(parent)
    return holder === undefined ? 0 : depth(holder) + 1
  }
  return [...inside].sort((a, b) => depth(a) - depth(b))
}

const UNCOUNTABLE = /(?:statistics|privileges)$/

function plural(word: string, count: number): string {
  if (count === 1 || UNCOUNTABLE.test(word)) return word
  if (/(?:x|s|sh|ch)$/.test(word)) return `${word}es`
  return word.endsWith('y') ? `${word.slice(0, -1)}ies` : `${word}s`
}

/** Of a table with too many rows to compare one by one. */
function countsInWords(before: number, after: number): string {
  return before === after ? `their content differs (${before} rows)` : `${before} rows before, ${after} after`
}

function rowsInWords({ leftover, lost, changed }: RowsDifference): string {
  const part = (count: number, what: string) => (count === 0 ? [] : [`${count} ${what}`])
  return [...part(leftover, 'left behind'), ...part(lost, 'lost'), ...part(changed, 'changed')].join(', ')
}

function hintFor(difference: Difference, { missingSql, limit }: Circumstances): string {
  if (difference.type === 'column-order')
    return 'PostgreSQL puts a column that is added again at the end; SELECT * and INSERT without a list of columns see the difference. Only a new table brings the order back'
  if (limit === 'definition only')
    return `the missing SQL brings back the definition, not the rows that were in it: ${ONLY_WHAT_WAS_KEPT}`
  if (missingSql.length === 0) return 'no statement is known that brings it back: look at both definitions'
  return 'append the missing SQL to the down, or let sqlmig do it: sqlmig roundtrip --write-fix'
}

function sidesOf(difference: Difference): Pick<FoundDifference, 'before' | 'after'> {
  switch (difference.type) {
    case 'leftover':
      return { before: null, after: definitionOf(difference.object) }
    case 'lost':
      return { before: definitionOf(difference.object), after: null }
    case 'changed': {
      const { before, after, facts } = difference
      return { before: definitionOf(before, facts), after: definitionOf(after, facts) }
    }
    case 'renamed':
      return {
        before: namesOf(
          difference.before,
          difference.parts.map(([was]) => was),
        ),
        after: namesOf(
          difference.after,
          difference.parts.map(([, is]) => is),
        ),
      }
    case 'column-order':
      return { before: difference.before.join('\n'), after: difference.after.join('\n') }
  }
}

function namesOf({ name }: CatalogObject, parts: readonly CatalogObject[]): string {
  return [`name: ${name}`, ...parts.map((part) => `${kindInWords(part.kind)}: ${part.name}`)].join('\n')
}

/** `notNull` → `not null` */
function factInWords(fact: string): string {
  return fact.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}

/** An object's facts, one a line; only those named where some are, and then also what has its default value. */
function definitionOf(object: CatalogObject, only?: readonly string[]): string {
  const names = only ?? Object.keys(object.facts).filter((fact) => fact !== 'position')
  return names
    .map((fact) => {
      const value = fact === BELONGS_TO ? object.parent : object.facts[fact]
      const text = value === undefined ? '(default)' : typeof value === 'string' ? value : value.join(', ')
      return `${factInWords(fact)}: ${text}`
    })
    .join('\n')
}

function rest(
  inside: readonly CatalogObject[],
  { missingSql, proven, consequence, views }: Circumstances,
): Omit<FoundDifference, 'before' | 'after'> {
  return {
    inside: [
      ...holdersFirst(inside).map(objectName),
      ...views.map((name) => ({ kind: kindInWords('materialized-view'), name })),
    ],
    missingSql,
    proven,
    ...(consequence === undefined ? {} : { consequence }),
  }
}
