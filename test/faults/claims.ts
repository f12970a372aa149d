import type { Report } from '../../src/index.ts'
import type { Ended } from './lab.ts'
import { applicable, type Shape } from './shape.ts'
import { isComplete, recorded, type World } from './world.ts'

export interface Circumstances {
  /** What must not be in anything that a run says. */
  readonly secrets: readonly string[]
  /** The server could not be asked afterwards, so that a lost COMMIT may stay undecided. */
  readonly undecidable?: boolean
}

// A frame of a stack, wherever it is: "at file:///…", "at async name (", "at Object.<anonymous> (/…:1:2)".
const STACK =
  /^\s+at (?:async |file:|node:|\S+ \(|\/)|node_modules|UnhandledPromise|unhandled|uncaught|\[object Object\]/im

/** What a run says and is not so. */
export function falseClaims(
  run: Ended,
  world: World,
  shape: Shape,
  { secrets, undecidable = false }: Circumstances,
): string[] {
  const said = run.stdout + run.stderr
  const wrong = [
    ...(run.hung ? ['did not end'] : []),
    ...(STACK.test(said) ? [`shows its insides: ${STACK.exec(said)?.[0].trim()}`] : []),
    ...secrets.filter((secret) => said.includes(secret)).map(() => 'tells a password'),
  ]
  // A process that was killed claims nothing.
  if (run.signal !== null) return wrong
  const report = documentOf(run.stdout)
  if (report === undefined) return [...wrong, `printed no document: ${said.slice(0, 300)}`]
  return [
    ...wrong,
    ...aboutTheWhole(run, report, world, shape, undecidable),
    ...aboutSteps(report, world),
    ...aboutMigrations(report, world),
    ...aboutWords(report, world),
  ]
}

export function documentOf(stdout: string): Report | undefined {
  try {
    return JSON.parse(stdout) as Report
  } catch {
    return undefined
  }
}

function aboutTheWhole(
  run: Ended,
  report: Report,
  world: World,
  shape: Shape,
  undecidable: boolean,
): string[] {
  const code = report.error?.code
  const complete = isComplete(world, shape.migrations)
  const wrong = []
  if (report.exitCode !== run.code) wrong.push(`exit ${run.code}, but the document says ${report.exitCode}`)
  if (report.ok !== (run.code === 0)) wrong.push(`ok is ${report.ok} with exit ${run.code}`)
  if (run.code === 0 && !complete) wrong.push('exit 0 with less than everything done')
  if (run.code !== 0 && code === undefined && report.findings.every(({ severity }) => severity !== 'error'))
    wrong.push(`exit ${run.code} without a reason`)
  const allDone = report.steps.length > 0 && report.steps.every(({ status }) => status === 'done')
  if (run.code !== 0 && run.code !== 130 && allDone && complete)
    wrong.push(`exit ${run.code} (${code}) though everything is done`)
  if (code === 'OUTCOME_UNKNOWN' && !undecidable) wrong.push('OUTCOME_UNKNOWN though the server can be asked')
  if (code === 'INTERNAL') wrong.push(`INTERNAL: ${report.error?.message}`)
  return wrong
}

function aboutSteps({ steps, error }: Report, world: World): string[] {
  return steps.flatMap(({ version, status }) => {
    const { state } = recorded(world, version)
    const claimed = `${version} is reported ${status}`
    if (status === 'done' && state !== 'applied') return [`${claimed}, but it is ${state}`]
    const unknown = status === 'failed' && error?.code === 'OUTCOME_UNKNOWN'
    if (status !== 'done' && state === 'applied' && !unknown) return [`${claimed}, but it is applied`]
    return []
  })
}

function aboutMigrations({ migrations, error }: Report, world: World): string[] {
  return migrations.flatMap(({ version, state }) => {
    const truth = recorded(world, version).state
    const claim = TRUTH[state] ?? state
    return claim === truth || error?.code === 'OUTCOME_UNKNOWN'
      ? []
      : [`${version} is listed as ${state}, but it is ${truth}`]
  })
}

/** What the history holds of a migration in these states. */
const TRUTH: Readonly<Record<string, string>> = {
  pending: 'absent',
  'out-of-order': 'absent',
  missing: 'applied',
  edited: 'applied',
}

/** The sentence on what a failure leaves behind. */
function aboutWords({ error }: Report, world: World): string[] {
  const sentence = error?.consequence ?? ''
  const nothing = /Nothing of (\d+) /.exec(sentence)?.[1]
  if (nothing !== undefined && recorded(world, nothing).state !== 'absent')
    return [`says "${sentence}", but ${nothing} is ${recorded(world, nothing).state}`]
  return []
}

/** Whether everything that can be applied is. */
export function isFinished(world: World, shape: Shape): boolean {
  return isComplete(world, applicable(shape))
}
