import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Report, SqlmigEvent, StepInfo } from '../../src/core/run.ts'
import { REPORTERS } from '../../src/reporters/index.ts'
import { createJsonReporter } from '../../src/reporters/json.ts'
import type { Output } from '../../src/reporters/output.ts'
import { createTerminalReporter } from '../../src/reporters/terminal.ts'
import { alignColumns, formatDuration, printable, printableAll } from '../../src/reporters/text.ts'

function recordingOutput(change: Partial<Output> = {}) {
  const written = { data: '', log: '' }
  const output: Output = {
    data: (text) => {
      written.data += text
    },
    log: (text) => {
      written.log += text
    },
    interactive: false,
    color: false,
    displayPath: (path) => path,
    verbosity: 'normal',
    ...change,
  }
  return { written, output }
}

const REPORT: Report = {
  command: 'up',
  ok: true,
  exitCode: 0,
  dryRun: false,
  target: { database: 'app', server: 'PostgreSQL 17.2', history: 'sqlmig.history', head: 'v1:abc' },
  migrations: [],
  steps: [],
  findings: [],
}
const STEP: StepInfo = {
  action: 'apply',
  version: '001',
  name: 'a',
  file: '001_a.up.sql',
  transactional: true,
  index: 1,
  total: 2,
}
const CLEAR = '\r\u001b[2K'

function terminal(events: readonly SqlmigEvent[], change: Partial<Output> = {}) {
  const { written, output } = recordingOutput(change)
  const reporter = createTerminalReporter(output)
  for (const event of events) reporter.on(event)
  return written
}

describe('the JSON reporter', () => {
  it('writes one document, at the end', () => {
    const { written, output } = recordingOutput()
    const reporter = createJsonReporter(output)
    reporter.on({ type: 'run.started', command: 'up' })
    reporter.on({ type: 'step.started', step: STEP })
    expect(written).toEqual({ data: '', log: '' })
    reporter.on({ type: 'run.finished', report: REPORT })
    expect(written.log).toBe('')
    expect(JSON.parse(written.data)).toEqual(REPORT)
  })
})

describe('the terminal reporter', () => {
  it('is found by its name', async () => {
    for (const [name, load] of Object.entries(REPORTERS))
      expect([name, typeof (await load())]).toEqual([name, 'function'])
  })

  it('tells of waiting, retries and blockers where there is no progress line', () => {
    const events: SqlmigEvent[] = [
      { type: 'lock.waiting', waitedMs: 1000, holder: 'process 7' },
      { type: 'lock.waiting', waitedMs: 2000, holder: null },
      { type: 'lock.waiting', waitedMs: 3000, holder: 'process 9', lock: 'roles' },
      { type: 'step.blocked', step: STEP, blockers: 'process 8' },
      { type: 'step.retrying', step: STEP, attempt: 2, delayMs: 250, blockers: null },
    ]
    expect(terminal(events)).toEqual({
      data: '',
      log: `waiting for the migration lock, held by process 7
waiting for the migration lock, held by another session
waiting for the lock on the roles of the server, held by process 9
001 a waits for process 8
001 a got no lock in time; try 2 in 250 ms
`,
    })
    expect(terminal(events, { verbosity: 'quiet' })).toEqual({ data: '', log: '' })
  })

  it('shows notices when asked, and warnings always', () => {
    const events: SqlmigEvent[] = ['NOTICE', 'WARNING'].map((severity) => ({
      type: 'notice',
      severity,
      message: 'x',
      version: null,
    }))
    expect(terminal(events).log).toBe('warning: x\n')
    expect(terminal(events, { verbosity: 'verbose' }).log).toBe('notice: x\nwarning: x\n')
  })

  it('shows findings with place, diff and hint, and only errors when quiet', () => {
    const finding = {
      code: 'CHECKSUM_MISMATCH',
      severity: 'error',
      message: 'was edited',
      hint: 'restore it',
      location: { file: 'a.sql', line: 3 },
      facts: { diff: '-old\n+new\n' },
    } as const
    const warning = { ...finding, severity: 'warning', location: { file: 'b.sql' }, facts: {} } as const
    const report: Report = { ...REPORT, ok: false, exitCode: 4, findings: [finding, warning] }
    const shown = 'error CHECKSUM_MISMATCH: was edited\n  at a.sql:3:1\n  -old\n  +new\n  hint restore it\n'
    expect(terminal([{ type: 'run.finished', report }]).log).toBe(
      `${shown}warning CHECKSUM_MISMATCH: was edited\n  hint restore it\n`,
    )
    expect(terminal([{ type: 'run.finished', report }], { verbosity: 'quiet' })).toEqual({
      data: '',
      log: shown,
    })
  })

  it('lets nothing that others wrote steer the terminal', () => {
    const evil = '\u001b[2J\u009b\u0007\r\u202e'
    const report: Report = {
      ...REPORT,
      target: { database: evil, server: evil, history: evil, head: evil },
      steps: [{ ...STEP, name: evil, status: 'not-run', durationMs: null }],
      findings: [
        {
          code: 'FILE_IGNORED',
          severity: 'warning',
          message: evil,
          hint: evil,
          location: { file: evil, line: 1 },
        },
      ],
      error: {
        code: 'STATEMENT_FAILED',
        message: evil,
        hint: evil,
        location: { file: evil, line: 1, column: 1 },
        excerpt: { line: 1, column: 1, lines: [{ number: 1, text: evil }] },
        failure: { sqlstate: evil, message: evil, detail: evil, where: evil },
        consequence: evil,
      },
    }
    const { data, log } = terminal(
      [
        { type: 'connected', target: { database: evil, server: evil, history: evil, head: null } },
        { type: 'lock.waiting', waitedMs: 1, holder: evil },
        { type: 'notice', severity: evil, message: evil, version: null },
        { type: 'run.finished', report },
      ],
      { verbosity: 'verbose' },
    )
    expect(data + log).not.toMatch(/[^\P{Cc}\n]/u)
    expect(data + log).not.toContain('\u202e')
  })
})

