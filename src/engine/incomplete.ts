import type { Finding } from '../core/finding.ts'
import { incompleteFinding } from '../core/incomplete.ts'
import type { MigrationStatus } from '../core/reconcile.ts'
import { statementToJudge } from '../core/resume.ts'
import { excerptAt, positionAt } from '../core/sql-text.ts'
import { type Session, StatementError } from '../ports.ts'
import { createAnalysis } from './analyse.ts'
import type { EngineContext } from './context.ts'
import { judgeStopped, type Stopped, study } from './stopped.ts'

/** Completes what the history says of migrations that stopped midway by what files and catalogs show. Writes nothing. */
export async function explainIncomplete(
  context: Pick<EngineContext, 'history' | 'policy' | 'parser'>,
  session: Session,
  statuses: readonly MigrationStatus[],
  findings: readonly Finding[],
): Promise<Finding[]> {
  const explained: Finding[] = []
  for (const finding of findings) {
    const status = statuses.find(({ version }) => version === finding.version)
    const known = finding.code === 'INCOMPLETE' && status !== undefined
    explained.push(known ? await explain(context, session, status, finding) : finding)
  }
  return explained
}

async function explain(
  { history, policy, parser }: Pick<EngineContext, 'history' | 'policy' | 'parser'>,
  session: Session,
  status: MigrationStatus,
  finding: Finding,
): Promise<Finding> {
  const { incomplete: record, migration } = status
  if (record === undefined) return finding
  const file = record.action === 'apply' ? migration?.up : migration?.down
  const tools = { history, policy, session, analysis: createAnalysis(parser) }
  const stopped = await study(tools, status, record, file).catch((error: unknown) => {
    // That it stopped is known without the catalogs.
    if (error instanceof StatementError) return undefined
    throw error
  })
  if (stopped === undefined) return finding
  return incompleteFinding(status, record, {
    statement: stoppedStatement(stopped),
    leftovers: stopped.leftovers,
    verdict: judgeStopped(stopped, 'probe'),
    edit: editOf(stopped),
  })
}

/** The statement as it ran where the history kept it, else as it is. */
function stoppedStatement({ record, file, changed, ran, statements }: Stopped) {
  if (record.failed === undefined && record.inDoubt === undefined) return undefined
  const number = statementToJudge(record)
  const statement = (ran.length > 0 ? ran : statements)[number - 1]
  if (statement === undefined) return undefined
  const position = changed || file === undefined ? undefined : positionAt(file.text, statement.start)
  const excerpt = position === undefined || file === undefined ? undefined : excerptAt(file.text, position)
  return { text: statement.text, position, excerpt }
}

function editOf({ file, changed, edited, record }: Stopped): string | undefined {
  if (file === undefined || !changed) return undefined
  if (edited !== undefined) return `${file.file} was edited since, statement ${edited} too, which was sent`
  return record.done === 0
    ? `${file.file} was edited since`
    : `${file.file} was edited since, but no statement that is done`
}
