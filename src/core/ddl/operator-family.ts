import { type CatalogObject, listFact } from '../catalog.ts'
import { only } from './routine-text.ts'
import type { DdlWriter } from './writer.ts'

export const operatorFamilyDdl: DdlWriter = {
  target: ({ name }) => `OPERATOR FAMILY ${name}`,
  create: (family) => [
    `CREATE OPERATOR FAMILY ${family.name}`,
    ...change(family, 'ADD', memberClauses(family)),
  ],
  drop: ({ name }) => [`DROP OPERATOR FAMILY ${name}`],
  alter(from, to, changed) {
    if (!only(changed, ['operators', 'functions'])) return undefined
    const before = memberClauses(from)
    const after = memberClauses(to)
    const lost = before.filter((clause) => !after.includes(clause)).map(memberReference)
    return [
      ...change(to, 'DROP', lost),
      ...change(
        to,
        'ADD',
        after.filter((clause) => !before.includes(clause)),
      ),
    ]
  },
}

function change(family: CatalogObject, verb: 'ADD' | 'DROP', clauses: readonly string[]): readonly string[] {
  return clauses.length > 0 ? [`ALTER OPERATOR FAMILY ${family.name} ${verb} ${clauses.join(', ')}`] : []
}

/** `OPERATOR 1 app.<(integer, integer)` and `FUNCTION 1 (integer, integer) app.cmp(integer, integer)`. */
export function memberClauses(object: CatalogObject): readonly string[] {
  return [
    ...listFact(object, 'operators').map((entry) => `OPERATOR ${entry}`),
    ...listFact(object, 'functions').map((entry) => `FUNCTION ${entry}`),
  ]
}

/** How DROP calls a member: `OPERATOR 1 (integer, integer)`. */
function memberReference(clause: string): string {
  const [, head = '', types = ''] =
    /^(OPERATOR \d+) .*(\([^(]*\))(?: FOR ORDER BY .*)?$/.exec(clause) ??
    /^(FUNCTION \d+) (\(.*?\)) /.exec(clause) ??
    []
  return `${head} ${types}`
}
