import { kindInWords } from '../core/catalog.ts'
import { type Difference, subjectOf } from '../core/difference.ts'
import type { SqlmigError } from '../core/errors.ts'
import type { Finding, FindingCode } from '../core/finding.ts'
import type { Migration } from '../core/migration.ts'
import { codeOf, objectName } from '../core/roundtrip-findings.ts'
import type { Differences } from './differences.ts'
import type { Moment, Unrepeatable } from './scratch-room.ts'
import type { Proved } from './walker.ts'

type FailureCode = Extract<
  FindingCode,
  'ROUNDTRIP_UP_FAILED' | 'ROUNDTRIP_DOWN_FAILED' | 'ROUNDTRIP_REDO_FAILED' | 'ROUNDTRIP_BATCH_FAILED'
>

const WORDS: Readonly<Record<FailureCode, (migration: Migration) => string>> = {
  ROUNDTRIP_UP_FAILED: ({ up }) => `${up.file} fails`,
  ROUNDTRIP_DOWN_FAILED: ({ up, down }) => `${down?.file ?? up.file} fails`,
  ROUNDTRIP_REDO_FAILED: ({ up }) => `${up.file} fails when it runs again after its down`,
  ROUNDTRIP_BATCH_FAILED: ({ up }) => `${up.file} fails in one transaction with the migrations before it`,
}

/** A file that failed in the walk, with the place in it. */
export function failureFinding(
  code: FailureCode,
  migration: Migration,
  failure: SqlmigError,
  words: string = WORDS[code](migration),
): Finding {
  const sqlstate = failure.code === 'STATEMENT_FAILED' ? sqlstateOf(failure) : undefined
  const { version, name, up } = migration
  const hint =
    code === 'ROUNDTRIP_BATCH_FAILED'
      ? `${failure.hint === undefined ? '' : `${failure.hint}. `}It matters only to up --single-transaction: --mode each leaves this walk out`
      : failure.hint
  return {
    code,
    severity: 'error',
    message: `${words}: ${failure.message}${sqlstate === undefined ? '' : ` (${sqlstate})`}`,
    ...(hint === undefined ? {} : { hint }),
    version,
    name,
    location: failure.location ?? {
      file: code === 'ROUNDTRIP_DOWN_FAILED' ? (migration.down?.file ?? up.file) : up.file,
    },
    ...(failure.excerpt === undefined ? {} : { excerpt: failure.excerpt }),
    ...(sqlstate === undefined ? {} : { facts: { sqlstate } }),
  }
}

/** An up that ran, but not a second time, though everything that its database held is gone. */
export function unrepeatableFinding({ migration, failure }: Unrepeatable): Finding {
  const finding = failureFinding('ROUNDTRIP_REDO_FAILED', migration, failure, onlyOnce(migration))
  return {
    hint: 'look for what it needs or leaves outside of its database, such as a role, or the time',
    ...finding,
  }
}

function onlyOnce({ up }: Migration): string {
  return `${up.file} ran once and not again in a fresh database`
}

/** Why nothing behind it is walked. */
export function unreachable({ migration }: Unrepeatable): string {
  return `no state behind ${migration.version} can be made: ${onlyOnce(migration)}`
}

/** The proof of a migration whose state before it cannot be made. */
export function unreachableProof(migration: Migration, by: Unrepeatable, now: Moment): Proved {
  const { version, name, up } = migration
  const times = { upMs: null, downMs: null, redoMs: null, durationMs: 0 }
  return {
    proof: { version, name, file: up.file, verdict: 'not-walked', ...times, reason: unreachable(by) },
    findings: [],
    unsteady: [],
    fix: undefined,
    writable: false,
    now,
    applied: false,
  }
}

export function sqlstateOf(error: SqlmigError): string | undefined {
  const { facts } = error
  return 'failure' in facts ? facts.failure.sqlstate : undefined
}

/** A second up that made something else than the first. */
export function repeatFinding(difference: Difference, migration: Migration): Finding {
  const object = subjectOf(difference)
  const { version, name, up } = migration
  return {
    code: 'ROUNDTRIP_REDO_FAILED',
    severity: difference.type === 'column-order' ? 'warning' : 'error',
    message: `${up.file} makes the ${kindInWords(object.kind)} ${object.name} differently when it runs again after its down`,
    hint: 'an up has to give the same schema every time: look for names or definitions that depend on time, chance or data',
    version,
    name,
    object: objectName(object),
    location: { file: up.file },
  }
}

/** What is different after all downs, or after all ups that followed; each migration alone may have passed. */
export function ladderFindings(
  { schema, data }: Differences,
  direction: 'down' | 'up',
  unsteady: ReadonlySet<string>,
): Finding[] {
  const when = direction === 'down' ? 'after all downs' : 'after all downs and all ups'
  const hint = 'each migration passes alone: look for what depends on the rows or objects of others'
  const found = schema.map((difference): Finding => {
    const object = subjectOf(difference)
    const what = {
      leftover: 'is left behind',
      lost: 'is missing',
      changed: 'is changed',
      renamed: 'has another name',
      'column-order': 'has its columns in another order',
    }[difference.type]
    return {
      code: codeOf(difference),
      severity: difference.type === 'column-order' ? 'warning' : 'error',
      message: `${when} the ${kindInWords(object.kind)} ${object.name} ${what}`,
      hint,
      object: objectName(object),
    }
  })
  const rows = data
    .filter(({ table }) => !unsteady.has(table.table))
    .map(
      ({ kind, table }): Finding => ({
        code: 'ROUNDTRIP_DATA',
        severity: 'error',
        message: `${when} the rows of ${table.table} differ: ${table.before?.rows ?? 0} before, ${table.after?.rows ?? 0} now`,
        hint,
        object: { kind: kindInWords(kind), name: table.table },
      }),
    )
  return [...found, ...rows]
}

/** What a drafted down does not bring back. */
export function undraftedFindings(
  { schema, data }: Differences,
  { version, name, up }: Migration,
): Finding[] {
  const about = { version, name, location: { file: up.file } }
  const hint = 'no statement is known for it: write this part of the down by hand'
  const found = schema.map((difference): Finding => {
    const object = subjectOf(difference)
    return {
      code: codeOf(difference),
      severity: difference.type === 'column-order' ? 'warning' : 'error',
      message: `the draft does not bring back the ${kindInWords(object.kind)} ${object.name}`,
      hint,
      object: objectName(object),
      ...about,
    }
  })
  const rows = data.map(
    ({ kind, table }): Finding => ({
      code: 'ROUNDTRIP_DATA',
      severity: 'error',
      message: `the draft does not bring back the rows of ${table.table}: ${table.before?.rows ?? 0} before, ${table.after?.rows ?? 0} after`,
      hint,
      object: { kind: kindInWords(kind), name: table.table },
      ...about,
    }),
  )
  return [...found, ...rows]
}
