import { isSqlmigError, SqlmigError } from '../../core/errors.ts'
import { StatementError } from '../../ports.ts'
import type { PostgresAddress } from './address.ts'
import { AuthenticationError, ServerRefusal } from './authentication.ts'
import { DialError, noAnswer } from './dial.ts'
import { UnreachableError, WrongRoleError } from './reach.ts'
import { SINCE_14 } from './session-settings.ts'

/** The one error of a connection that could not be made. What is wrong with the configuration stays what it is. */
export function connectionFailed(description: string, address: PostgresAddress, error: unknown): SqlmigError {
  if (isSqlmigError(error) && error.code !== 'SESSION_LOST') return error
  const first = error instanceof UnreachableError ? error.first : error
  const database = description
  const reason = reasonOf(error)
  if (reason.includes('42704') && reason.includes(SINCE_14))
    return new SqlmigError('SERVER_TOO_OLD', { database, server: 'the server' }, { cause: error })
  // PgBouncer's words for every start-up parameter that it does not hand on.
  if (/unsupported startup parameter/i.test(reason))
    return new SqlmigError('POOLER_DETECTED', { database, reason }, { cause: error })
  const hint = hintFor(first, address)
  const unanswered = SILENCE.has(failureCode(first, reasonOf(first), address) ?? '')
  return new SqlmigError(
    'CONNECTION_FAILED',
    { database, reason, ...(hint === undefined ? {} : { hint }), ...(unanswered ? { unanswered } : {}) },
    { cause: error },
  )
}

/**
 * Failures in which no PostgreSQL said anything, not even no. A port that nobody listens on and a connection that somebody on the way
 * ends are among them: a server that is too busy or shuts down says so in its own words.
 */
const SILENCE = new Set([
  ...['TIMEOUT', 'ETIMEDOUT', 'EHOSTUNREACH', 'EHOSTDOWN', 'ENETUNREACH', 'ENETDOWN'],
  ...['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ENOENT', 'CLOSED'],
])

function reasonOf(error: unknown): string {
  if (isSqlmigError(error, 'SESSION_LOST')) return error.facts.reason
  if (error instanceof StatementError) return `${error.failure.message} (SQLSTATE ${error.failure.sqlstate})`
  return error instanceof Error ? error.message : 'unknown reason'
}

/** A connection can be lost before the start-up as well as while the server is dialled, for the same reasons. */
function failureCode(error: unknown, reason: string, address: PostgresAddress): string | undefined {
  if (error instanceof DialError) return error.code
  if (reason === noAnswer(address.connectTimeoutMs)) return 'TIMEOUT'
  return isSqlmigError(error, 'SESSION_LOST') && !reason.includes('SQLSTATE') ? 'CLOSED' : undefined
}

function hintFor(error: unknown, address: PostgresAddress): string | undefined {
  if (error instanceof AuthenticationError)
    return address.findings.find(({ code }) => code === 'PASSFILE_IGNORED')?.message ?? error.hint
  if (error instanceof WrongRoleError)
    return 'name all hosts of the cluster, such as postgres://h1,h2/name: the primary is looked for'
  const reason = reasonOf(error)
  return hintForCode(failureCode(error, reason, address), address) ?? hintForState(error, reason, address)
}

function hintForCode(code: string | undefined, { hosts }: PostgresAddress): string | undefined {
  const at = hosts.map((host) => host.socketPath ?? `${host.host}, port ${host.port}`).join(' or ')
  if (code === 'ECONNREFUSED' || code === 'ENOENT')
    return `is a server running on ${at}? pglite:./path needs none`
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `check the host name ${hosts.map(({ host }) => `"${host}"`).join(', ')}`
  if (code === 'TIMEOUT' || code === 'ETIMEDOUT')
    return 'check host, port and firewall; connect_timeout in the URL allows more seconds'
  if (code === 'CLOSED' || code === 'ECONNRESET')
    return `is it a PostgreSQL server that listens on ${at}, and not a proxy that cannot reach one?`
  if (code === 'TLS_REFUSED') return 'sslmode=disable connects without encryption'
  if (code === 'CERTIFICATE')
    return 'name the authority that issued it with sslrootcert=FILE; verify-full also needs the host name that it was issued for'
  return code === 'TLS_FAILED' ? 'check ssl_min_protocol_version, sslcert and the server' : undefined
}

function hintForState(error: unknown, reason: string, address: PostgresAddress): string | undefined {
  const state =
    error instanceof ServerRefusal ? error.sqlstate : (/\(SQLSTATE (\w+)\)$/.exec(reason)?.[1] ?? '')
  const passfile = address.hosts.find((host) => host.passfile !== undefined)?.passfile
  if (state === '28P01' && passfile !== undefined)
    return `check user and password; the password came from ${passfile}`
  if (state === '28P01' || state === '28000')
    return 'check user and password; PGPASSWORD keeps it out of the URL'
  if (state === '3D000') return 'create the database first, or check its name in the URL'
  return undefined
}
