import type { Finding } from '../../src/core/finding.ts'
import type { ProofReport, ProofVerdict, Report, SqlmigEvent, WalkReport } from '../../src/core/run.ts'
import { excerptAt } from '../../src/core/sql-text.ts'

const UP_TASKS = `-- what there is to do
create table app.tasks (id bigint primary key, title text);

create type app.taskstatus as enum ('open', 'done');
alter table app.tasks add column status app.taskstatus not null default 'open';
`

/** A type that the down leaves behind, so that the next up fails. */
export const LEFTOVER: Finding = {
  code: 'ROUNDTRIP_LEFTOVER',
  severity: 'error',
  message: 'the down leaves type app.taskstatus behind',
  hint: 'add the statement to the down',
  version: '003',
  name: 'add_tasks',
  location: { file: '003_add_tasks.up.sql', line: 4, column: 1 },
  excerpt: excerptAt(UP_TASKS, { line: 4, column: 1 }),
  object: { kind: 'type', name: 'app.taskstatus' },
  difference: {
    before: null,
    after: 'labels: open, done\nowner: postgres',
    inside: [],
    missingSql: ['DROP TYPE app.taskstatus;'],
    proven: true,
    consequence: 'the next up fails: type "taskstatus" already exists (42710)',
  },
}

/** A function that the down brings back as another one, and a table that it does not bring back at all. */
export const CHANGED: Finding = {
  code: 'ROUNDTRIP_CHANGED',
  severity: 'error',
  message: 'the down brings column app.users.email back changed',
  version: '004',
  name: 'shorten_email',
  location: { file: '004_shorten_email.down.sql', line: 1, column: 7 },
  excerpt: excerptAt('alter table app.users alter column email type text;\n', { line: 1, column: 7 }),
  object: { kind: 'column', name: 'app.users.email' },
  difference: {
    before:
      'type: character varying(320)\ncollation: "C"\ndefault: \'\'::character varying\nnot null: yes\nposition: 2',
    after: 'type: text\ncollation: "C"\nnot null: yes\nposition: 2\nstorage: extended',
    inside: [],
    missingSql: [
      'ALTER TABLE app.users ALTER COLUMN email TYPE character varying(320);',
      "ALTER TABLE app.users ALTER COLUMN email SET DEFAULT '';",
    ],
    proven: false,
  },
}

export const LOST: Finding = {
  code: 'ROUNDTRIP_LOST',
  severity: 'error',
  message: 'the down does not bring table app.audit back',
  version: '004',
  name: 'shorten_email',
  location: { file: '004_shorten_email.up.sql', line: 3, column: 1 },
  object: { kind: 'table', name: 'app.audit' },
  difference: {
    before: 'owner: postgres',
    after: null,
    inside: [
      ...['id', 'at', 'actor', 'what', 'old', 'new'].map((name) => ({
        kind: 'column',
        name: `app.audit.${name}`,
      })),
      { kind: 'index', name: 'app.audit_at_idx' },
      { kind: 'index', name: 'app.audit_actor_idx' },
      { kind: 'policy', name: 'app.audit.own_rows' },
    ],
    missingSql: [
      `CREATE TABLE app.audit (\n    id bigint NOT NULL,\n    what text\n);`,
      'CREATE INDEX audit_at_idx ON app.audit USING btree (at);',
    ],
    proven: true,
  },
}

export const DATA: Finding = {
  code: 'ROUNDTRIP_DATA',
  severity: 'error',
  message: 'the down loses 2 rows of app.countries',
  version: '005',
  name: 'seed_countries',
  location: { file: '005_seed_countries.down.sql' },
  object: { kind: 'table', name: 'app.countries' },
  difference: {
    before: '249 rows',
    after: '247 rows',
    inside: [],
    rows: ["- code='at' name='Österreich'", "- code='ch' name='Schweiz'", "+ code='zz' name='nowhere'"],
    missingSql: [],
    proven: false,
  },
}

export const ORDER: Finding = {
  code: 'COLUMN_ORDER',
  severity: 'warning',
  message: 'column app.users.nickname comes back at the end of its table',
  hint: 'PostgreSQL cannot add a column in the middle; --strict makes this an error',
  version: '006',
  name: 'drop_nickname',
  location: { file: '006_drop_nickname.down.sql', line: 1, column: 1 },
  object: { kind: 'column', name: 'app.users.nickname' },
  difference: { before: 'position: 3', after: 'position: 5', inside: [], missingSql: [], proven: false },
}

export const BATCH: Finding = {
  code: 'ROUNDTRIP_BATCH_FAILED',
  severity: 'error',
  message: 'unsafe use of new value "paused" of enum type app.taskstatus (55P04)',
  hint: 'a new label can be used once its transaction is over: put its use into a migration of its own',
  version: '006',
  name: 'drop_nickname',
  location: { file: '006_drop_nickname.up.sql', line: 2, column: 1 },
}

export const STRAY: Finding = {
  code: 'FILE_IGNORED',
  severity: 'warning',
  message: 'notes.sql is not a migration',
  location: { file: 'notes.sql' },
}

function proof(
  version: string,
  name: string,
  verdict: ProofVerdict,
  times: readonly [number | null, number | null, number | null],
  reason?: string,
): ProofReport {
  const [upMs, downMs, redoMs] = times
  return {
    version,
    name,
    file: `${version}_${name}.up.sql`,
    verdict,
    upMs,
    downMs,
    redoMs,
    durationMs: (upMs ?? 0) + (downMs ?? 0) + (redoMs ?? 0) + 6,
    ...(reason === undefined ? {} : { reason }),
  }
}

