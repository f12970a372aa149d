import type { HistoryProblem } from '../../ports.ts'
import type { Grant, HistoryLook, TriggerFacts } from './history-facts.ts'
import { columnNames, type HistoryLocation, qualifiedName, type TableShape } from './history-layout.ts'
import { quoteName } from './literal.ts'

interface Question {
  readonly location: HistoryLocation
  readonly shape: TableShape
  readonly look: HistoryLook
  /** For the statements of hints. */
  readonly role: string
}

const ASK_FIRST = 'find out who did it before you undo it'

/** Everything about the table that is not as sqlmig made it: what could run code of others, or change or swallow what is written. */
export function judgeTable(question: Question): HistoryProblem[] {
  return [
    ...judgeOwners(question),
    ...judgeTriggers(question),
    ...judgeParts(question),
    ...judgeShape(question),
    ...judgeGrants(question),
  ]
}

/** Whoever owns the table or its schema can put anything into its place. To a role that only reads it can do nothing but lie. */
function judgeOwners({ location, look, role }: Question): HistoryProblem[] {
  const { facts, trusted, writable } = look
  const severity = writable ? 'error' : 'warning'
  const found: HistoryProblem[] = []
  if (!trusted.has(facts.owner))
    found.push({
      severity,
      kind: 'owner',
      problem: `it belongs to the role ${facts.owner}, and not to ${role}, the owner of the database or a superuser`,
      hint: `if ${facts.owner} has not planted it: ${[`alter table ${qualifiedName(location)}`, ...guardsOf(look).map((guard) => `alter function ${guard.function}`)].map((what) => `${what} owner to ${quoteName(role)};`).join(' ')}`,
    })
  if (!trusted.has(facts.schemaOwner))
    found.push({ severity, ...schemaOwner(location, facts.schemaOwner, role) })
  for (const { function: name, owner } of guardsOf(look))
    if (!trusted.has(owner) && owner !== facts.owner)
      found.push({
        severity,
        kind: 'guard-owner',
        problem: `the function ${name} of its triggers belongs to the role ${owner}`,
        hint: `if ${owner} has not changed it: alter function ${name} owner to ${quoteName(role)};`,
      })
  return found
}

/** The functions of its triggers, each once. */
function guardsOf({ facts }: HistoryLook): TriggerFacts[] {
  return [...new Map(facts.triggers.map((trigger) => [trigger.function, trigger])).values()]
}

/** What is said of a schema that somebody else owns, whether the table is there or not. */
export function schemaOwner(
  { schema }: HistoryLocation,
  owner: string,
  role: string,
): Omit<HistoryProblem, 'severity'> {
  return {
    kind: 'schema-owner',
    problem: `its schema belongs to the role ${owner}, and not to ${role}, the owner of the database or a superuser`,
    hint: `if ${owner} has not planted it: alter schema ${quoteName(schema)} owner to ${quoteName(role)}; or choose another place with --history`,
  }
}

function judgeTriggers({ location, shape, look }: Question): HistoryProblem[] {
  const table = qualifiedName(location)
  const found: HistoryProblem[] = []
  for (const trigger of look.facts.triggers) {
    const problem = triggerProblem(trigger, shape)
    if (problem === 'not enabled always')
      found.push({
        severity: 'error',
        kind: 'trigger-disabled',
        problem: `its trigger ${trigger.name} is not ENABLE ALWAYS, so rows can be changed`,
        hint: `${ASK_FIRST}: alter table ${table} enable always trigger ${quoteName(trigger.name)};`,
      })
    else if (problem === 'not ours')
      found.push({
        severity: 'error',
        kind: 'trigger',
        problem: `it has the trigger ${trigger.name}, which calls ${trigger.function}`,
        hint: `${ASK_FIRST}: drop trigger ${quoteName(trigger.name)} on ${table};`,
      })
    else if (problem !== undefined)
      found.push({
        severity: 'error',
        kind: 'guard',
        problem: `its trigger ${trigger.name} or the function ${trigger.function} behind it was changed: ${problem}`,
        hint: `${ASK_FIRST}; a new database shows how sqlmig made it`,
      })
  }
  for (const name of Object.keys(shape.triggers))
    if (!look.facts.triggers.some((trigger) => trigger.name === name))
      found.push({
        severity: 'error',
        kind: 'trigger-missing',
        problem: `its trigger ${name} is gone, so rows can be changed`,
        hint: `${ASK_FIRST}; a new database shows how sqlmig made it`,
      })
  return found
}

const GUARD_CONFIG = 'search_path=pg_catalog, pg_temp'

function triggerProblem(trigger: TriggerFacts, shape: TableShape): string | undefined {
  const type = shape.triggers[trigger.name]
  if (type === undefined) return 'not ours'
  if (trigger.type !== type || !trigger.plain) return 'it fires at other events'
  if (trigger.source !== shape.guard || trigger.language !== 'plpgsql') return 'it does something else'
  if (trigger.definer || trigger.config?.join() !== GUARD_CONFIG) return 'it has other settings'
  return trigger.enabled === 'A' ? undefined : 'not enabled always'
}

