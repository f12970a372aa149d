import { type Statement, statementFindings } from '../core/classify.ts'
import { textForServer } from '../core/file-checks.ts'
import type { Finding } from '../core/finding.ts'
import type { SqlFile } from '../core/migration.ts'
import { filesToCheck, type Plan } from '../core/plan.ts'
import { splitLexically } from '../core/split.ts'
import type { SqlParser } from '../ports.ts'

/** The statements of files, each parsed once. */
export interface Analysis {
  statementsOf(file: SqlFile): Promise<readonly Statement[]>
}

export function createAnalysis(parser: SqlParser): Analysis {
  const known = new Map<string, Promise<readonly Statement[]>>()
  return {
    statementsOf(file) {
      const found = known.get(file.checksum) ?? analyse(parser, file)
      known.set(file.checksum, found)
      return found
    },
  }
}

async function analyse(parser: SqlParser, file: SqlFile): Promise<readonly Statement[]> {
  if (file.blank) return []
  const text = textForServer(file.text)
  return (await parser.parse(text)) ?? analysePieces(parser, text)
}

/**
 * Where the grammar rejects the whole, each piece is asked for: a COMMIT is found beside newer syntax. What is rejected alone is left to
 * the server, which is the judge of it.
 */
async function analysePieces(parser: SqlParser, text: string): Promise<Statement[]> {
  const statements: Statement[] = []
  for (const span of splitLexically(text)) {
    const parsed = await parser.parse(text.slice(span.start, span.end))
    statements.push({ ...span, trait: parsed?.[0]?.trait ?? { kind: 'plain' } })
  }
  return statements
}

/** Everything that the statements of a plan forbid, found before any of them runs. */
export async function checkStatements(analysis: Analysis, plan: Plan): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { step, file } of filesToCheck(plan)) {
    const about = { version: step.version, name: step.name }
    findings.push(...statementFindings(file, await analysis.statementsOf(file), about))
  }
  return findings
}
