import { describe, expect, it } from 'vitest'
import type { SqlmigEvent } from '../../src/core/run.ts'
import { createGithubReporter } from '../../src/reporters/github.ts'
import { createJunitReporter } from '../../src/reporters/junit.ts'
import { createMarkdownReporter } from '../../src/reporters/markdown.ts'
import { FAILED_UP, NO_RUN, written } from '../support/reporters.ts'
import { eventsOf, evilRun, LEFTOVER, MIXED_RUN, passingRun, proofOf } from '../support/roundtrip-events.ts'
import { elementsOf, parseXml } from '../support/xml.ts'

describe('the JUnit reporter', () => {
  const junit = (events: readonly SqlmigEvent[]) => parseXml(written(createJunitReporter, events).data)

  it('has a test case for every migration and walk', () => {
    const root = junit(MIXED_RUN)
    const [suite] = elementsOf(root, 'testsuite')
    expect(suite?.attributes).toEqual({
      name: 'sqlmig roundtrip',
      tests: '11',
      failures: '4',
      errors: '0',
      skipped: '2',
      time: '0.412',
    })
    const cases = elementsOf(root, 'testcase').map(({ attributes, children }) => [
      attributes['classname'],
      attributes['name'],
      children.map(({ name, attributes: { type, message } }) => [name, type ?? message ?? '']),
    ])
    expect(cases).toEqual([
      ['sql/001_create_app.up.sql', '001 create_app', []],
      ['sql/002_add_index.up.sql', '002 add_index', []],
      ['sql/003_add_tasks.up.sql', '003 add_tasks', [['failure', 'ROUNDTRIP_LEFTOVER']]],
      [
        'sql/004_shorten_email.up.sql',
        '004 shorten_email',
        [
          ['failure', 'ROUNDTRIP_CHANGED'],
          ['failure', 'ROUNDTRIP_LOST'],
        ],
      ],
      ['sql/005_seed_countries.up.sql', '005 seed_countries', [['failure', 'ROUNDTRIP_DATA']]],
      ['sql/006_drop_nickname.up.sql', '006 drop_nickname', [['system-out', '']]],
      [
        'sql/007_drop_legacy.up.sql',
        '007 drop_legacy',
        [['skipped', 'irreversible: the old orders are gone for good']],
      ],
      [
        'sql/008_after_legacy.up.sql',
        '008 after_legacy',
        [['skipped', 'not walked: outside the range that was asked for']],
      ],
      ['sqlmig roundtrip', 'ladder: all down, all up again', []],
      ['sqlmig roundtrip', 'batch: all up in one transaction', [['failure', 'ROUNDTRIP_BATCH_FAILED']]],
      ['sqlmig roundtrip', 'the run', [['system-out', '']]],
    ])
    expect(elementsOf(root, 'failure')[0]?.text).toMatch(/ {4}DROP TYPE app\.taskstatus;\nconsequence: /)
  })

  it('counts a walk that failed without a finding', () => {
    const walk = { kind: 'ladder', verdict: 'failed', durationMs: 5, reason: 'it is what it is' } as const
    const [failure] = elementsOf(junit(eventsOf({ proofs: [], walks: [[walk, []]] })), 'failure')
    expect(failure?.attributes['message']).toBe('it is what it is')
  })

  it('takes the steps of other commands, and what stopped them', () => {
    const root = junit(FAILED_UP)
    expect(elementsOf(root, 'testcase').map(({ attributes }) => attributes)).toEqual([
      { name: 'apply 001 a', classname: 'db/001_a.up.sql', time: '1.500' },
      { name: 'apply 002 b', classname: 'db/002_b.up.sql', time: '0.004' },
      { name: 'apply 003 c', classname: 'db/003_c.up.sql', time: '0.000' },
      { name: 'the run', classname: 'sqlmig up', time: '0.000' },
    ])
    expect(elementsOf(root, 'skipped')[0]?.attributes['message']).toBe('not run')
    const [error] = elementsOf(root, 'error')
    expect(error?.attributes).toEqual({ message: 'column "nope" does not exist', type: 'STATEMENT_FAILED' })
    expect(error?.text).toContain('at db/002_b.up.sql:2:8\nSQLSTATE: 42703\n001 is applied')
  })

  it('has a test case even where nothing ran', () => {
    expect(elementsOf(junit(NO_RUN), 'testcase')).toHaveLength(1)
  })

  it('stays XML whatever a database says, and loses nothing of it', () => {
    const root = junit(evilRun())
    expect(elementsOf(root, 'script')).toEqual([])
    const [failure] = elementsOf(root, 'failure')
    expect(failure?.attributes['message']).toMatch(
      /^<script>alert\(1\)<\/script>\]\]>&"'\\u001b\[2J\\u202e\n::error/,
    )
  })
})

describe('the GitHub reporter', () => {
  const github = (events: readonly SqlmigEvent[]) => written(createGithubReporter, events)

  it('annotates files and lines, errors first', () => {
    const lines = github(MIXED_RUN).data.trimEnd().split('\n')
    expect(lines[0]).toBe(
      '::error file=sql/003_add_tasks.up.sql,line=4,col=1,title=ROUNDTRIP_LEFTOVER type app.taskstatus::' +
        'the down leaves type app.taskstatus behind%0A' +
        'consequence: the next up fails: type "taskstatus" already exists (42710)%0A' +
        'the down lacks (tried: it brings everything back):%0ADROP TYPE app.taskstatus;%0A' +
        'hint: add the statement to the down',
    )
    expect(lines.map((line) => line.slice(0, line.indexOf(' ')))).toEqual([
      ...Array.from({ length: 5 }, () => '::error'),
      '::warning',
      '::warning',
    ])
  })

  it('sums up the job in Markdown', () => {
    expect(github(MIXED_RUN).summary).toBe(written(createMarkdownReporter, MIXED_RUN).data)
    expect(github(passingRun(1))).toMatchObject({ data: '', log: '' })
  })

  it('keeps the summary below what GitHub takes', () => {
    const sql = `SELECT '${'x'.repeat(400_000)}';`
    const finding = { ...LEFTOVER, difference: { ...LEFTOVER.difference!, missingSql: [sql] } }
    const { summary } = github(eventsOf({ proofs: [[proofOf('003'), [finding]]], walks: [] }))
    expect(Buffer.byteLength(summary)).toBeLessThan(1024 * 1024)
    expect(summary).toContain('the down leaves type app.taskstatus behind')
  })

  it('says what stopped a run', () => {
    expect(github(FAILED_UP).data).toMatch(
      /^::error file=db\/002_b\.up\.sql,line=2,col=8,title=STATEMENT_FAILED::column "nope" does not exist%0A001 is/,
    )
  })

  it('gives no command that others wrote', () => {
    const lines = github(evilRun()).data.trimEnd().split('\n')
    expect(lines).toHaveLength(3)
    for (const line of lines) {
      expect(line).toMatch(/^::(?:error|warning) (?:file=[^:,]+,line=1,col=1,)?title=[^:,]+::[^\n\r]*$/)
      expect(line).toContain('%250A,')
    }
  })
})
