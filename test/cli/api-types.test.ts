import { expect, it } from 'vitest'
import {
  createSqlmig,
  type DownInput,
  type DownTo,
  type ErrorCode,
  type EventSink,
  type ExitCode,
  type Finding,
  type FindingCode,
  type GotoInput,
  type HistoryRow,
  type MigrationReport,
  type MigrationState,
  type NewInput,
  type PlanInput,
  type RedoInput,
  type Report,
  type Severity,
  type SourceLocation,
  type Sqlmig,
  type SqlmigConfig,
  SqlmigError,
  type SqlmigEvent,
  type StatusInput,
  type StepReport,
  type UpInput,
  type UpTo,
  version,
} from '../../src/index.ts'

const onEvent: EventSink = (event: SqlmigEvent) => {
  if (event.type === 'step.finished') event.step.name satisfies string
  if (event.type === 'run.finished') event.report satisfies Report
}

const config: SqlmigConfig = { database: 'pglite:memory', lockWait: '5s', lockTimeout: 100, onEvent }
const sqlmig: Sqlmig = createSqlmig(config)

const to: UpTo = { kind: 'steps', count: 1 }
const up: UpInput = { to, outOfOrder: 'allow', transactions: 'single', dryRun: true }
const downTo: DownTo = { kind: 'all' }
const down: DownInput = { to: downTo, source: 'history' }
const redo: RedoInput = { steps: 2 }
const goto: GotoInput = { version: '001' }
const plan: PlanInput = { to }
const status: StatusInput = { pending: 'fail' }
const create: NewInput = { name: 'x', numbering: 'timestamp' }

async function use(): Promise<void> {
  // Round trips need no database.
  createSqlmig({})
  // @ts-expect-error a typo is found
  createSqlmig({ database: '', lockwait: 1 })
  const reports: Report[] = [
    await sqlmig.up(up),
    await sqlmig.down(down),
    await sqlmig.redo(redo),
    await sqlmig.goto(goto),
    await sqlmig.plan(plan),
    await sqlmig.status(status),
    await sqlmig.history(),
    await sqlmig.verify(),
    await sqlmig.create(create),
  ]
  for (const { exitCode, error, findings, migrations, steps, events } of reports) {
    exitCode satisfies ExitCode
    error?.code satisfies ErrorCode | undefined
    findings satisfies readonly Finding[]
    findings[0]?.code satisfies FindingCode | undefined
    findings[0]?.severity satisfies Severity | undefined
    findings[0]?.location satisfies SourceLocation | undefined
    migrations satisfies readonly MigrationReport[]
    migrations[0]?.state satisfies MigrationState | undefined
    steps satisfies readonly StepReport[]
    events satisfies readonly HistoryRow[] | undefined
  }
  // @ts-expect-error a report is not to be changed
  reports[0].ok = true
  const error: unknown = undefined
  if (error instanceof SqlmigError) error.code satisfies ErrorCode
  version satisfies string
}

// What this file says is checked by `npm run types`, which compiles it as a user of the package would write it.
it('has types for everything that goes in and comes out', () => {
  expect(use).toBeTypeOf('function')
})
