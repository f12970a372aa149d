import { listFact, textFact } from '../catalog.ts'
import { literal } from '../sql-literal.ts'
import { foreignOptionChanges, foreignOptions } from './relation-text.ts'
import type { DdlWriter } from './writer.ts'

export const serverDdl: DdlWriter = {
  target: ({ name }) => `SERVER ${name}`,
  grantTarget: ({ name }) => `FOREIGN SERVER ${name}`,
  create: (object) => {
    const type = textFact(object, 'type')
    const version = textFact(object, 'version')
    const options = foreignOptions(listFact(object, 'options'))
    return [
      [
        `CREATE SERVER ${object.name}`,
        ...(type === undefined ? [] : [`TYPE ${literal(type)}`]),
        ...(version === undefined ? [] : [`VERSION ${literal(version)}`]),
        `FOREIGN DATA WRAPPER ${textFact(object, 'wrapper')}`,
        ...(options === '' ? [] : [options]),
      ].join(' '),
    ]
  },
  drop: ({ name }) => [`DROP SERVER ${name}`],
  alter(from, to, changed) {
    if (changed.includes('wrapper') || changed.includes('type')) return undefined
    const options = foreignOptionChanges(listFact(from, 'options'), listFact(to, 'options'))
    const clauses = [
      ...(changed.includes('version') ? [`VERSION ${literal(textFact(to, 'version') ?? null)}`] : []),
      ...(options === '' ? [] : [options]),
    ]
    return clauses.length === 0 ? [] : [`ALTER SERVER ${to.name} ${clauses.join(' ')}`]
  },
}
