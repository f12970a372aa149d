import { checksumOf } from './checksum.ts'
import type { Statement } from './classify.ts'
import type { Continuation, Obstacle } from './continuation.ts'
import type { StatementEffect } from './effect.ts'
import type { IncompleteRecord } from './history.ts'
import { type Leftover, type Look, leftoversOf } from './leftover.ts'

/** `probe`: look whether an interrupted statement ran; `retry` and `skip` say what nobody can look up. */
export type ResumeChoice = 'probe' | 'retry' | 'skip'

/** A statement of the file as it is now. */
export interface NumberedStatement extends Statement {
  /** 1-based. */
  readonly number: number
  readonly text: string
  /** With the data of a COPY: what its checksum is of. */
  readonly whole: string
}

/** The statement that going on begins with; done statements before it are skipped. */
export function statementToJudge({ done }: IncompleteRecord): number {
  return done + 1
}

export function numbered(text: string, statements: readonly Statement[]): NumberedStatement[] {
  return statements.map((statement, index) => ({
    ...statement,
    number: index + 1,
    text: text.slice(statement.start, statement.end),
    whole: text.slice(statement.start, statement.data?.end ?? statement.end),
  }))
}

/**
 * Compares the file with what ran. What was not sent yet, or failed, may be edited; a statement in doubt counts as sent.
 * @returns the number of the first statement that differs from what ran; undefined when none does
 */
export function firstEdited(
  record: IncompleteRecord,
  file: { readonly checksum: string; readonly statements: readonly NumberedStatement[] },
): number | undefined {
  const { started, action, done, inDoubt, checksums } = record
  if (file.checksum === (action === 'apply' ? started.upChecksum : started.downChecksum)) return undefined
  for (let number = 1; number <= Math.max(done, inDoubt ?? 0); number++) {
    const text = file.statements[number - 1]?.whole
    if (text === undefined || checksumOf(text) !== checksums.get(number)) return number
  }
  return undefined
}

/** What is looked at to judge the statement; undefined where the catalogs do not show whether it ran. */
export function effectToProbe(statement: NumberedStatement | undefined): StatementEffect | undefined {
  const effect = statement?.effect
  return effect === undefined || WITHOUT_TRACE.includes(effect.kind) ? undefined : effect
}

const WITHOUT_TRACE: ReadonlyArray<StatementEffect['kind']> = ['setting', 'repeatable', 'procedure']

/**
 * Decides how a migration goes on. A statement that nobody has looked for is never repeated by itself.
 * @param look what the catalogs say of the statement's effect; undefined where there is none to look for
 * @param former what the statement left behind as it was when it ran, where it was edited since
 */
export function decide(
  record: IncompleteRecord,
  statement: NumberedStatement | undefined,
  look: Look | undefined,
  choice: ResumeChoice,
  former: readonly Leftover[] = [],
): Continuation | Obstacle {
  const decision = decideAsItIs(record, statement, look, choice)
  if (former.length === 0 || 'kind' in decision) return decision
  if (decision.action === 'done' || former.some(({ kind }) => kind === 'pending-detach'))
    return {
      kind: 'refuse',
      reason: `${listed(former)} is left behind by the statement as it was before the edit; ${repairs(former)}`,
    }
  return { ...decision, clear: [...new Set([...decision.clear, ...former.map(({ repair }) => repair)])] }
}

function decideAsItIs(
  record: IncompleteRecord,
  statement: NumberedStatement | undefined,
  look: Look | undefined,
  choice: ResumeChoice,
): Continuation | Obstacle {
  const number = statementToJudge(record)
  const open = record.failed !== undefined || record.inDoubt !== undefined
  const { effect } = statement ?? {}
  const leftovers = effect === undefined || look === undefined ? [] : leftoversOf(effect, look)
  if (!open)
    return choice === 'skip'
      ? { kind: 'refuse', reason: 'no statement failed or is in doubt, so there is nothing to skip' }
      : { statement: number, action: 'run', reason: 'no statement was running', clear: [] }
  if (choice === 'skip') return skip(number, leftovers)
  // A statement that failed may be gone from the file, and then nothing is left of it to be judged.
  if (effect === undefined || look === undefined) return unseen(record, number, effect, choice)
  if (effect.kind === 'create-index' && effect.index === undefined && leftovers.length > 0)
    return {
      kind: 'refuse',
      reason: `the statement gives its index no name, so ${listed(leftovers)} may be its own or another's; drop it first: ${repairs(leftovers)}`,
    }
  // What DROP INDEX left INVALID it has to drop itself.
  const inTheWay = effect.kind === 'drop-index' ? [] : leftovers
  if (choice === 'retry') return run(number, 'repeated, as was asked for', inTheWay)
  if (record.failed !== undefined) return run(number, 'it had failed', inTheWay)
  return judge(number, effect, look, inTheWay)
}

