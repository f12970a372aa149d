import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import { literal } from '../sql-literal.ts'
import { enabledClause } from './enabled.ts'
import type { DdlWriter } from './writer.ts'

function enable(object: CatalogObject): string {
  return `ALTER EVENT TRIGGER ${object.name} ${enabledClause(textFact(object, 'enabled'))}`
}

export const eventTriggerDdl: DdlWriter = {
  target: ({ name }) => `EVENT TRIGGER ${name}`,
  create(object) {
    const tags = listFact(object, 'tags').map((tag) => literal(tag))
    const when = tags.length === 0 ? '' : ` WHEN TAG IN (${tags.join(', ')})`
    return [
      `CREATE EVENT TRIGGER ${object.name} ON ${textFact(object, 'event')}${when} EXECUTE FUNCTION ${textFact(object, 'function')}()`,
      ...(textFact(object, 'enabled') === undefined ? [] : [enable(object)]),
    ]
  },
  drop: ({ name }) => [`DROP EVENT TRIGGER ${name}`],
  alter: (_from, to, changed) => (changed.every((fact) => fact === 'enabled') ? [enable(to)] : undefined),
}
