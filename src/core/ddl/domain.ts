import { type CatalogObject, textFact } from '../catalog.ts'
import { only } from './routine-text.ts'
import type { DdlWriter } from './writer.ts'

export const domainDdl: DdlWriter = {
  target: ({ name }) => `DOMAIN ${name}`,
  create: (domain) => [
    [
      `CREATE DOMAIN ${domain.name} AS ${textFact(domain, 'type')}`,
      ...clause('COLLATE', domain, 'collation'),
      ...clause('DEFAULT', domain, 'default'),
      ...(textFact(domain, 'notNull') === undefined ? [] : ['NOT NULL']),
    ].join(' '),
  ],
  drop: ({ name }) => [`DROP DOMAIN ${name}`],
  alter(_from, to, changed) {
    if (!only(changed, ['default', 'notNull'])) return undefined
    const value = textFact(to, 'default')
    const actions = {
      default: value === undefined ? 'DROP DEFAULT' : `SET DEFAULT ${value}`,
      notNull: `${textFact(to, 'notNull') === undefined ? 'DROP' : 'SET'} NOT NULL`,
    }
    return changed.map(
      (fact) => `ALTER DOMAIN ${to.name} ${fact === 'default' ? actions.default : actions.notNull}`,
    )
  },
}

function clause(word: string, domain: CatalogObject, fact: string): readonly string[] {
  const value = textFact(domain, fact)
  return value === undefined ? [] : [`${word} ${value}`]
}
