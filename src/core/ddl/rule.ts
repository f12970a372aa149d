import { type CatalogObject, nameOf, type ObjectKey, textFact } from '../catalog.ts'
import { localName } from '../difference.ts'
import { enabledClause } from './enabled.ts'
import { alterRelation } from './relation-text.ts'
import type { DdlWriter } from './writer.ts'

/** Rules, but for those by which views are stored. */
export const ruleDdl: DdlWriter = {
  target,
  create: (rule) => [
    textFact(rule, 'definition') ?? '',
    ...(textFact(rule, 'enabled') === undefined ? [] : [enable(rule)]),
  ],
  drop: (rule) => [`DROP ${target(rule)}`],
  alter: (_from, to, changed) => [
    // it stays enabled or disabled as it was
    ...(changed.includes('definition')
      ? [(textFact(to, 'definition') ?? '').replace('CREATE RULE ', 'CREATE OR REPLACE RULE ')]
      : []),
    ...(changed.includes('enabled') ? [enable(to)] : []),
  ],
}

function target(rule: CatalogObject): string {
  return `RULE ${localName(rule)} ON ${nameOf(tableOf(rule))}`
}

function tableOf({ parent, name }: CatalogObject): ObjectKey {
  if (parent === undefined) throw new Error(`rule ${name} has no table`)
  return parent
}

function enable(rule: CatalogObject): string {
  return `${alterRelation(tableOf(rule))} ${enabledClause(textFact(rule, 'enabled'))} RULE ${localName(rule)}`
}
