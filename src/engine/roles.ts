import { SqlmigError } from '../core/errors.ts'
import type { Migration } from '../core/migration.ts'
import type { Ignored } from '../core/schema-diff.ts'
import { serverWideUses } from '../core/server-wide.ts'
import type { ScratchProvider, Session } from '../ports.ts'

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
 * Looks at the roles that are there before anything runs.
 * @throws SqlmigError `SERVER_SHARED` when the migrations would change something that exists on a server of others
 */
export async function rolesGuard(
  { shared, description }: ScratchProvider,
  session: Session,
  migrations: readonly Migration[],
): Promise<RolesGuard> {
  const uses = serverWideUses(migrations)
  const present = new Set(await roleNames(session))
  if (shared) {
    for (const { file, what, roles, changes } of uses) {
      const theirs = roles.filter((role) => present.has(role) || SESSION_ROLES.has(role))
      // A membership takes two: a new role that becomes a member goes with its role.
      const allThere = theirs.length === roles.length
      if (changes && allThere)
        throw new SqlmigError('SERVER_SHARED', {
          file,
          what: roles.length === 0 ? what : `${what} ${theirs.join(', ')}`,
          scratch: description,
        })
    }
  }
  const text = migrations.map(({ up, down }) => `${up.text}\n${down?.text ?? ''}`.toLowerCase()).join('\n')
  const mentioned = (role: string) => text.includes(role.toLowerCase())
  return {
    involved: uses.some(({ roles }) => roles.length > 0),
    ignores({ kind, name }, fact) {
      if (!shared) return false
      if (fact === 'serverSettings') return !EVERY_ROLE.test(text)
      if (kind === 'system-object' && name.startsWith('parameter '))
        return !mentioned(name.slice('parameter '.length))
      return kind === 'role' && !mentioned(name.replace(/^"|"$/g, ''))
    },
    async clean(database) {
      const now = await roleNames(database).catch(() => [])
      const ours = now.filter((role) => !present.has(role) && (!shared || mentioned(role)))
      for (const role of ours) {
        const name = `"${role.replaceAll('"', '""')}"`
        await database.send(`drop owned by ${name} cascade; drop role ${name}`).catch(() => {})
      }
    },
  }
}

// What stands for a role in its place (manual, ALTER ROLE): the one of the session, which is there.
const SESSION_ROLES: ReadonlySet<string> = new Set(['current_role', 'current_user', 'session_user'])

/** ALTER ROLE ALL SET … counts for every database of the server. */
const EVERY_ROLE = /\b(?:role|user)\s+all\b/

async function roleNames(session: Session): Promise<string[]> {
  const { rows } = await session.send('select rolname::text as name from pg_catalog.pg_roles')
  return rows.map((row) => row['name'] ?? '')
}
