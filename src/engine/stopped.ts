import { checksumOf } from '../core/checksum.ts'
import type { Continuation, Obstacle } from '../core/continuation.ts'
import { textForServer } from '../core/file-checks.ts'
import type { IncompleteRecord } from '../core/history.ts'
import { inOneLine } from '../core/incomplete.ts'
import { type Leftover, type Look, leftoversOf } from '../core/leftover.ts'
import { type SqlFile, sqlFileOf } from '../core/migration.ts'
import {
  decide,
  effectToProbe,
  firstEdited,
  type NumberedStatement,
  numbered,
  type ResumeChoice,
  statementToJudge,
} from '../core/resume.ts'
import { literal } from '../core/sql-literal.ts'
import type { Version } from '../core/version.ts'
import type { HistoryStore, Session } from '../ports.ts'
import type { Analysis } from './analyse.ts'
import type { Policy } from './context.ts'
import { lookAt } from './look.ts'
import { settingsFor } from './settings.ts'

// A list of names that a query can still look up in one go.
const MOST_LOOKED_AT = 200

/** A migration that stopped midway, as files, history and catalogs show it together. */
export interface Stopped {
  readonly record: IncompleteRecord
  /** The file that would go on; undefined when there is none. */
  readonly file: SqlFile | undefined
  readonly statements: readonly NumberedStatement[]
  /** The same of the text that ran, which is another one when the file was edited; empty when nothing kept it. */
  readonly ran: readonly NumberedStatement[]
  /** The first statement that was sent and reads differently now. */
  readonly edited: number | undefined
  /** True when the file as a whole is another one than what ran. */
  readonly changed: boolean
  /** What the catalogs say of the statement that is judged, as it is now. */
  readonly look: Look | undefined
  /** What that statement left behind as it was when it ran. */
  readonly former: readonly Leftover[]
  /** What all the statements that were sent left behind. */
  readonly leftovers: readonly Leftover[]
}

export interface StudyTools {
  readonly history: HistoryStore
  readonly policy: Policy
  readonly session: Session
  readonly analysis: Analysis
}

/** Reads what there is to know. Writes nothing. */
export async function study(
  tools: StudyTools,
  { version, name }: { readonly version: Version; readonly name: string },
  record: IncompleteRecord,
  file: SqlFile | undefined,
): Promise<Stopped> {
  const { action, started } = record
  const direction = action === 'apply' ? 'up' : 'down'
  const checksum = action === 'apply' ? started.upChecksum : started.downChecksum
  const changed = file?.checksum !== checksum
  const statements = await statementsOf(tools, file)
  const kept = changed ? await recordedText(tools, record) : undefined
  const ran =
    kept === undefined
      ? changed
        ? []
        : statements
      : await statementsOf(tools, sqlFileOf(`${version}_${name}.${direction}.sql`, kept))
  const edited = file === undefined ? undefined : firstEdited(record, { checksum: file.checksum, statements })
  const known = { record, file, statements, ran, edited, changed }
  return { ...known, ...(await lookForLeftovers(tools, known)) }
}

async function statementsOf(
  { analysis }: StudyTools,
  file: SqlFile | undefined,
): Promise<NumberedStatement[]> {
  return file === undefined ? [] : numbered(textForServer(file.text), await analysis.statementsOf(file))
}

async function recordedText(
  { history, session }: StudyTools,
  { started, action }: IncompleteRecord,
): Promise<string | undefined> {
  const texts = (await history.recordedSql(session, [started.id])).get(started.id)
  return (action === 'apply' ? texts?.up : texts?.down) ?? undefined
}

type Known = Omit<Stopped, 'look' | 'former' | 'leftovers'>

async function lookForLeftovers(
  tools: StudyTools,
  known: Known,
): Promise<Pick<Stopped, 'look' | 'former' | 'leftovers'>> {
  const number = statementToJudge(known.record)
  const now = effectToProbe(known.statements[number - 1])
  const then = known.changed ? effectToProbe(known.ran[number - 1]) : undefined
  const before = known.ran
    .slice(0, number)
    .map(effectToProbe)
    .filter((effect) => effect !== undefined && 'concurrent' in effect && effect.concurrent)
    .slice(-MOST_LOOKED_AT)
  const effects = [now, then, ...before].filter((effect) => effect !== undefined)
  const looks = await lookAt(tools.session, effects, pathStatements(tools, known, number))
  const left = new Map(effects.map((effect, i) => [effect, leftoversIn(effect, looks[i])]))
  const own = now === undefined ? [] : (left.get(now) ?? [])
  const former = (then === undefined ? [] : (left.get(then) ?? [])).filter(
    ({ name }) => !own.some((one) => one.name === name),
  )
  const all = new Map([...left.values()].flat().map((leftover) => [leftover.name, leftover]))
  // What a statement that was never sent names is none of its leftovers.
  const sent = known.record.failed !== undefined || known.record.inDoubt !== undefined
  const leftovers = sent ? [...all.values()] : []
  return { look: now === undefined ? undefined : looks[0], former, leftovers }
}

function leftoversIn(effect: Parameters<typeof leftoversOf>[0], look: Look | undefined): Leftover[] {
  return look === undefined ? [] : leftoversOf(effect, look)
}

/** Names are found as the file would find them: by its search path, and by what it has set that to so far. */
function pathStatements({ policy, session }: StudyTools, known: Known, number: number): string[] {
  const file = known.file
  const searchPath =
    file === undefined
      ? (policy.searchPath ?? session.info.searchPath)
      : settingsFor(file, policy, session.info).searchPath
  const own = known.statements
    .slice(0, number - 1)
    .filter(({ effect }) => effect?.kind === 'setting' && effect.setting === 'search_path')
    .map(({ text }) => text)
  return [`select pg_catalog.set_config('search_path', ${literal(searchPath)}, true)`, ...own]
}

/** How the migration would go on, or why it would not. */
export function judgeStopped(stopped: Stopped, choice: ResumeChoice): Continuation | Obstacle {
  const { record, file, statements, edited, look, former } = stopped
  const number = statementToJudge(record)
  if (file === undefined)
    return {
      kind: 'refuse',
      reason: 'its file is missing: bring it back from version control',
    }
  if (file.directives.transaction !== 'none')
    return {
      kind: 'refuse',
      reason: `${file.file} no longer says no-transaction, and what is done cannot be put into a transaction`,
    }
  if (edited !== undefined && edited <= record.done)
    return {
      kind: 'refuse',
      reason: `statement ${edited} of ${file.file}, which is done, was edited since; restore it as it ran${textThatRan(stopped, edited)}`,
    }
  if (edited !== undefined && choice === 'probe')
    return {
      kind: 'ask',
      reason: `statement ${edited} is in doubt and was edited since, so that it cannot be looked for`,
    }
  if (number > statements.length) return beyondTheEnd(record, number)
  return decide(record, statements[number - 1], look, choice, former)
}

/** The file ends before the statement that stopped, because that was taken out of it, or everything is done. */
function beyondTheEnd({ inDoubt }: IncompleteRecord, number: number): Continuation | Obstacle {
  if (inDoubt === undefined)
    return { statement: number, action: 'run', reason: 'every statement is done', clear: [] }
  return { kind: 'refuse', reason: `statement ${inDoubt}, which is in doubt, is no longer in the file` }
}

function textThatRan({ ran, record }: Stopped, number: number): string {
  const text = ran[number - 1]?.text
  if (text === undefined) return ''
  return checksumOf(text) === record.checksums.get(number) ? `: ${inOneLine(text)}` : ''
}
