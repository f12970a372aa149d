import { SqlmigError } from '../core/errors.ts'
import type { Migration } from '../core/migration.ts'
import { wholeWord } from '../core/object-name.ts'
import type { Ignored } from '../core/schema-diff.ts'
import { type ServerWideUse, serverWideUses, UNKNOWN_ROLE } from '../core/server-wide.ts'
import { quoteName } from '../core/sql-literal.ts'
import type { Session } from '../ports.ts'
import type { ScratchContext } from './context.ts'
import { acquireRolesLock } from './lock.ts'

/** Keeps apart what migrations do to the roles of a server and what others do; a scratch database does not hold its roles. */
export interface RolesGuard {
  /** Whether the migrations make or change roles at all: then two scratch databases of one server get in each other's way. */
  readonly involved: boolean
  /** What on the server is none of the migrations' business. */
  readonly ignores: Ignored
  /** Drops the roles that the migrations made and left. Never throws. */
  clean(session: Session): Promise<void>
}

/**
 * Looks at the roles that are there before anything runs, when no other run makes any.
 * @throws SqlmigError `SERVER_SHARED` when the migrations would change something that exists on a server of others; `LOCK_NOT_OBTAINED`,
 *   `INTERRUPTED`
 */
export async function rolesGuard(
  context: ScratchContext,
  session: Session,
  migrations: readonly Migration[],
): Promise<RolesGuard> {
  const { shared, description, rolesLock } = context.scratch
  const uses = serverWideUses(migrations)
  if (rolesLock !== undefined && uses.some(({ roles }) => roles.length > 0))
    await acquireRolesLock(context, rolesLock)
  const present = new Set(await roleNames(session))
  if (shared) {
    const isThere = (role: string) => present.has(role) || SESSION_ROLES.has(role)
    const forbidden = uses.find((use) => use.changes && changesWhatIsThere(use, isThere))
    if (forbidden !== undefined) {
      const { file, what, roles, members = [] } = forbidden
      const theirs = [...roles, ...members]
        .filter(isThere)
        .map((role) => (role === UNKNOWN_ROLE ? '(a name made at run time)' : role))
      throw new SqlmigError('SERVER_SHARED', {
        file,
        what: [what, theirs.join(', ')].join(' ').trim(),
        scratch: description,
      })
    }
  }
  const text = migrations.map(({ up, down }) => `${up.text}\n${down?.text ?? ''}`.toLowerCase()).join('\n')
  const mentioned = (role: string) => wholeWord(role.toLowerCase()).test(text)
  const created = new Set(uses.flatMap(({ what, roles }) => (what === 'CREATE ROLE' ? roles : [])))
  const isOurs = (role: string) => created.has(role) || (created.has(UNKNOWN_ROLE) && mentioned(role))
  return {
    involved: uses.length > 0,
    ignores({ kind, name }, fact) {
      if (!shared) return false
      if (fact === 'serverSettings') return !EVERY_ROLE.test(text)
      if (kind === 'system-object' && name.startsWith('parameter '))
        return !mentioned(name.slice('parameter '.length))
      return kind === 'role' && !mentioned(name.replace(/^"|"$/g, ''))
    },
    async clean(database) {
      const now = await roleNames(database).catch(() => [])
      const ours = now.filter((role) => !present.has(role) && (!shared || isOurs(role)))
      for (const role of ours) {
        const name = quoteName(role)
        // DROP OWNED needs membership, which who may create roles does not always have.
        for (const statement of [
          `grant ${name} to current_user`,
          `drop owned by ${name} cascade`,
          `drop role ${name}`,
        ])
          await database.send(statement).catch(() => {})
      }
    },
  }
}

/** A membership takes two: a new role that becomes a member, or gets one, goes with that role. */
function changesWhatIsThere({ roles, members }: ServerWideUse, isThere: (role: string) => boolean): boolean {
  if (roles.length === 0) return true
  return roles.some(isThere) && (members === undefined || members.some(isThere))
}

// What stands for a role in its place (manual, ALTER ROLE): the one of the session, which is there; and any that might be.
const SESSION_ROLES: ReadonlySet<string> = new Set([
  'current_role',
  'current_user',
  'session_user',
  UNKNOWN_ROLE,
])

/** ALTER ROLE ALL SET … counts for every database of the server. */
const EVERY_ROLE = /\b(?:role|user)\s+all\b/

async function roleNames(session: Session): Promise<string[]> {
  const { rows } = await session.send('select rolname::text as name from pg_catalog.pg_roles')
  return rows.map((row) => row['name'] ?? '')
}
