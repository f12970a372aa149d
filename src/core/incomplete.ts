import type { Continuation, Obstacle } from './continuation.ts'
import type { Finding } from './finding.ts'
import type { IncompleteRecord } from './history.ts'
import type { Leftover } from './leftover.ts'
import type { Excerpt, Position } from './sql-text.ts'
import type { Version } from './version.ts'

/** What files and database say of a migration that stopped midway, beyond what its history says. */
export interface IncompleteDetails {
  /** The statement that failed or is in doubt; absent where none was running or the text is not at hand. */
  readonly statement?: StoppedStatement | undefined
  readonly leftovers: readonly Leftover[]
  /** What `--resume` would do. */
  readonly verdict?: Continuation | Obstacle
  /** How the file differs from what ran; absent where it does not. */
  readonly edit?: string | undefined
}

export interface StoppedStatement {
  readonly text: string
  /** Where it stands in the file; absent where the file is no longer the one that ran. */
  readonly position: Position | undefined
  readonly excerpt: Excerpt | undefined
}

const LONGEST_TEXT = 80

/** A statement in a line. */
export function inOneLine(text: string): string {
  const line = text.slice(0, 4 * LONGEST_TEXT).replace(/\s+/g, ' ')
  return line.length > LONGEST_TEXT ? `${line.slice(0, LONGEST_TEXT - 1)}…` : line
}

/** Says that a migration without a transaction stopped midway: how far it came, what it left behind, and how to go on. */
export function incompleteFinding(
  { version, name }: { readonly version: Version; readonly name: string },
  record: IncompleteRecord,
  details: IncompleteDetails = { leftovers: [] },
): Finding {
  const { started, action, done, inDoubt, failed } = record
  const { statement, leftovers, edit } = details
  const direction = action === 'apply' ? 'up' : 'down'
  const message = [
    `${version} ${name} runs without a transaction and stopped midway (${direction}): ${done} of ${started.statements} statements are done`,
    `${stopped(record)}${statement === undefined ? '' : placeOf(statement)}`,
    ...leftovers.map(({ what }) => `${what} is left behind`),
    ...(edit === undefined ? [] : [edit]),
  ].join('; ')
  const repair = leftovers.map((leftover) => leftover.repair)
  return {
    code: 'INCOMPLETE',
    severity: 'error',
    message,
    hint: howToGoOn(record, details),
    version,
    name,
    location: { file: `${version}_${name}.${direction}.sql`, ...statement?.position },
    ...(statement?.excerpt === undefined ? {} : { excerpt: statement.excerpt }),
    facts: {
      action,
      done,
      statements: started.statements,
      ...(inDoubt === undefined ? {} : { inDoubt }),
      ...(failed === undefined ? {} : { failed: failed.statementNo }),
      ...(statement === undefined ? {} : { statement: inOneLine(statement.text) }),
      ...(repair.length === 0
        ? {}
        : { leftovers: leftovers.map(({ name: left }) => left).join(', '), repair: repair.join(' ') }),
    },
  }
}

function stopped({ inDoubt, failed }: IncompleteRecord): string {
  if (failed !== undefined)
    return `statement ${failed.statementNo} failed${failed.reason === null ? '' : ` (${failed.reason})`}`
  if (inDoubt !== undefined)
    return `statement ${inDoubt} is in doubt: it was sent, and no answer was recorded`
  return 'no statement was running'
}

function placeOf({ text, position }: StoppedStatement): string {
  const line = position === undefined ? '' : ` (line ${position.line})`
  return `${line}: ${inOneLine(text)}`
}

/** The command that goes on with a migration. */
export function resumeCommand({ action }: Pick<IncompleteRecord, 'action'>): string {
  return `sqlmig ${action === 'apply' ? 'up' : 'down'} --resume`
}

function howToGoOn(record: IncompleteRecord, { leftovers, verdict }: IncompleteDetails): string {
  const repair = leftovers.map((leftover) => leftover.repair).join(' ')
  const byHand = repair === '' ? '' : `; by hand it is: ${repair}`
  return `${whatResumeDoes(resumeCommand(record), record.done + 1, verdict)}${byHand}`
}

function whatResumeDoes(
  resume: string,
  number: number,
  verdict: Continuation | Obstacle | undefined,
): string {
  if (verdict === undefined) return `look at what stopped it, then: ${resume}`
  if ('kind' in verdict) {
    if (verdict.kind === 'refuse') return `${resume} refuses: ${verdict.reason}`
    return `${verdict.reason}: look at the database, then ${resume}=retry runs statement ${number} again, or ${resume}=skip counts it as done`
  }
  if (verdict.action === 'done')
    return `${resume} counts statement ${number} as done, since ${verdict.reason}, and goes on behind it`
  const first = verdict.clear.length === 0 ? '' : 'drops what is left behind and '
  const what = verdict.instead === undefined ? `runs statement ${number}` : 'ends the detach'
  return `mend what stopped it, then: ${resume} ${first}${what} (${verdict.reason}) and goes on`
}