function skip(number: number, leftovers: readonly Leftover[]): Continuation | Obstacle {
  if (leftovers.length > 0)
    return {
      kind: 'refuse',
      reason: `${listed(leftovers)} is left behind, and skipping would leave it so; ${repairs(leftovers)}`,
    }
  return { statement: number, action: 'done', reason: 'skipped, as was asked for', clear: [] }
}

/** Failed, or in doubt, and nothing in the catalogs shows more. */
function unseen(
  record: IncompleteRecord,
  number: number,
  effect: StatementEffect | undefined,
  choice: ResumeChoice,
): Continuation | Obstacle {
  const failed = record.failed !== undefined
  if (choice === 'retry') return run(number, 'repeated, as was asked for', [])
  if (effect?.kind === 'procedure' && failed)
    return {
      kind: 'ask',
      reason: 'it failed, but DO and CALL may have committed a part of their work before',
    }
  if (failed) return run(number, 'it had failed', [])
  if (effect?.kind === 'repeatable' || effect?.kind === 'setting')
    return run(number, 'it was in doubt, and running it twice does no harm', [])
  return { kind: 'ask', reason: 'nothing in the catalogs shows whether it ran' }
}

/** In doubt, and the catalogs show what it makes or drops. */
function judge(
  number: number,
  effect: StatementEffect,
  look: Look,
  leftovers: readonly Leftover[],
): Continuation | Obstacle {
  const [first, second] = look.named
  const done = (reason: string): Continuation => ({ statement: number, action: 'done', reason, clear: [] })
  const again = (reason: string) => run(number, reason, leftovers)
  switch (effect.kind) {
    case 'create-index':
      return judgeIndex(effect, look, again, done)
    case 'drop-index':
      return look.named.some((index) => index !== undefined)
        ? again('the index is still there')
        : done('the index is gone')
    case 'reindex':
      return again('rebuilding an index twice does no harm')
    case 'detach-partition':
      if (leftovers.length > 0) return again('the detach is pending')
      if (first === undefined || second === undefined)
        return { kind: 'ask', reason: 'there is no table of the name of the partition or of its parent' }
      return isOf(first.of, second)
        ? again('the partition is still attached')
        : done('the partition is detached')
    case 'add-enum-value':
      if (first === undefined) return { kind: 'ask', reason: 'there is no type of that name' }
      return first.labels.includes(effect.label)
        ? done('the value is there')
        : again('the value is not there')
    default:
      return { kind: 'ask', reason: 'nothing in the catalogs shows whether it ran' }
  }
}

type Outcome = (reason: string) => Continuation

function judgeIndex(
  { index }: StatementEffect & { readonly kind: 'create-index' },
  { named: [table, found] }: Look,
  again: Outcome,
  done: Outcome,
): Continuation | Obstacle {
  if (index === undefined)
    return { kind: 'ask', reason: 'the statement gives its index no name, so it cannot be looked for' }
  if (found === undefined) return again('the index is not there')
  if (table === undefined || !isOf(found.of, table))
    return { kind: 'ask', reason: `${index} is there, but it is no index of that table` }
  return found.valid ? done('the index is there and valid') : again('the index is there, but INVALID')
}

function isOf(
  of: { readonly schema: string; readonly name: string } | undefined | null,
  table: { readonly schema: string; readonly name: string },
): boolean {
  return of?.schema === table.schema && of.name === table.name
}

/** What a pending detach needs is no second DETACH (SQLSTATE 55000) but its end. */
function run(number: number, reason: string, leftovers: readonly Leftover[]): Continuation {
  const finalize = leftovers.find(({ kind }) => kind === 'pending-detach')
  const clear = leftovers.filter(({ kind }) => kind === 'invalid-index').map(({ repair }) => repair)
  return {
    statement: number,
    action: 'run',
    reason,
    clear,
    ...(finalize === undefined ? {} : { instead: finalize.repair }),
  }
}

function listed(leftovers: readonly Leftover[]): string {
  return leftovers.map(({ what }) => what).join(' and ')
}

function repairs(leftovers: readonly Leftover[]): string {
  return leftovers.map(({ repair }) => repair).join(' ')
}
