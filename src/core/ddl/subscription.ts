import { type CatalogObject, listFact, textFact } from '../catalog.ts'
import { literal } from '../sql-literal.ts'
import type { DdlWriter } from './writer.ts'

/** Options by the fact that they come from, with the value that an absent fact stands for. */
const OPTIONS: Readonly<Record<string, (value: string | undefined) => string>> = {
  slot: (value) => `slot_name = ${value ?? ''}`,
  binary: (value) => `binary = ${onOff(value)}`,
  streaming: (value) => `streaming = ${value ?? 'off'}`,
  synchronousCommit: (value) => `synchronous_commit = ${literal(value ?? 'off')}`,
  disableOnError: (value) => `disable_on_error = ${onOff(value)}`,
  origin: (value) => `origin = ${value ?? 'any'}`,
  passwordRequired: (value) => `password_required = ${value === undefined ? 'true' : 'false'}`,
  runAsOwner: (value) => `run_as_owner = ${onOff(value)}`,
  twoPhase: (value) => `two_phase = ${onOff(value)}`,
  failover: (value) => `failover = ${onOff(value)}`,
}

/** What the server allows to change only while the subscription does not run. */
const FIXED = ['twoPhase', 'failover']

function onOff(value: string | undefined): string {
  return value === undefined ? 'false' : 'true'
}

/** Without a connection nothing can be done on the publisher: its slot is neither made nor dropped. */
function createSubscription(object: CatalogObject): string[] {
  const options = Object.entries(OPTIONS).flatMap(([fact, option]) => {
    const value = textFact(object, fact)
    // streaming is parallel by default since 18
    return value === undefined && fact !== 'streaming' ? [] : [option(value)]
  })
  const create = [
    `CREATE SUBSCRIPTION ${object.name}`,
    `CONNECTION ${literal(textFact(object, 'connection') ?? '')}`,
    `PUBLICATION ${listFact(object, 'publications').join(', ')}`,
    `WITH (${['connect = false', ...options].join(', ')})`,
  ].join(' ')
  const isEnabled = textFact(object, 'enabled') === undefined
  return isEnabled ? [create, `ALTER SUBSCRIPTION ${object.name} ENABLE`] : [create]
}

function alterSubscription(
  from: CatalogObject,
  to: CatalogObject,
  changed: readonly string[],
): readonly string[] | undefined {
  if (changed.some((fact) => FIXED.includes(fact))) return undefined
  const alter = (clause: string) => `ALTER SUBSCRIPTION ${to.name} ${clause}`
  const options = Object.entries(OPTIONS).flatMap(([fact, option]) => {
    const value = textFact(to, fact) ?? (fact === 'slot' ? to.name : undefined)
    return changed.includes(fact) ? [option(value)] : []
  })
  const statements: string[] = []
  if (changed.includes('connection') || changed.includes('secret'))
    statements.push(alter(`CONNECTION ${literal(textFact(to, 'connection') ?? '')}`))
  if (changed.includes('publications'))
    statements.push(
      alter(`SET PUBLICATION ${listFact(to, 'publications').join(', ')} WITH (refresh = false)`),
    )
  const disable = changed.includes('enabled') && textFact(from, 'enabled') === undefined
  const enable = changed.includes('enabled') && !disable
  return [
    ...(disable ? [alter('DISABLE')] : []),
    ...statements,
    ...(options.length === 0 ? [] : [alter(`SET (${options.join(', ')})`)]),
    ...(enable ? [alter('ENABLE')] : []),
  ]
}

/** A subscription with a slot can be dropped only outside a transaction and with its publisher at hand (manual, DROP SUBSCRIPTION). */
function dropSubscription(object: CatalogObject): string[] {
  const alter = `ALTER SUBSCRIPTION ${object.name}`
  return [
    ...(textFact(object, 'enabled') === undefined ? [`${alter} DISABLE`] : []),
    ...(textFact(object, 'slot') === 'NONE' ? [] : [`${alter} SET (slot_name = NONE)`]),
    `DROP SUBSCRIPTION ${object.name}`,
  ]
}

export const subscriptionDdl: DdlWriter = {
  target: ({ name }) => `SUBSCRIPTION ${name}`,
  create: createSubscription,
  drop: dropSubscription,
  alter: alterSubscription,
}