describe('the progress line', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is drawn after a moment, cut to the width, and taken away before anything is printed', () => {
    const { written, output } = recordingOutput({ interactive: true, columns: 20 })
    const reporter = createTerminalReporter(output)
    reporter.on({ type: 'step.started', step: STEP })
    expect(written.log).not.toContain('applying')
    vi.advanceTimersByTime(250)
    const frames = written.log.split(CLEAR).filter(Boolean)
    expect(frames).toHaveLength(2)
    for (const frame of frames) expect(frame).toMatch(/^\S applying 001 a, 1$/u)
    written.log = ''
    reporter.on({ type: 'step.finished', step: STEP, status: 'done', durationMs: 3 })
    expect(written).toEqual({ data: '✓ applied  001 a  3 ms\n', log: CLEAR })
    vi.advanceTimersByTime(1000)
    expect(written.log).toBe(CLEAR)
  })

  it('counts the whole time that a lock is waited for', () => {
    const { written, output } = recordingOutput({ interactive: true })
    const reporter = createTerminalReporter(output)
    reporter.on({ type: 'lock.waiting', waitedMs: 65_000, holder: 'process 7' })
    vi.advanceTimersByTime(150)
    expect(written.log).toContain('held by process 7 (1 min 5 s)')
  })

  it('is absent when quiet', () => {
    const { written, output } = recordingOutput({ interactive: true, verbosity: 'quiet' })
    createTerminalReporter(output).on({ type: 'step.started', step: STEP })
    vi.advanceTimersByTime(1000)
    expect(written).toEqual({ data: '', log: '' })
  })
})

describe('text', () => {
  it.each([
    [0.4, '0 ms'],
    [999, '999 ms'],
    [999.9, '1.0 s'],
    [1200, '1.2 s'],
    [59_999, '1 min 0 s'],
    [184_000, '3 min 4 s'],
  ])('%d milliseconds are %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds)).toBe(text)
  })

  it('lines columns up and leaves the last as it is', () => {
    expect(
      alignColumns([
        ['a', 'bb', 'c'],
        ['aaa', 'b', ''],
      ]),
    ).toEqual(['a    bb  c', 'aaa  b   '])
  })

  it('shows control characters as escapes, in all depths, and keeps everything else', () => {
    expect(printable('a\tb\nc\u001b\u0085ä😀')).toBe('a\tb\nc\\u001b\\u0085ä😀')
    const excerpt = { text: '\u001b' }
    expect(printableAll({ a: ['\u0007', 1, null, true], b: { c: '\r' }, excerpt })).toEqual({
      a: ['\\u0007', 1, null, true],
      b: { c: '\\u000d' },
      excerpt,
    })
  })
})
