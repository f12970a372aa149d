import { type CatalogObject, kindOf, listFact, nameOf, type ObjectKey, textFact } from '../catalog.ts'
import { localName } from '../difference.ts'
import { literal } from '../sql-literal.ts'
import { dollarTag } from './common.ts'
import { alterRelation, bareName } from './relation-text.ts'
import type { DdlWriter } from './writer.ts'

/** Constraints of tables, foreign tables and domains, but for NOT NULL. Each is added by a statement of its own, with its index. */
export const constraintDdl: DdlWriter = {
  target: (constraint) => {
    const parent = parentOf(constraint)
    const domain = kindOf(parent) === 'domain' ? 'DOMAIN ' : ''
    return `CONSTRAINT ${localName(constraint)} ON ${domain}${nameOf(parent)}`
  },
  create: (constraint) => {
    const added = comesWithAnother(constraint) ? [] : [add(constraint)]
    return [...added, ...triggerChanges({ ...constraint, facts: {} }, constraint)]
  },
  drop: (constraint) =>
    isInherited(constraint)
      ? likeInherited(constraint)
      : [`${alterParent(constraint)} DROP CONSTRAINT ${localName(constraint)}`],
  alter: (from, to, changed) => {
    const statements: string[] = []
    for (const fact of changed) {
      if (fact === 'triggers' || fact === 'inherited') continue
      if (!isAlterable(from, to, fact)) return undefined
    }
    if (changed.includes('local')) statements.push(add(to))
    if (changed.includes('deferrable') || changed.includes('enforced'))
      statements.push(`${alterParent(to)} ALTER CONSTRAINT ${localName(to)} ${attributes(to, changed)}`)
    if (changed.includes('validated') && !changed.includes('enforced'))
      statements.push(`${alterParent(to)} VALIDATE CONSTRAINT ${localName(to)}`)
    return [...statements, ...(changed.includes('triggers') ? triggerChanges(from, to) : [])]
  },
}

const KEYS = ['primary key', 'unique', 'exclusion']

function parentOf({ parent, name }: CatalogObject): ObjectKey {
  if (parent === undefined) throw new Error(`constraint ${name} has no parent`)
  return parent
}

function alterParent(constraint: CatalogObject): string {
  return alterRelation(parentOf(constraint))
}

function isInherited({ facts }: CatalogObject): boolean {
  return facts['inherited'] !== undefined
}

/** What a table inherits is made with it, or with the parent's constraint. */
function comesWithAnother(constraint: CatalogObject): boolean {
  return isInherited(constraint) && textFact(constraint, 'local') === undefined
}

/** An inherited constraint that is no key is seen only when it is told apart from the parent's; without that it is gone. */
function likeInherited(constraint: CatalogObject): readonly string[] {
  if (!comesWithAnother(constraint) || KEYS.includes(textFact(constraint, 'type') ?? '')) return []
  return [
    ...triggerChanges(constraint, { ...constraint, facts: {} }),
    ...(textFact(constraint, 'comment') === undefined
      ? []
      : [`COMMENT ON ${constraintDdl.target(constraint)} IS NULL`]),
  ]
}

/** What a child inherits becomes its own as well when it is added. */
function add(constraint: CatalogObject): string {
  return `${alterParent(constraint)} ADD CONSTRAINT ${localName(constraint)} ${definition(constraint)}`
}

function definition(constraint: CatalogObject): string {
  const deferrable = textFact(constraint, 'deferrable')
  const words = [
    textFact(constraint, 'definition'),
    deferrable && 'DEFERRABLE',
    deferrable === 'initially deferred' && 'INITIALLY DEFERRED',
    textFact(constraint, 'enforced') && 'NOT ENFORCED',
    textFact(constraint, 'validated') && 'NOT VALID',
  ]
  return words.filter(Boolean).join(' ')
}

/** ALTER CONSTRAINT is for foreign keys only; nothing takes back a VALIDATE (manual, ALTER TABLE). */
function isAlterable(from: CatalogObject, to: CatalogObject, fact: string): boolean {
  const isForeignKey = textFact(to, 'type') === 'foreign key'
  switch (fact) {
    case 'deferrable':
      return isForeignKey
    case 'enforced':
      // enforcing it validates it
      return isForeignKey && textFact(to, 'validated') === undefined
    case 'validated':
      return (
        textFact(to, 'validated') === undefined || textFact(to, 'enforced') !== textFact(from, 'enforced')
      )
    case 'local':
      return textFact(to, 'local') !== undefined
    default:
      return false
  }
}

function attributes(constraint: CatalogObject, changed: readonly string[]): string {
  const words: string[] = []
  if (changed.includes('deferrable')) {
    const deferrable = textFact(constraint, 'deferrable')
    if (deferrable === undefined) words.push('NOT DEFERRABLE')
    else words.push('DEFERRABLE', deferrable === 'yes' ? 'INITIALLY IMMEDIATE' : 'INITIALLY DEFERRED')
  }
  if (changed.includes('enforced'))
    words.push(textFact(constraint, 'enforced') === undefined ? 'ENFORCED' : 'NOT ENFORCED')
  return words.join(' ')
}

const STATES: Readonly<Record<string, string>> = {
  enabled: 'ENABLE',
  disabled: 'DISABLE',
  replica: 'ENABLE REPLICA',
  always: 'ENABLE ALWAYS',
}

/** Enables and disables the internal triggers by which a constraint lives, table by table. */
function triggerChanges(from: CatalogObject, to: CatalogObject): readonly string[] {
  const before = listFact(from, 'triggers')
  const after = listFact(to, 'triggers')
  const tableOf = (entry: string) => entry.slice(0, entry.lastIndexOf('='))
  const reset = before.filter((entry) => !after.some((other) => tableOf(other) === tableOf(entry)))
  return [
    ...reset.map((entry) => `${tableOf(entry)}=enabled`),
    ...after.filter((entry) => !before.includes(entry)),
  ].map((entry) => switchTriggers(to, tableOf(entry), entry.slice(entry.lastIndexOf('=') + 1)))
}

/** The names of internal triggers hold OIDs, so that the server has to look them up. */
function switchTriggers(constraint: CatalogObject, table: string, state: string): string {
  const on = literal(nameOf(parentOf(constraint))).trim()
  const name = literal(bareName(localName(constraint))).trim()
  const statement = literal(`ALTER TABLE ${table.replaceAll('%', '%%')} ${STATES[state]} TRIGGER %I`).trim()
  const body = `
DECLARE internal name;
BEGIN
  FOR internal IN SELECT t.tgname FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_constraint c ON c.oid = t.tgconstraint
    WHERE c.conrelid = ${on}::pg_catalog.regclass AND c.conname = ${name} AND t.tgrelid = ${literal(table).trim()}::pg_catalog.regclass
  LOOP EXECUTE pg_catalog.format(${statement}, internal); END LOOP;
END `
  const tag = dollarTag(body)
  return `DO ${tag}${body}${tag}`
}
