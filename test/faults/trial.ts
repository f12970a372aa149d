import { type Fault, startFaultProxy, type WireMessage } from '../support/fault-proxy.ts'
import { migrationsFolder } from '../support/folder.ts'
import { documentOf, falseClaims, isFinished } from './claims.ts'
import { type Ended, type Lab, type LabDatabase, leftBehind, runInside, runTool, startTool } from './lab.ts'
import type { Shape } from './shape.ts'
import { contradictions, look, recorded, timesSeen, type World } from './world.ts'

/** Where in the talk between program and server something happens. */
export type Place = Pick<WireMessage, 'connection' | 'from' | 'number'>

/** What happens there; the kill is a SIGKILL of the program, and what it has sent still arrives. */
export type Mishap = Fault | 'kill' | (() => Fault)

export interface TrialOptions {
  /** Another program than sqlmig. */
  readonly program?: string
  readonly env?: Readonly<Record<string, string>>
  /** The history of a program that is no sqlmig has no chain. */
  readonly chain?: 'verified' | 'none'
  /** Options of `up`. */
  readonly args?: readonly string[]
  /** How long the program may take. */
  readonly limitMs?: number
  /** The connections that are made after the mishap are lost as well. */
  readonly lasting?: boolean
  /** The server cannot be asked at once, so that a COMMIT may stay undecided. */
  readonly undecidable?: boolean
  /** Brings back what the mishap took away, before anything is looked at. */
  readonly recover?: () => Promise<void>
}

export interface Verdict {
  /** Everything that is wrong; empty when the invariant holds. */
  readonly violations: readonly string[]
  readonly run: Ended
  /** Whether the mishap happened at all. */
  readonly met: boolean
}

/** One run with a mishap on its way, and everything that has to be so afterwards. */
export async function tryOut(
  lab: Lab,
  shape: Shape,
  place: Place,
  mishap: Mishap,
  options: TrialOptions = {},
): Promise<Verdict> {
  const db = await lab.database()
  try {
    const cwd = await migrationsFolder(shape.files)
    const { run, met, last } = await runThrough(db, cwd, place, mishap, options)
    await options.recover?.()
    const undecidable = options.undecidable ?? options.lasting === true
    const violations = await audit(lab, db, cwd, shape, run, { ...options, undecidable })
    return { run, met, violations: run.hung ? [...violations, `what was said last: ${last}`] : violations }
  } finally {
    await db.drop()
  }
}

async function runThrough(
  db: LabDatabase,
  cwd: string,
  place: Place,
  mishap: Mishap,
  { program, env, args = [], limitMs, lasting = false }: TrialOptions,
): Promise<{ run: Ended; met: boolean; last: string }> {
  let met = false
  let kill = () => {}
  const judge = ({ connection, from, number }: WireMessage): Fault | undefined => {
    if (connection !== place.connection || from !== place.from || number !== place.number) return undefined
    met = true
    if (mishap !== 'kill') return typeof mishap === 'function' ? mishap() : mishap
    kill()
    return 'pass'
  }
  const onConnection = () => (lasting && met ? ('reset' as const) : undefined)
  const proxy = await startFaultProxy(db.url, judge, { cleanup: 'manual', onConnection })
  const running = startTool(proxy.url, ['up', ...args], {
    cwd,
    ...programOf({ program, env }),
    ...(limitMs === undefined ? {} : { limitMs }),
  })
  kill = () => running.process.kill('SIGKILL')
  try {
    const run = await running.whole
    const last = proxy.log
      .slice(-5)
      .map(({ connection, from, type, text }) => `${connection} ${from} ${type} ${text}`)
    return { run, met, last: last.join('; ').slice(0, 500) }
  } finally {
    await proxy.close()
  }
}

/** Which program runs, as options of a start. */
function programOf({ program, env }: { [K in 'program' | 'env']?: TrialOptions[K] | undefined }): Program {
  return { ...(program === undefined ? {} : { program }), ...(env === undefined ? {} : { env }) }
}

type Program = Pick<TrialOptions, 'program' | 'env'>

export interface AuditOptions extends Program, Pick<TrialOptions, 'chain'> {
  readonly undecidable?: boolean
}

/** The one invariant: history = schema = data, no claim that is not so, and a clean run ends well without anything run twice. */
export async function audit(
  lab: Lab,
  db: LabDatabase,
  cwd: string,
  shape: Shape,
  run: Ended,
  { undecidable = false, chain = 'verified', ...program }: AuditOptions = {},
): Promise<string[]> {
  const left = await leftBehind(db.adminUrl)
  const world = await look(db.adminUrl)
  const violations = [
    ...left,
    ...contradictions(world, shape),
    ...falseClaims(run, world, shape, { secrets: lab.secrets, undecidable }),
    ...(chain === 'none' ? [] : await chainOf(db, cwd, world, shape)),
  ]
  const tool = { cwd, ...programOf(program) }
  return [...violations, ...(await goOn(lab, db, shape, tool, world))]
}

