import { withoutCopyData } from './copy-data.ts'
import type { Migration, SqlFile } from './migration.ts'
import { unquoted } from './object-name.ts'

/** A statement whose effect is not confined to one database. */
export interface ServerWideUse {
  readonly file: string
  readonly what: string
  /** The roles that it names; empty for what is not about roles. What is put together at run time is `%`. */
  readonly roles: readonly string[]
  /** Of a membership: those that become members, or cease to be. */
  readonly members?: readonly string[]
  /** Whether a role that exists already would be changed by it. */
  readonly changes: boolean
}

/** Stands for a name that is put together at run time, such as by format('… %I …'). */
export const UNKNOWN_ROLE = '%'

const NAME = String.raw`("(?:[^"]|"")+"|[\w$\u0080-\uffff]+)`
const NAME_OR_UNKNOWN = String.raw`("(?:[^"]|"")+"|[\w$\u0080-\uffff]+|%[IsL]|'\s*\|\|)`
const ROLE = new RegExp(
  String.raw`\b(create|alter|drop|comment\s+on)\s+(?:role|group|user(?!\s+mapping\b))\s+(?:if\s+(?:not\s+)?exists\s+)?${NAME_OR_UNKNOWN}((?:\s*,\s*${NAME})*)`,
  'gi',
)
// Of shared objects, such as other databases, the owners change and the privileges go (manual, REASSIGN OWNED and DROP OWNED).
const OWNED = new RegExp(String.raw`\b(reassign|drop)\s+owned\s+by\s+${NAME}((?:\s*,\s*${NAME})*)`, 'gi')
const MEMBERSHIP = /\b(grant|revoke)\s+((?:(?!\bon\b)[^;])*?)\s+(?:to|from)\s+([^;]*)/gi
// A scratch database has another name: a database that is named is one of others.
const WHOLE_SERVER = new RegExp(
  String.raw`\b(alter\s+system|alter\s+(?:role|user)\s+all|(?:create|alter|drop|comment\s+on)\s+tablespace|(?:grant|revoke)\b[^;]*?\bon\s+(?:parameter|tablespace)|(?:create|alter|drop|comment\s+on)\s+database(?=\s+${NAME})|(?:grant|revoke)\b[^;]*?\bon\s+database(?=\s+${NAME}))\b`,
  'gi',
)
const EACH_NAME = new RegExp(NAME, 'g')

/**
 * What files do to the server as a whole, found by their words: what a DO block or a function executes is found too, and now and then
 * something that is only a comment.
 */
export function serverWideUses(migrations: readonly Migration[]): ServerWideUse[] {
  return migrations.flatMap(({ up, down }) => [...usesOf(up), ...(down === undefined ? [] : usesOf(down))])
}

function usesOf({ file, text: whole }: SqlFile): ServerWideUse[] {
  const text = withoutCopyData(whole)
  const uses: ServerWideUse[] = []
  for (const match of text.matchAll(ROLE)) {
    const [, verb = '', first = '', more = ''] = match
    uses.push({
      file,
      what: `${inWords(verb)} ROLE`,
      roles: [first, ...names(more)].map(folded),
      changes: verb.toLowerCase() !== 'create',
    })
  }
  for (const [, verb = '', first = '', more = ''] of text.matchAll(OWNED)) {
    const roles = [first, ...names(more)].map(folded)
    uses.push({ file, what: `${verb.toUpperCase()} OWNED BY`, roles, changes: true })
  }
  for (const [, verb = '', granted = '', grantees = ''] of text.matchAll(MEMBERSHIP)) {
    const [roles, members] = [names(granted).map(folded), names(grantees).map(folded)]
    uses.push({ file, what: `${verb.toUpperCase()} of a role`, roles, members, changes: true })
  }
  for (const [what] of text.matchAll(WHOLE_SERVER))
    uses.push({ file, what: inWords(what), roles: [], changes: true })
  return uses
}

function inWords(what: string): string {
  return what.toUpperCase().replace(/\s+/g, ' ')
}

function names(list: string): string[] {
  return [...list.matchAll(EACH_NAME)].map(([name]) => name)
}

/** A name as the catalog has it. */
function folded(name: string): string {
  if (name.startsWith('%') || name.startsWith("'")) return UNKNOWN_ROLE
  return name.startsWith('"') ? unquoted(name) : name.toLowerCase()
}
