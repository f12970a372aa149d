import { isSqlmigError, SqlmigError, StatementError } from './errors.ts'
import type { CommandName, ErrorReport, Report } from './run.ts'

/** Whatever was thrown, as an error with a code; what nobody expected is `INTERNAL`. */
export function asSqlmigError(error: unknown): SqlmigError {
  if (isSqlmigError(error)) return error
  if (error instanceof StatementError)
    return new SqlmigError('STATEMENT_FAILED', { failure: error.failure }, { cause: error })
  const reason = error instanceof Error ? error.message : String(error)
  return new SqlmigError('INTERNAL', { reason }, { cause: error })
}

/** @param consequence what the failure leaves behind, in one sentence */
export function toErrorReport(error: SqlmigError, consequence?: string): ErrorReport {
  const failure = isSqlmigError(error, 'STATEMENT_FAILED') ? error.facts.failure : undefined
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
    ...(failure === undefined ? {} : { sqlstate: failure.sqlstate, failure }),
    ...(error.location === undefined ? {} : { location: error.location }),
    ...(error.excerpt === undefined ? {} : { excerpt: error.excerpt }),
    ...(consequence === undefined ? {} : { consequence }),
  }
}

/** The report of a command that was stopped before it began, by its arguments or its configuration. */
export function stoppedReport(command: CommandName | null, error: SqlmigError, dryRun = false): Report {
  return {
    command,
    ok: false,
    exitCode: error.exitCode,
    dryRun,
    target: null,
    migrations: [],
    steps: [],
    findings: [],
    error: toErrorReport(error),
  }
}
