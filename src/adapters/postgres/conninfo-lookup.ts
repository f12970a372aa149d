import type { SqlmigError } from '../../core/errors.ts'
import { ConninfoError, type Keywords, parseConninfo } from './conninfo.ts'
import {
  fromEnvironment,
  isKeyword,
  keywordProblem,
  variableOf,
  variableProblem,
} from './conninfo-keywords.ts'
import { readService, ServiceError } from './service-file.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** Makes the error of a problem; `source` is given where it is not the connection string's. */
export type Invalid = (problem: string, source?: string) => SqlmigError

/** What is said of a keyword; undefined where libpq's default holds. */
export type Lookup = (keyword: string) => string | undefined

/**
 * Brings together the connection string, its service and the environment, each of which comes before the next.
 * @throws SqlmigError `CONFIG_INVALID`, which names keywords, variables and files and never a value
 */
export function lookUp(text: string, home: string, environment: Environment, invalid: Invalid): Lookup {
  const said = read(text, invalid)
  const fallback = fromEnvironment(environment)
  const service = serviceOf(said, fallback, home, environment, invalid)
  for (const [keyword, value] of said) {
    const problem = keywordProblem(keyword, value)
    if (problem !== undefined) throw invalid(`${keyword} ${problem}`)
  }
  for (const [keyword, value] of service) {
    const problem = said.has(keyword) ? undefined : keywordProblem(keyword, value)
    if (problem !== undefined) throw invalid(`${keyword} ${problem}`, 'the service file')
  }
  for (const [keyword, value] of fallback) {
    const overridden = said.has(keyword) || service.has(keyword)
    const problem = overridden ? undefined : keywordProblem(keyword, value)
    if (problem !== undefined) throw invalid(`it ${problem}`, variableOf(keyword))
  }
  const other = variableProblem(environment)
  if (other !== undefined) throw invalid(`it ${other.problem}`, other.variable)
  const all = new Map([...fallback, ...service, ...said])
  return (keyword) => all.get(keyword) || undefined
}

function read(text: string, invalid: Invalid): Keywords {
  let said: Keywords
  try {
    said = parseConninfo(text)
  } catch (error) {
    if (error instanceof ConninfoError) throw invalid(error.message)
    throw error
  }
  for (const keyword of said.keys())
    if (!isKeyword(keyword))
      throw invalid(
        // What is no word at all may be a piece of a password.
        /^[A-Za-z_]{1,40}$/.test(keyword)
          ? `the database URL has the unknown key "${keyword}"`
          : 'the database URL has a key that is unknown',
      )
  return said
}

function serviceOf(
  said: Keywords,
  fallback: Keywords,
  home: string,
  environment: Environment,
  invalid: Invalid,
): Keywords {
  const of = (keyword: string) => (said.get(keyword) ?? fallback.get(keyword)) || undefined
  const name = of('service')
  if (name === undefined) return new Map()
  try {
    return readService(name, {
      file: of('servicefile'),
      home,
      systemFolder: environment['PGSYSCONFDIR'] || undefined,
    })
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error
    throw invalid(error.message, said.has('service') ? undefined : 'PGSERVICE')
  }
}
