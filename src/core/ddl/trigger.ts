import { type CatalogObject, nameOf, type ObjectKey, textFact } from '../catalog.ts'
import { localName } from '../difference.ts'
import { extensionChanges } from './depends-on-extension.ts'
import { enabledClause } from './enabled.ts'
import { alterRelation } from './relation-text.ts'
import type { DdlWriter } from './writer.ts'

/** Triggers. The clone of one on a partition is never made or dropped, only told apart from it. */
export const triggerDdl: DdlWriter = {
  target,
  create: (trigger) => {
    const isClone = textFact(trigger, 'inherited') !== undefined
    return [
      ...(isClone ? [] : [textFact(trigger, 'definition') ?? '']),
      ...(textFact(trigger, 'enabled') === textFact(trigger, 'inheritedEnabled')
        ? []
        : [enable(trigger, textFact(trigger, 'enabled'))]),
      ...extensionChanges(target(trigger), { ...trigger, facts: {} }, trigger),
    ]
  },
  drop: (trigger) => {
    if (textFact(trigger, 'inherited') === undefined) return [`DROP ${target(trigger)}`]
    const like = textFact(trigger, 'inheritedEnabled')
    return [
      ...(textFact(trigger, 'enabled') === like ? [] : [enable(trigger, like)]),
      ...(textFact(trigger, 'comment') === undefined ? [] : [`COMMENT ON ${target(trigger)} IS NULL`]),
    ]
  },
  alter: (from, to, changed) => {
    const rewritten = changed.includes('definition') ? replace(from, to) : []
    if (rewritten === undefined || changed.includes('inherited')) return undefined
    // a trigger that is replaced fires by default again
    const isReset = rewritten.length > 0 && textFact(to, 'enabled') !== undefined
    // what is done to the trigger of a partitioned table is done to its clones
    const isNew = isReset || changed.includes('enabled') || changed.includes('inheritedEnabled')
    return [
      ...rewritten,
      ...(isNew ? [enable(to, textFact(to, 'enabled'))] : []),
      ...extensionChanges(target(to), from, to),
    ]
  },
}

function target(trigger: CatalogObject): string {
  return `TRIGGER ${localName(trigger)} ON ${nameOf(tableOf(trigger))}`
}

function tableOf({ parent, name }: CatalogObject): ObjectKey {
  if (parent === undefined) throw new Error(`trigger ${name} has no table`)
  return parent
}

function enable(trigger: CatalogObject, state: string | undefined): string {
  return `${alterRelation(tableOf(trigger))} ${enabledClause(state)} TRIGGER ${localName(trigger)}`
}

/** A constraint trigger can neither be replaced nor replace another (manual, CREATE TRIGGER). */
function replace(from: CatalogObject, to: CatalogObject): readonly string[] | undefined {
  const [before = '', after = ''] = [from, to].map((trigger) => textFact(trigger, 'definition'))
  const plain = 'CREATE TRIGGER '
  return before.startsWith(plain) && after.startsWith(plain)
    ? [after.replace(plain, 'CREATE OR REPLACE TRIGGER ')]
    : undefined
}
