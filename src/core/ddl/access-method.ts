import { textFact } from '../catalog.ts'
import type { DdlWriter } from './writer.ts'

export const accessMethodDdl: DdlWriter = {
  target: ({ name }) => `ACCESS METHOD ${name}`,
  create: (object) => [
    `CREATE ACCESS METHOD ${object.name} TYPE ${textFact(object, 'type')?.toUpperCase()} HANDLER ${textFact(object, 'handler')}`,
  ],
  drop: ({ name }) => [`DROP ACCESS METHOD ${name}`],
  alter: () => undefined,
}
