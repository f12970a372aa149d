import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createHtmlReporter } from '../../src/reporters/html.ts'
import { createMarkdownReporter } from '../../src/reporters/markdown.ts'
import type { Output } from '../../src/reporters/output.ts'
import { createTerminalReporter } from '../../src/reporters/terminal.ts'
import { formatRemaining } from '../../src/reporters/text.ts'
import { written } from '../support/reporters.ts'
import {
  CHANGED,
  EVIL,
  eventsOf,
  evilRun,
  LEFTOVER,
  MIXED_RUN,
  passingRun,
  proofOf,
} from '../support/roundtrip-events.ts'

const terminal = (events = MIXED_RUN, change: Partial<Output> = {}) =>
  written(createTerminalReporter, events, change)

describe('a round trip on the terminal', () => {
  it('prints a line for every migration and walk, then a summary, on stdout', () => {
    expect(terminal().data).toBe(`✓ 001 create_app  up 12 ms  down 4 ms  up 9 ms
✓ 002 add_index  up 4 ms  down 2 ms  up 3 ms
✗ 003 add_tasks  up 7 ms  down 3 ms  ROUNDTRIP_LEFTOVER type app.taskstatus
✗ 004 shorten_email  up 31 ms  down 28 ms  up 30 ms  ROUNDTRIP_CHANGED column app.users.email, 1 more
✗ 005 seed_countries  up 5 ms  down 3 ms  up 5 ms  ROUNDTRIP_DATA table app.countries
! 006 drop_nickname  up 2 ms  down 2 ms  up 2 ms  COLUMN_ORDER column app.users.nickname
– 007 drop_legacy  up 8 ms  irreversible: the old orders are gone for good
– 008 after_legacy  not walked: outside the range that was asked for
✓ ladder  all down, all up again  120 ms
✗ batch  all up in one transaction  40 ms

✗ roundtrip: 8 migrations, 2 passed, 3 failed, 1 warned, 1 irreversible, 1 not walked · ladder passed, batch failed
  a temporary database on localhost:5432 · 412 ms
- ! sql/notes.sql FILE_IGNORED: notes.sql is not a migration
- ✗ sql/003_add_tasks.up.sql:4 ROUNDTRIP_LEFTOVER: the down leaves type app.taskstatus behind
- ✗ sql/004_shorten_email.down.sql:1 ROUNDTRIP_CHANGED: the down brings column app.users.email back changed
- ✗ sql/004_shorten_email.up.sql:3 ROUNDTRIP_LOST: the down does not bring table app.audit back
- ✗ sql/005_seed_countries.down.sql ROUNDTRIP_DATA: the down loses 2 rows of app.countries
- ! sql/006_drop_nickname.down.sql:1 COLUMN_ORDER: column app.users.nickname comes back at the end of its table
- ✗ sql/006_drop_nickname.up.sql:2 ROUNDTRIP_BATCH_FAILED: unsafe use of new value "paused" of enum type app.taskstatus (55P04)
`)
  })

  it('says, as the pages do, of which tables no rows were compared', () => {
    const proof = { ...proofOf('001'), unseen: ['app.secrets', 'app.keys'] }
    const events = eventsOf({ proofs: [[proof, []]], walks: [] })
    for (const create of [createTerminalReporter, createMarkdownReporter, createHtmlReporter])
      expect(written(create, events).data).toContain('rows not compared: app.secrets, app.keys')
  })

  it('says below the line of a migration, and on the pages, where sequences stand', () => {
    const sequences = [
      { name: 'app.users_id_seq', before: '3', after: '5' },
      { name: 'app.seen', before: null, after: '1' },
    ]
    const events = eventsOf({ proofs: [[{ ...proofOf('002'), sequences }, []]], walks: [] })
    const text =
      'sequence app.users_id_seq stands at 5, before at 3; sequence app.seen stands at 1, before unused'
    expect(terminal(events).data).toContain(
      `✓ 002 add_index  up 4 ms  down 2 ms  up 3 ms\n  ${text}\n\n✓ roundtrip: 1 migration, 1 passed`,
    )
    expect(terminal(events, { color: true }).data).toContain(`\u001b[2m  ${text}\u001b[22m`)
    expect(written(createMarkdownReporter, events).data).toContain(`| 15 ms | ${text} |`)
    expect(written(createHtmlReporter, events).data).toContain(`<span class="muted">${text}</span></div>`)
  })

  it('groups the findings under their migration, each once, on stderr', () => {
    const { log } = terminal()
    expect(log).toContain(`
003 add_tasks  sql/003_add_tasks.up.sql
✗ ROUNDTRIP_LEFTOVER the down leaves type app.taskstatus behind
  at sql/003_add_tasks.up.sql:4:1
    2 | create table app.tasks (id bigint primary key, title text);
    3 |
  > 4 | create type app.taskstatus as enum ('open', 'done');
      | ^
    5 | alter table app.tasks add column status app.taskstatus not null default 'open';
    6 |
  the down lacks (tried: it brings everything back):
    DROP TYPE app.taskstatus;
  consequence: the next up fails: type "taskstatus" already exists (42710)
  hint add the statement to the down
`)
    expect(log).toContain(`
  - as it should be, + as it is:
  - type: character varying(320)
  + type: text
    collation: "C"
  - default: ''::character varying
    not null: yes
    position: 2
  + storage: extended
  the down lacks (draft: not proven):
    ALTER TABLE app.users ALTER COLUMN email TYPE character varying(320);
`)
    expect(log).toContain('  with 6 columns, 2 indexes, 1 policy: id, at, actor, what, old, new, …\n')
    expect(log).toContain("  - code='ch' name='Schweiz'\n  + code='zz' name='nowhere'\n")
    const titles = log.match(/^(?:✗|!) \w+/gm)
    expect(titles).toEqual([
      '✗ ROUNDTRIP_LEFTOVER',
      '✗ ROUNDTRIP_CHANGED',
      '✗ ROUNDTRIP_LOST',
      '✗ ROUNDTRIP_DATA',
      '! COLUMN_ORDER',
      '✗ ROUNDTRIP_BATCH_FAILED',
      '! FILE_IGNORED',
    ])
    expect(log).toMatch(/\nbatch: all up in one transaction\n✗ ROUNDTRIP_BATCH_FAILED/)
  })

  it('indents SQL only where an indent is no part of it', () => {
    const missing = (sql: string) => {
      const finding = { ...LEFTOVER, difference: { ...LEFTOVER.difference!, missingSql: [sql] } }
      const proof = { ...proofOf('003'), name: 'x' }
      return terminal(eventsOf({ proofs: [[proof, [finding]]], walks: [] })).log
    }
    const body = 'CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$\n  SELECT 1\n$$;'
    expect(missing(body)).toContain(`\n${body}\n`)
    expect(missing('CREATE TABLE t (\n    a int\n);')).toContain(
      '\n    CREATE TABLE t (\n        a int\n    );\n',
    )
  })

  it('prints only failures when quiet', () => {
    const { data, log } = terminal(MIXED_RUN, { verbosity: 'quiet' })
    expect(data).toBe('')
    expect(log).toMatch(/^003 add_tasks {2}sql\/003_add_tasks\.up\.sql\n✗ ROUNDTRIP_LEFTOVER/)
    expect(log).not.toContain('COLUMN_ORDER')
    expect(terminal(passingRun(3), { verbosity: 'quiet' })).toMatchObject({ data: '', log: '' })
  })

  it('says so when everything passed', () => {
    const { data, log } = terminal(passingRun(2))
    expect(log).toBe('')
    expect(data).toMatch(
      /\n✓ roundtrip: 2 migrations, 2 passed · ladder passed\n {2}a temporary database .*\n$/,
    )
  })

  it('shows what stopped the run, and the proofs up to there', () => {
    const error = { code: 'SESSION_LOST', message: 'the session is gone', hint: 'try again' } as const
    const events = eventsOf({ proofs: [], walks: [], others: [CHANGED], report: { error, ok: false } })
    const { log } = terminal(events)
    expect(log).toContain('other findings\n✗ ROUNDTRIP_CHANGED')
    expect(log).toMatch(/error SESSION_LOST: the session is gone\n {2}hint try again\n$/)
  })

  it('paints on a terminal, and only there', () => {
    expect(terminal(MIXED_RUN, { color: true }).log).toContain('\u001b[32m+ type: text\u001b[39m')
    expect(terminal().log + terminal().data).not.toContain('\u001b')
  })

  it('lets nothing that others wrote steer the terminal', () => {
    const { data, log } = terminal(evilRun())
    expect(data + log).not.toMatch(/[^\P{Cc}\n]/u)
    expect(data + log).not.toContain('\u202e')
    expect(log).toContain(EVIL.slice(0, 20))
  })
})