/** Parts that a table can have and this one has not. */
function judgeParts({ location, look }: Question): HistoryProblem[] {
  const { facts } = look
  const table = qualifiedName(location)
  const names = (values: readonly string[]) => values.join(', ')
  const found: HistoryProblem[] = []
  const add = (there: boolean, kind: string, problem: string, undo: string) => {
    if (there) found.push({ severity: 'error', kind, problem, hint: `${ASK_FIRST}: ${undo}` })
  }
  const [rule = ''] = facts.rules
  add(
    facts.persistence !== 'p',
    'unlogged',
    'it is UNLOGGED: a crash of the server would empty it',
    `alter table ${table} set logged;`,
  )
  add(
    facts.rowSecurity,
    'row-security',
    'it has row security, which hides rows or calls functions of others',
    `alter table ${table} no force row level security, disable row level security;`,
  )
  add(
    facts.rules.length > 0,
    'rule',
    `it has rules: ${names(facts.rules)}`,
    `drop rule ${quoteName(rule)} on ${table};`,
  )
  add(
    facts.relatives.length > 0,
    'inheritance',
    `it inherits from or is inherited by ${names(facts.relatives)}`,
    'alter table … no inherit …;',
  )
  add(
    facts.foreign.length > 0,
    'foreign-code',
    `its defaults, constraints or indexes use what did not come with PostgreSQL: ${names(facts.foreign)}`,
    'drop what uses it',
  )
  return found
}

/** Columns, indexes and constraints. */
function judgeShape({ location, shape, look }: Question): HistoryProblem[] {
  const { columns, indexes, checks, constraints } = look.facts
  const table = qualifiedName(location)
  const expected = new Set(columnNames(shape))
  const extra = columns.filter((column) => !expected.has(nameOf(column)))
  const changed = columns.filter((column) => expected.has(nameOf(column)) && !shape.columns.includes(column))
  const gone = without(shape.indexes, indexes)
  const foreign = [
    ...without(indexes, shape.indexes).map((index) => `an index (${index})`),
    ...without(checks, shape.checks).map((check) => `a CHECK (${check})`),
    ...constraints.map((constraint) => `the constraint ${constraint}`),
  ]
  const problem = (kind: string, values: readonly string[], words: string, undo: string): HistoryProblem[] =>
    values.length === 0
      ? []
      : [
          {
            severity: 'error',
            kind,
            problem: `${words}: ${values.join('; ')}`,
            hint: `${ASK_FIRST}: ${undo}`,
          },
        ]
  return [
    ...problem(
      'column',
      extra,
      'it has columns that sqlmig did not make',
      `alter table ${table} drop column …;`,
    ),
    ...problem('column-changed', changed, 'its columns have other types or defaults', 'bring them back'),
    ...problem(
      'index-missing',
      gone,
      'it lacks its unique indexes, so the chain can fork',
      'bring them back',
    ),
    ...problem('constraint', foreign, 'it has what sqlmig did not make', 'drop it'),
    ...problem(
      'check-missing',
      without(shape.checks, checks),
      'it lacks its CHECK constraints',
      'bring them back',
    ),
  ]
}

/** Others may read, and add rows where somebody granted it to them by name. Who may do more can plant a trigger or take the table's rows away. */
function judgeGrants({ location, look }: Question): HistoryProblem[] {
  const { facts, trusted } = look
  const tooMuch = facts.grants.filter(
    (grant) =>
      grant.to !== facts.owner && !(grant.to !== null && trusted.has(grant.to)) && !isHarmless(grant),
  )
  const byRole = new Map<string, string[]>()
  for (const { to, privilege } of tooMuch) {
    const grantee = to === null ? 'PUBLIC' : quoteName(to)
    byRole.set(grantee, [...(byRole.get(grantee) ?? []), privilege])
  }
  const revoke = [...byRole].map(
    ([grantee, privileges]) =>
      `revoke ${privileges.join(', ').toLowerCase()} on ${qualifiedName(location)} from ${grantee};`,
  )
  return [...byRole].map(([grantee, privileges]) => ({
    severity: 'error',
    kind: 'privilege',
    problem: `${grantee} has more rights on it than to read it${grantee === 'PUBLIC' ? '' : ' and to add to it'}: ${privileges.join(', ')}`,
    hint: `${NEEDED}: ${revoke.join(' ')}`,
  }))
}

const NEEDED = 'a role that runs migrations needs SELECT and INSERT on it; take back the rest'

function isHarmless({ to, privilege }: Grant): boolean {
  return privilege === 'SELECT' || (privilege === 'INSERT' && to !== null)
}

function nameOf(column: string): string {
  return column.split(' ', 1)[0] ?? ''
}

/** What is in one list more often than in the other. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const left = [...other]
  return list.filter((value) => {
    const at = left.indexOf(value)
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
}

/** The reason for which the table must not even be read: its columns could call functions of others. */
export function unreadable(columns: readonly string[], shape: TableShape): string | undefined {
  const expected = new Set(columnNames(shape))
  const types = new Set(shape.columns.map(typeOf))
  const wrong = columns.filter((column) => expected.has(nameOf(column)) && !types.has(typeOf(column)))
  return wrong.length === 0 ? undefined : `its columns have other types: ${wrong.join('; ')}`
}

function typeOf(column: string): string {
  return column.replace(/ (?:not null|identity|default)\b.*$/, '')
}
