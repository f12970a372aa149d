import type { Report, SqlmigEvent } from '../../src/core/run.ts'
import type { Output, ReporterFactory } from '../../src/reporters/output.ts'

export interface Written {
  data: string
  log: string
  summary: string
}

/** What a reporter writes when it is fed with these events. Paths start from `/project`. */
export function written(
  factory: ReporterFactory,
  events: readonly SqlmigEvent[],
  change: Partial<Output> = {},
): Written {
  const all: Written = { data: '', log: '', summary: '' }
  const add = (name: keyof Written) => (text: string) => {
    all[name] += text
  }
  const reporter = factory({
    data: add('data'),
    log: add('log'),
    summary: add('summary'),
    interactive: false,
    color: false,
    displayPath: (path) => path.replace('/project/', ''),
    verbosity: 'normal',
    ...change,
  })
  for (const event of events) reporter.on(event)
  return all
}

const UP: Report = {
  command: 'up',
  ok: false,
  exitCode: 1,
  dryRun: false,
  target: { database: 'app', server: 'PostgreSQL 17.2', history: 'sqlmig.history', head: null },
  migrations: [],
  steps: [
    { action: 'apply', version: '001', name: 'a', status: 'done', transactional: true, durationMs: 1500 },
    { action: 'apply', version: '002', name: 'b', status: 'failed', transactional: true, durationMs: 4 },
    { action: 'apply', version: '003', name: 'c', status: 'not-run', transactional: true, durationMs: null },
  ],
  findings: [{ code: 'FILE_IGNORED', severity: 'warning', message: 'notes.sql is not a migration' }],
  error: {
    code: 'STATEMENT_FAILED',
    message: 'column "nope" does not exist',
    location: { file: '002_b.up.sql', line: 2, column: 8 },
    failure: { sqlstate: '42703', message: 'column "nope" does not exist' },
    consequence: '001 is applied, 002 and 003 are not',
  },
}
/** What an up emits whose second migration fails. */
export const FAILED_UP: readonly SqlmigEvent[] = [
  { type: 'run.started', command: 'up', directory: '/project/db' },
  {
    type: 'plan.made',
    steps: UP.steps.map(({ action, version, name }, i) => ({
      action,
      version,
      name,
      file: `${version}_${name}.up.sql`,
      transactional: true,
      index: i + 1,
      total: 3,
    })),
  },
  { type: 'run.finished', report: UP },
]
/** What a command line is answered that could not be read. */
export const NO_RUN: readonly SqlmigEvent[] = [
  {
    type: 'run.finished',
    report: {
      command: null,
      ok: false,
      exitCode: 2,
      dryRun: false,
      target: null,
      migrations: [],
      steps: [],
      findings: [],
      error: { code: 'USAGE', message: 'name a command' },
    },
  },
]
