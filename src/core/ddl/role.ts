import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import { literal } from '../sql-literal.ts'
import { alterSettings } from './alter-settings.ts'

import type { DdlWriter } from './writer.ts'

/** Attributes by the fact that they come from. */
const FLAGS: Readonly<Record<string, string>> = {
  superuser: 'SUPERUSER',
  inherit: 'INHERIT',
  createRole: 'CREATEROLE',
  createDatabase: 'CREATEDB',
  login: 'LOGIN',
  replication: 'REPLICATION',
  bypassRls: 'BYPASSRLS',
}

const ATTRIBUTES = [...Object.keys(FLAGS), 'connectionLimit', 'validUntil', 'password']

function attribute(role: CatalogObject, fact: string): readonly string[] {
  const value = textFact(role, fact)
  const flag = FLAGS[fact]
  if (flag !== undefined) return [`${isOn(fact, value) ? '' : 'NO'}${flag}`]
  switch (fact) {
    case 'connectionLimit':
      return [`CONNECTION LIMIT ${value ?? '-1'}`]
    case 'validUntil':
      return [`VALID UNTIL ${literal(value ?? 'infinity')}`]
    default:
      // nobody knows the password that was
      return value === undefined ? ['PASSWORD NULL'] : []
  }
}

function isOn(fact: string, value: string | undefined): boolean {
  return fact === 'inherit' ? value === undefined : value !== undefined
}

/** `app_reader WITH ADMIN OPTION GRANTED BY boss`: the entry is written as GRANT takes it. */
const MEMBERSHIP = /^("(?:[^"]|"")*"|[^"\s]+)(.*?)( GRANTED BY (?:"(?:[^"]|"")*"|[^"\s]+))?$/s

function membershipChanges(name: string, from: readonly string[], to: readonly string[]): readonly string[] {
  const statement = (entry: string, build: (role: string, options: string, grantor: string) => string) => {
    const [, role = '', options = '', grantor = ''] = MEMBERSHIP.exec(entry) ?? []
    return build(role, options, grantor)
  }
  return [
    ...from
      .filter((entry) => !to.includes(entry))
      .map((entry) => statement(entry, (role, _, grantor) => `REVOKE ${role} FROM ${name}${grantor}`)),
    ...to
      .filter((entry) => !from.includes(entry))
      .map((entry) =>
        statement(entry, (role, options, grantor) => `GRANT ${role} TO ${name}${options}${grantor}`),
      ),
  ]
}

function belongings(from: CatalogObject, to: CatalogObject): readonly string[] {
  return [
    ...membershipChanges(to.name, listFact(from, 'memberOf'), listFact(to, 'memberOf')),
    ...alterSettings(`ALTER ROLE ${to.name}`, listFact(from, 'settings'), listFact(to, 'settings')),
  ]
}

export const roleDdl: DdlWriter = {
  target: ({ name }) => `ROLE ${name}`,
  create(role) {
    const attributes = ATTRIBUTES.filter((fact) => role.facts[fact] !== undefined).flatMap((fact) =>
      attribute(role, fact),
    )
    return [
      [`CREATE ROLE ${role.name}`, ...attributes].join(' '),
      ...belongings({ ...role, facts: {} }, role),
    ]
  },
  drop: ({ name }) => [`DROP ROLE ${name}`],
  alter(from, to, changed) {
    const attributes = ATTRIBUTES.filter((fact) => changed.includes(fact)).flatMap((fact) =>
      attribute(to, fact),
    )
    return [
      ...(attributes.length === 0 ? [] : [[`ALTER ROLE ${to.name}`, ...attributes].join(' ')]),
      ...belongings(from, to),
    ]
  },
}
