import { textFact } from '../catalog.ts'
import { literal } from '../sql-literal.ts'
import type { DdlWriter } from './writer.ts'

export const extensionDdl: DdlWriter = {
  target: ({ name }) => `EXTENSION ${name}`,
  create: (object) => [
    `CREATE EXTENSION ${object.name} SCHEMA ${textFact(object, 'schema')} VERSION ${literal(textFact(object, 'version') ?? '')}`,
  ],
  drop: ({ name }) => [`DROP EXTENSION ${name}`],
  alter(_from, to, changed) {
    const statements: string[] = []
    // dropping it would take everything that uses it: an update can fail for want of a script, and then somebody has to decide
    if (changed.includes('version'))
      statements.push(`ALTER EXTENSION ${to.name} UPDATE TO ${literal(textFact(to, 'version') ?? '')}`)
    if (changed.includes('schema'))
      statements.push(`ALTER EXTENSION ${to.name} SET SCHEMA ${textFact(to, 'schema')}`)
    return statements
  },
}