async function chainOf(db: LabDatabase, cwd: string, world: World, shape: Shape): Promise<string[]> {
  const verified = await runInside(db.url, cwd, (sqlmig) => sqlmig.verify())
  const codes = new Set(
    documentOf(verified.stdout)?.findings.flatMap(({ code, severity }) =>
      severity === 'error' ? [code] : [],
    ),
  )
  const incomplete = shape.migrations.some(({ version }) => recorded(world, version).state === 'incomplete')
  const expected = incomplete ? ['INCOMPLETE'] : []
  const code = incomplete ? 4 : 0
  return verified.code === code && [...codes].every((one) => expected.includes(one))
    ? []
    : [`verify ends with ${verified.code}: ${[...codes]} ${verified.stderr}`]
}

/** The clean runs that follow: they finish what can be finished, and nothing runs twice. */
async function goOn(
  lab: Lab,
  db: LabDatabase,
  shape: Shape,
  tool: Program & { cwd: string },
  before: World,
): Promise<string[]> {
  const stopped = shape.migrations.find(({ version }) => recorded(before, version).state === 'incomplete')
  const resumed = stopped === undefined ? [] : await resume(db, tool, before, shape)
  const again = await upAgain(db, tool)
  const after = await look(db.adminUrl)
  const wrong = [
    ...resumed,
    ...contradictions(after, shape),
    ...falseClaims(again, after, shape, { secrets: lab.secrets }),
    ...(isFinished(after, shape) ? [] : [`the next run does not finish: ${brief(again)}`]),
  ]
  return wrong.map((what) => `afterwards: ${what}`)
}

/** In this process, which saves the time of starting one, when it is sqlmig. */
function upAgain(db: LabDatabase, tool: Program & { cwd: string }): Promise<Ended> {
  if (tool.program !== undefined) return runTool(db.url, ['up'], tool)
  return runInside(db.url, tool.cwd, (sqlmig) => sqlmig.up())
}

/** What stopped without a transaction is refused by `up`, twice and without a change, and can be resumed. */
async function resume(
  db: LabDatabase,
  tool: Program & { cwd: string },
  before: World,
  shape: Shape,
): Promise<string[]> {
  const wrong: string[] = []
  for (const turn of ['first', 'second']) {
    const refused = await upAgain(db, tool)
    if (refused.code !== 4) wrong.push(`the ${turn} up after it stopped midway: ${brief(refused)}`)
    if (JSON.stringify(await look(db.adminUrl)) !== JSON.stringify(before))
      wrong.push(`the ${turn} up after it stopped midway changed something`)
  }
  const probed = await runTool(db.url, ['up', '--resume'], tool)
  if (probed.code === 0) return wrong
  if (probed.code !== 4) return [...wrong, `up --resume: ${brief(probed)}`]
  // Only a statement in doubt that nothing can be asked about is left to the user, who here looks into the ledger.
  const answer = answerFor(await look(db.adminUrl), shape)
  if (answer === undefined) return [...wrong, `up --resume asks without need: ${brief(probed)}`]
  const told = await runTool(db.url, ['up', `--resume=${answer}`], tool)
  return told.code === 0 ? wrong : [...wrong, `up --resume=${answer}: ${brief(told)}`]
}

function answerFor(world: World, shape: Shape): 'retry' | 'skip' | undefined {
  for (const { version, effects } of shape.migrations) {
    const { state, inDoubt } = recorded(world, version)
    const effect = inDoubt === undefined ? undefined : effects[inDoubt - 1]
    if (state !== 'incomplete' || effect === undefined) continue
    return effect.kind === 'ledger' ? (timesSeen(world, effect) === 1 ? 'skip' : 'retry') : undefined
  }
  return undefined
}

export function brief({ code, signal, stdout, stderr }: Ended): string {
  const report = documentOf(stdout)
  const reason = report?.error
  const findings = report?.findings.map((finding) => finding.code).join(' ') ?? ''
  return `exit ${code ?? signal} ${reason?.code ?? ''} ${findings} ${reason?.message ?? stderr.slice(0, 300)}`
}

/** Every message of a run without a mishap. */
export async function messagesOf(lab: Lab, shape: Shape, program: Program = {}): Promise<WireMessage[]> {
  const db = await lab.database()
  const log: WireMessage[] = []
  const proxy = await startFaultProxy(
    db.url,
    (message) => {
      log.push(message)
      return undefined
    },
    { cleanup: 'manual' },
  )
  try {
    const cwd = await migrationsFolder(shape.files)
    const run = await runTool(proxy.url, ['up'], { cwd, ...programOf(program) })
    const fails = shape.migrations.some((one) => one.fails === true)
    if ((run.code !== 0) !== fails || !isFinished(await look(db.adminUrl), shape))
      throw new Error(`the run without a mishap ends otherwise than it should: ${brief(run)}`)
    return log
  } finally {
    await proxy.close()
    await db.drop()
  }
}