describe('the progress of a round trip', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('tells which migration, how many of how many, and the time that is left', () => {
    let log = ''
    const frame = () => log.split('\r\u001b[2K').findLast((line) => line !== '')
    const reporter = createTerminalReporter({
      data: () => {},
      log: (text) => {
        log += text
      },
      interactive: true,
      color: false,
      displayPath: (path) => path,
      verbosity: 'normal',
    })
    const total = 5
    const started = (index: number) =>
      reporter.on({ type: 'proof.started', version: `00${index}`, name: 'x', index, total })
    started(1)
    vi.advanceTimersByTime(2000)
    expect(frame()).toMatch(/^\S proving 1\/5 001_x \([\d.]+ s\)$/u)
    reporter.on({ type: 'proof.finished', proof: proofOf('001'), findings: [] })
    started(2)
    vi.advanceTimersByTime(130)
    expect(frame()).toMatch(/^\S proving 2\/5 002_x · about 8 s left$/u)
    vi.advanceTimersByTime(3000)
    expect(frame()).toMatch(/^\S proving 2\/5 002_x · about 5 s left$/u)
    reporter.on({ type: 'walk.started', kind: 'ladder', total })
    vi.advanceTimersByTime(130)
    expect(frame()).toMatch(/^\S ladder: all down, all up again, 5 migrations \(\d+ ms\)$/u)
  })

  it.each([
    [0, 'about 1 s left'],
    [7100, 'about 8 s left'],
    [99_000, 'about 99 s left'],
    [170_000, 'about 3 min left'],
  ])('%d milliseconds are %s', (milliseconds, text) => {
    expect(formatRemaining(milliseconds)).toBe(text)
  })
})
