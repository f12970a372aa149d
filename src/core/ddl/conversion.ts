import { textFact } from '../catalog.ts'
import type { DdlWriter } from './writer.ts'

export const conversionDdl: DdlWriter = {
  target: ({ name }) => `CONVERSION ${name}`,
  create(conversion) {
    const word = textFact(conversion, 'default') === undefined ? 'CONVERSION' : 'DEFAULT CONVERSION'
    const encodings = `FOR '${textFact(conversion, 'from')}' TO '${textFact(conversion, 'to')}'`
    return [`CREATE ${word} ${conversion.name} ${encodings} FROM ${textFact(conversion, 'function')}`]
  },
  drop: ({ name }) => [`DROP CONVERSION ${name}`],
  alter: () => undefined,
}
