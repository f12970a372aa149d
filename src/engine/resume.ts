import type { Resume } from '../core/continuation.ts'
import { SqlmigError } from '../core/errors.ts'
import { resumeCommand } from '../core/incomplete.ts'
import type { Plan, PlanRequest, Step } from '../core/plan.ts'
import type { MigrationStatus } from '../core/reconcile.ts'
import type { ResumeChoice } from '../core/resume.ts'
import { excerptAt, positionAt } from '../core/sql-text.ts'
import { judgeStopped, type Stopped, type StudyTools, study } from './stopped.ts'

/**
 * Decides how the migrations of a plan that stopped midway go on. To be called with the lock held, so that nobody is in the middle of them.
 * @throws SqlmigError `RESUME_REFUSED`, `RESUME_UNDECIDED`
 */
export async function decideResumes(
  tools: StudyTools,
  plan: Plan,
  choice: 'refuse' | ResumeChoice,
): Promise<Plan> {
  if (choice === 'refuse') return plan
  const steps: Step[] = []
  for (const step of plan.steps)
    steps.push(step.resume === undefined ? step : await decided(tools, step, step.resume, choice))
  return { steps }
}

async function decided(
  tools: StudyTools,
  step: Step,
  { record }: Resume,
  choice: ResumeChoice,
): Promise<Step> {
  const stopped = await study(tools, step, record, step.sql)
  const verdict = judgeStopped(stopped, choice)
  if ('kind' in verdict) throw obstacle(step, stopped, verdict)
  return { ...step, resume: { record, next: verdict } }
}

function obstacle(
  { version, name }: Step,
  { record, file, statements }: Stopped,
  { kind, reason }: { readonly kind: 'refuse' | 'ask'; readonly reason: string },
): SqlmigError {
  if (kind === 'refuse') return new SqlmigError('RESUME_REFUSED', { version, name, reason })
  const number = record.done + 1
  const statement = statements[number - 1]
  const facts = { version, name, statement: number, reason, resume: resumeCommand(record) }
  if (file === undefined || statement === undefined) return new SqlmigError('RESUME_UNDECIDED', facts)
  const position = positionAt(file.text, statement.start)
  return new SqlmigError('RESUME_UNDECIDED', facts, {
    location: { file: file.file, ...position },
    excerpt: excerptAt(file.text, position),
  })
}

/**
 * What a resumed run would leave incomplete stops it: it cannot be told from what the plan is for.
 * @throws SqlmigError `USAGE`, `RESUME_REFUSED`
 */
export function checkResumed(
  statuses: readonly MigrationStatus[],
  request: PlanRequest,
  plan: Plan,
  choice: 'refuse' | ResumeChoice,
): void {
  if (choice === 'refuse') return
  for (const { version, name, incomplete, migration } of statuses) {
    if (incomplete === undefined || plan.steps.some((step) => step.version === version)) continue
    if (migration === undefined)
      throw new SqlmigError('RESUME_REFUSED', {
        version,
        name,
        reason: 'its files are missing: bring them back from version control',
      })
    const to = request.kind === 'up' && request.to.kind === 'version' ? ` ${request.to.version}` : ''
    throw new SqlmigError('USAGE', {
      problem: `${version} ${name} stopped midway and goes on first, but it is behind --to${to}`,
      hint: `${resumeCommand(incomplete)} without --to, or up to ${version} or later`,
    })
  }
}
