import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import { alterSettings } from './alter-settings.ts'
import { addressed, CURRENT_DATABASE, commonAlter } from './common.ts'

import type { DdlWriter } from './writer.ts'

/** Settings that a role has in this database, by role. */
function byRole(object: CatalogObject): ReadonlyMap<string, readonly string[]> {
  const roles = new Map<string, string[]>()
  for (const entry of listFact(object, 'roleSettings')) {
    const [role = ''] = /^(?:"(?:[^"]|"")*"|[^":])+/.exec(entry) ?? []
    roles.set(role, [...(roles.get(role) ?? []), entry.slice(role.length + 2)])
  }
  return roles
}

function changes(from: CatalogObject, to: CatalogObject): readonly string[] {
  const before = byRole(from)
  const after = byRole(to)
  const roles = [...new Set([...before.keys(), ...after.keys()])]
  const limit = textFact(to, 'connectionLimit')
  const alter = `ALTER DATABASE ${CURRENT_DATABASE}`
  return [
    ...(limit === textFact(from, 'connectionLimit') ? [] : [`${alter} CONNECTION LIMIT ${limit ?? '-1'}`]),
    ...alterSettings(alter, listFact(from, 'settings'), listFact(to, 'settings')),
    ...roles.flatMap((role) =>
      alterSettings(
        `ALTER ROLE ${role} IN DATABASE ${CURRENT_DATABASE}`,
        before.get(role) ?? [],
        after.get(role) ?? [],
      ),
    ),
    ...alterSettings('ALTER ROLE ALL', listFact(from, 'serverSettings'), listFact(to, 'serverSettings')),
  ].map((statement) => addressed(to, statement))
}

/** The database is always there: it is altered, never made or dropped. */
export const databaseDdl: DdlWriter = {
  target: () => `DATABASE ${CURRENT_DATABASE}`,
  create: (object) => changes({ ...object, facts: {} }, object),
  drop(object) {
    const plain = { ...object, facts: {} }
    return [...changes(object, plain), ...commonAlter(databaseDdl, object, plain)]
  },
  alter: (from, to) => changes(from, to),
}
