import { type Statement, statementFindings } from '../core/classify.ts'
import { cutAtCopyData } from '../core/copy-data.ts'
import { textForServer } from '../core/file-checks.ts'
import type { Finding } from '../core/finding.ts'
import { lexicalTrait } from '../core/lexical-trait.ts'
import type { SqlFile } from '../core/migration.ts'
import { passwordFindings } from '../core/password-findings.ts'
import { filesToCheck, type Plan } from '../core/plan.ts'
import { type StatementSpan, splitLexically } from '../core/split.ts'
import type { SqlParser } from '../ports.ts'

/** The statements of files, each parsed once. */
export interface Analysis {
  statementsOf(file: SqlFile): Promise<readonly Statement[]>
  /** Who knows what the statements do: the parser all of them, or for some of them nobody but the server. */
  judgeOf(file: SqlFile): Promise<Judge>
}

export type Judge = 'parser' | 'server'

interface Analysed {
  readonly statements: readonly Statement[]
  readonly judge: Judge
}

export function createAnalysis(parser: SqlParser): Analysis {
  const known = new Map<string, Promise<Analysed>>()
  const analysed = (file: SqlFile) => {
    const found = known.get(file.checksum) ?? analyse(parser, file)
    known.set(file.checksum, found)
    return found
  }
  return {
    statementsOf: async (file) => (await analysed(file)).statements,
    judgeOf: async (file) => (await analysed(file)).judge,
  }
}

async function analyse(parser: SqlParser, file: SqlFile): Promise<Analysed> {
  if (file.blank) return { statements: [], judge: 'parser' }
  const statements: Statement[] = []
  let judge: Judge = 'parser'
  for (const { start, end, data } of cutAtCopyData(file.text)) {
    const found = await analyseSql(parser, textForServer(file.text.slice(start, end)))
    if (found.judge === 'server') judge = 'server'
    for (const statement of found.statements)
      statements.push({ ...moved(statement, start), ...(data === undefined ? {} : { data }) })
  }
  return { statements, judge }
}

async function analyseSql(parser: SqlParser, text: string): Promise<Analysed> {
  const statements: Statement[] = []
  let judge: Judge = 'parser'
  for (const { start, end } of partsOf(text)) {
    // What is longer than a part is a statement full of data; what matters here is said in its first words.
    const isData = end - start > LONGEST_PARSED
    const part = text.slice(start, end)
    const found: Analysed = isData
      ? { statements: [unparsed(part)], judge: 'parser' }
      : await analysePart(parser, part)
    if (found.judge === 'server') judge = 'server'
    for (const statement of found.statements) statements.push(moved(statement, start))
  }
  return { statements, judge }
}

// The parser keeps the whole tree of a text in memory, about a hundred times its size, and dies at a gigabyte.
const LONGEST_PARSED = 1_000_000

/** One statement that the grammar has not seen. */
function unparsed(text: string): Statement {
  return { start: 0, end: text.length, trait: lexicalTrait(text) }
}

function moved(statement: Statement, by: number): Statement {
  return { ...statement, start: statement.start + by, end: statement.end + by }
}

/** The text as it is, or in parts of whole statements when it is long. */
function partsOf(text: string): StatementSpan[] {
  if (text.length <= LONGEST_PARSED) return [{ start: 0, end: text.length }]
  const parts: StatementSpan[] = []
  for (const span of splitLexically(text)) {
    const last = parts.at(-1)
    if (last !== undefined && span.end - last.start <= LONGEST_PARSED)
      parts[parts.length - 1] = { start: last.start, end: span.end }
    else parts.push(span)
  }
  return parts
}

async function analysePart(parser: SqlParser, text: string): Promise<Analysed> {
  const statements = await parser.parse(text)
  return statements === undefined ? analysePieces(parser, text) : { statements, judge: 'parser' }
}

/**
 * Where the grammar rejects the whole, each piece is asked for: a COMMIT is found beside newer syntax. What is rejected alone, or cannot be
 * asked for any more, is judged by its first words; beyond them the server is the judge of it.
 */
async function analysePieces(parser: SqlParser, text: string): Promise<Analysed> {
  const statements: Statement[] = []
  let judge: Judge = 'parser'
  for (const span of splitLexically(text)) {
    const piece = text.slice(span.start, span.end)
    const parsed = await parser.parse(piece)
    if (parsed === undefined) judge = 'server'
    const found = parsed ?? [unparsed(piece)]
    statements.push(...found.map((statement) => moved(statement, span.start)))
  }
  return { statements, judge }
}

/** Everything that the statements of a plan forbid, found before any of them runs. */
export async function checkStatements(analysis: Analysis, plan: Plan): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const { step, file } of filesToCheck(plan)) {
    const about = { version: step.version, name: step.name }
    findings.push(...statementFindings(file, await analysis.statementsOf(file), about))
  }
  return [...findings, ...writtenPasswords(plan)]
}

/** What the history would keep, or keeps, of the passwords in the files of a plan. */
export function writtenPasswords(plan: Plan): Finding[] {
  return filesToCheck(plan).flatMap(({ step: { version, name }, file }) =>
    passwordFindings(file, { version, name }),
  )
}
