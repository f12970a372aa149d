import { type CatalogObject, listFact, nameOf, textFact } from '../catalog.ts'
import { literal } from '../sql-literal.ts'
import { afterOwnerChange, type GrantTarget, grantStatements } from './grants.ts'
import type { DdlWriter } from './writer.ts'

/** Stands for the name of the database in statements that {@link addressed} completes. */
export const CURRENT_DATABASE = 'current_database()'

/** The statements for what every kind can have (owner, comment, privileges, security labels), to be run after `writer.create`. */
export function commonCreate(writer: DdlWriter, object: CatalogObject): string[] {
  return commonChanges(writer, { ...object, facts: {} }, object)
}

/** The statements that change owner, comment, privileges and security labels from one state of an object to another. */
export function commonAlter(writer: DdlWriter, from: CatalogObject, to: CatalogObject): string[] {
  return commonChanges(writer, from, to)
}

/**
 * GRANT and REVOKE from one state of an object to another.
 * @param to undefined: as the object is by default
 */
export function privilegesAlter(
  writer: DdlWriter,
  from: CatalogObject,
  to: CatalogObject | undefined,
): string[] {
  const object = to ?? from
  const oldOwner = textFact(from, 'owner')
  const newOwner = textFact(object, 'owner')
  const entries = listFact(from, 'privileges')
  const before =
    oldOwner !== undefined && newOwner !== undefined && oldOwner !== newOwner
      ? afterOwnerChange(entries, oldOwner, newOwner)
      : entries
  const after = to === undefined ? [] : listFact(to, 'privileges')
  const statements = grantStatements(grantTarget(writer, object), before, after)
  return statements.map((statement) => addressed(object, statement))
}

/** A statement as the kind needs it: within ALTER DEFAULT PRIVILEGES, or with the name of the database filled in by the server. */
export function addressed(object: CatalogObject, statement: string): string {
  switch (object.kind) {
    case 'default-privileges':
      return `ALTER DEFAULT PRIVILEGES ${object.name.slice(0, object.name.lastIndexOf(' ON '))} ${statement}`
    case 'database':
      return inCurrentDatabase(statement)
    default:
      return statement
  }
}

/** No statement about a database takes an expression for its name. */
function inCurrentDatabase(statement: string): string {
  const at = statement.indexOf(CURRENT_DATABASE)
  if (at === -1) return statement
  const head = literal(statement.slice(0, at))
  const tail = statement.slice(at + CURRENT_DATABASE.length)
  const rest = tail === '' ? '' : ` || ${literal(tail).trim()}`
  const body = ` BEGIN EXECUTE ${head} || quote_ident(current_database())${rest}; END `
  const tag = dollarTag(body)
  return `DO ${tag}${body}${tag}`
}

/** A dollar-quoting tag that does not occur in the text. */
export function dollarTag(text: string): string {
  for (let number = 0; ; number++) {
    const name = number === 0 ? '' : number === 1 ? 'body' : `body${number}`
    // a `$` at the end of the text would run into the tag
    if (!text.includes(`$${name}`)) return `$${name}$`
  }
}

function commonChanges(writer: DdlWriter, from: CatalogObject, to: CatalogObject): string[] {
  const target = writer.target(to)
  const changes = (name: string) => textFact(from, name) !== textFact(to, name)
  const statements: string[] = []
  const owner = textFact(to, 'owner')
  if (owner !== undefined && changes('owner') && !followsOwner(to))
    statements.push(`ALTER ${target} OWNER TO ${owner}`)
  if (changes('comment'))
    statements.push(`COMMENT ON ${target} IS ${literal(textFact(to, 'comment') ?? null).trim()}`)
  return [
    ...statements.map((statement) => addressed(to, statement)),
    ...privilegesAlter(writer, from, to),
    ...labelStatements(target, from, to).map((statement) => addressed(to, statement)),
  ]
}

/** The sequence of a column has the owner of its table, and no other (manual, ALTER SEQUENCE). */
function followsOwner({ kind, parent }: CatalogObject): boolean {
  return kind === 'sequence' && parent !== undefined
}

function grantTarget(writer: DdlWriter, object: CatalogObject): GrantTarget {
  if (object.kind === 'column' && object.parent !== undefined) {
    const on = nameOf(object.parent)
    return { on, column: object.name.slice(on.length + 1) }
  }
  const on = (writer.grantTarget ?? writer.target)(object)
  // a column of a system object has no key of its own for its table
  const column = object.kind === 'system-object' ? textFact(object, 'column') : undefined
  return column === undefined ? { on } : { on, column }
}

function labelStatements(target: string, from: CatalogObject, to: CatalogObject): string[] {
  const before = byProvider(from)
  const after = byProvider(to)
  const providers = [...new Set([...before.keys(), ...after.keys()])]
  return providers
    .filter((provider) => before.get(provider) !== after.get(provider))
    .map((provider) => {
      const label = literal(after.get(provider) ?? null).trim()
      return `SECURITY LABEL FOR ${literal(provider)} ON ${target} IS ${label}`
    })
}

function byProvider(object: CatalogObject): ReadonlyMap<string, string> {
  return new Map(
    listFact(object, 'labels').map((entry) => {
      const at = entry.indexOf('=')
      return [entry.slice(0, at), entry.slice(at + 1)]
    }),
  )
}
