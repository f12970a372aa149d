import { listFact } from '../catalog.ts'
import { foreignOptionChanges, foreignOptions } from './relation-text.ts'
import type { DdlWriter } from './writer.ts'

const mapping = (name: string) => `USER MAPPING FOR ${name}`

/** It has no owner, comment, privileges and labels. */
export const userMappingDdl: DdlWriter = {
  target: ({ name }) => mapping(name),
  create: (object) => [
    `CREATE ${mapping(object.name)} ${foreignOptions(listFact(object, 'options'))}`.trimEnd(),
  ],
  drop: ({ name }) => [`DROP ${mapping(name)}`],
  alter(from, to) {
    const options = foreignOptionChanges(listFact(from, 'options'), listFact(to, 'options'))
    return options === '' ? [] : [`ALTER ${mapping(to.name)} ${options}`]
  },
}