const PROOFS: ReadonlyArray<readonly [ProofReport, readonly Finding[]]> = [
  [proof('001', 'create_app', 'passed', [12, 4, 9]), []],
  [proof('002', 'add_index', 'passed', [4, 2, 3]), []],
  [proof('003', 'add_tasks', 'failed', [7, 3, null]), [LEFTOVER]],
  [proof('004', 'shorten_email', 'failed', [31, 28, 30]), [CHANGED, LOST]],
  [proof('005', 'seed_countries', 'failed', [5, 3, 5]), [DATA]],
  [proof('006', 'drop_nickname', 'warned', [2, 2, 2]), [ORDER]],
  [proof('007', 'drop_legacy', 'irreversible', [8, null, null], 'the old orders are gone for good'), []],
  [
    proof('008', 'after_legacy', 'not-walked', [null, null, null], 'outside the range that was asked for'),
    [],
  ],
]

const WALKS: ReadonlyArray<readonly [WalkReport, readonly Finding[]]> = [
  [{ kind: 'ladder', verdict: 'passed', durationMs: 120 }, []],
  [{ kind: 'batch', verdict: 'failed', durationMs: 40 }, [BATCH]],
]

/** What a round trip emits. */
export interface RoundtripScript {
  readonly proofs: ReadonlyArray<readonly [ProofReport, readonly Finding[]]>
  readonly walks: ReadonlyArray<readonly [WalkReport, readonly Finding[]]>
  readonly others?: readonly Finding[]
  readonly report?: Partial<Report>
}

/** All events of a round trip, in order. */
export function eventsOf({ proofs, walks, others = [], report = {} }: RoundtripScript): SqlmigEvent[] {
  const findings = [...others, ...[...proofs, ...walks].flatMap(([, found]) => found)]
  const failed = findings.some((finding) => finding.severity === 'error')
  return [
    { type: 'run.started', command: 'roundtrip', directory: '/project/sql' },
    ...proofs.flatMap(([done, found], i): SqlmigEvent[] => [
      {
        type: 'proof.started',
        version: done.version,
        name: done.name,
        index: i + 1,
        total: proofs.length,
      },
      { type: 'proof.finished', proof: done, findings: found },
    ]),
    ...walks.flatMap(([walk, found]): SqlmigEvent[] => [
      { type: 'walk.started', kind: walk.kind, total: proofs.length },
      { type: 'walk.finished', walk, findings: found },
    ]),
    ...findings.map((finding): SqlmigEvent => ({ type: 'finding', finding })),
    {
      type: 'run.finished',
      report: {
        command: 'roundtrip',
        ok: !failed,
        exitCode: failed ? 6 : 0,
        dryRun: false,
        target: null,
        migrations: [],
        steps: [],
        findings,
        roundtrip: {
          scratch: 'a temporary database on localhost:5432',
          proofs: proofs.map(([done]) => done),
          walks: walks.map(([walk]) => walk),
          durationMs: 412,
        },
        ...report,
      },
    },
  ]
}

/** A run in which everything happens that a round trip can tell. */
export const MIXED_RUN: readonly SqlmigEvent[] = eventsOf({ proofs: PROOFS, walks: WALKS, others: [STRAY] })

/** One of its proofs. */
export function proofOf(version: string): ProofReport {
  const found = PROOFS.find(([done]) => done.version === version)
  if (found === undefined) throw new Error(`no proof of ${version}`)
  return found[0]
}

/** A run of this many migrations that all pass. */
export function passingRun(count: number): SqlmigEvent[] {
  const proofs = Array.from({ length: count }, (_, i) => {
    const version = String(i + 1).padStart(3, '0')
    return [proof(version, `step_${i + 1}`, 'passed', [(i * 7) % 40, (i * 3) % 9, (i * 5) % 31]), []] as const
  })
  return eventsOf({ proofs, walks: [[{ kind: 'ladder', verdict: 'passed', durationMs: count * 9 }, []]] })
}

/** Text that tries to get out of every kind of document. */
export const EVIL =
  '<script>alert(1)</script>]]>&"\'\u001b[2J\u202e\n::error::x\n##[error]\r\n`````|**b**</details>--> @org %0A,\u0000\ud800'

/** A run in which every text that comes from files or a database is {@link EVIL}. */
export function evilRun(): SqlmigEvent[] {
  const finding: Finding = {
    code: 'ROUNDTRIP_CHANGED',
    severity: 'error',
    message: EVIL,
    hint: EVIL,
    version: '001',
    name: EVIL,
    location: { file: EVIL.replaceAll('/', ''), line: 1, column: 1 },
    excerpt: { line: 1, column: 1, lines: [{ number: 1, text: EVIL }] },
    object: { kind: 'type', name: EVIL },
    difference: {
      before: EVIL,
      after: `${EVIL}2`,
      inside: [{ kind: 'column', name: EVIL }],
      rows: [EVIL],
      missingSql: [EVIL],
      proven: false,
      consequence: EVIL,
    },
  }
  return eventsOf({
    proofs: [
      [proof('001', EVIL, 'failed', [1, 1, 1]), [finding]],
      [proof('002', EVIL, 'irreversible', [1, null, null], EVIL), []],
    ],
    walks: [[{ kind: 'ladder', verdict: 'not-walked', durationMs: 0, reason: EVIL }, []]],
    others: [{ ...finding, severity: 'warning', version: '009' }],
    report: { error: { code: 'STATEMENT_FAILED', message: EVIL, hint: EVIL, consequence: EVIL } },
  })
}
