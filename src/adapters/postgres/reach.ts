import { randomInt } from 'node:crypto'
import { isIPv4, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { Finding } from '../../core/finding.ts'
import { describeHost, type PostgresAddress } from './address.ts'
import type { HostAddress } from './address-hosts.ts'
import { AuthenticationError, ServerRefusal } from './authentication.ts'
import { DialError, dial, Limit } from './dial.ts'
import { endPointHash } from './scram.ts'
import { type Greeting, type ServerRole, SessionStart } from './start-up.ts'
import { secure, type TlsContext } from './tls.ts'

/** A session that has begun, and what the server said of it. */
export interface Reached {
  readonly socket: Socket
  /** All that the server said, for the driver. */
  readonly said: Buffer
  readonly greeting: Greeting
  readonly host: HostAddress
  readonly findings: readonly Finding[]
}

export interface ReachOptions {
  readonly address: PostgresAddress
  /** The files that TLS needs; they are read when it is tried. */
  readonly tls: () => Promise<TlsContext>
  readonly parameters: Readonly<Record<string, string>>
  /** Who only reads is content with a standby where no primary is to be had. */
  readonly access: 'read' | 'write'
  readonly signal: AbortSignal | undefined
}

/** None of the hosts could be used; `first` is what was wrong with the first of them. */
export class UnreachableError extends Error {
  readonly first: unknown

  constructor(message: string, first: unknown) {
    super(message)
    this.first = first
  }
}

/** A server that answers and is not what is wanted. */
export class WrongRoleError extends Error {}

type Wanted = 'any' | 'read-write' | 'read-only' | 'primary' | 'standby'

const CANNOT_CONNECT_NOW = '57P03'
const NOT_AUTHORIZED = '28000'

/**
 * Opens a session on the first host that answers and is what is wanted. Which server is the primary is asked of the server itself. As in
 * libpq a host that refuses the user ends the search; one that cannot be reached, or is just starting, does not.
 * @throws DialError, AuthenticationError, ServerRefusal, WrongRoleError of the only host; UnreachableError for several
 */
export async function reach(options: ReachOptions): Promise<Reached> {
  const { hosts, hostOrder } = options.address
  const search: Search = { failures: new Map(), options }
  for (const wanted of wishes(options)) {
    const found = await firstOf(hostOrder === 'random' ? shuffled(hosts) : hosts, wanted, search)
    if (found !== undefined) return found
  }
  const [first, ...others] = search.failures.values()
  if (first !== undefined && others.length === 0) throw first
  const told = [...search.failures].map(([host, error]) => `${describeHost(host)}: ${error.message}`)
  throw new UnreachableError(told.join('; '), first)
}

interface Search {
  /** What was wrong with the hosts tried so far. */
  readonly failures: Map<HostAddress, Error>
  readonly options: ReachOptions
}

async function firstOf(hosts: readonly HostAddress[], wanted: Wanted, { failures, options }: Search) {
  for (const host of hosts) {
    const before = failures.get(host)
    if (before !== undefined && !(before instanceof WrongRoleError)) continue
    try {
      return await reachHost(host, wanted, options)
    } catch (error) {
      if (!(error instanceof Error) || endsSearch(error)) throw error
      failures.set(host, error)
    }
  }
  return undefined
}

function endsSearch(error: Error): boolean {
  if (error instanceof AuthenticationError) return true
  if (error instanceof ServerRefusal) return error.sqlstate !== CANNOT_CONNECT_NOW
  if (error instanceof DialError) return error.code === 'ABORTED'
  return !(error instanceof WrongRoleError)
}

/** What is looked for, and what will do when there is none. */
function wishes({ address, access }: ReachOptions): readonly Wanted[] {
  if (address.attributes === 'prefer-standby') return ['standby', 'any']
  if (address.attributes !== undefined) return [address.attributes]
  if (address.hosts.length === 1) return ['any']
  // A primary on which nothing can be written is no better than a standby to who writes.
  return access === 'read' ? ['primary', 'any'] : ['read-write']
}

function shuffled(hosts: readonly HostAddress[]): HostAddress[] {
  const rest = [...hosts]
  return hosts.flatMap(() => rest.splice(randomInt(rest.length), 1))
}

async function reachHost(host: HostAddress, wanted: Wanted, options: ReachOptions): Promise<Reached> {
  const limit = new Limit(options.address.connectTimeoutMs, options.signal)
  try {
    let failed: Error | undefined
    for (const way of waysTo(host, options.address)) {
      try {
        return await attempt(host, way, wanted, options, limit)
      } catch (error) {
        if (!(error instanceof Error) || !anotherWay(error)) throw error
        failed = failed === undefined ? error : bothWays(failed, error)
      }
    }
    throw failed
  } finally {
    limit.clear()
  }
}

type Way = 'plain' | 'tls' | 'tls-or-plain'

/** The meaning of sslmode (manual, section 32.19): a Unix-domain socket needs no encryption. */
function waysTo({ socketPath }: HostAddress, { tls }: PostgresAddress): readonly Way[] {
  if (socketPath !== undefined || tls.mode === 'disable') return ['plain']
  if (tls.mode === 'allow') return ['plain', 'tls']
  return tls.mode === 'prefer' ? ['tls-or-plain', 'plain'] : ['tls']
}

/** Whether the other way can help: the server cannot do TLS, or its pg_hba.conf asks for the other. A wrong certificate is the end. */
function anotherWay(error: Error): boolean {
  if (error instanceof DialError) return error.code === 'TLS_FAILED' || error.code === 'TLS_REFUSED'
  return error instanceof ServerRefusal && error.stage === 'greeting' && error.sqlstate === NOT_AUTHORIZED
}

function bothWays(first: Error, second: Error): Error {
  if (first.message === second.message) return first
  if (first instanceof ServerRefusal) return first
  return second instanceof ServerRefusal ? second : first
}

async function attempt(
  host: HostAddress,
  way: Way,
  wanted: Wanted,
  { address, tls, parameters }: ReachOptions,
  limit: Limit,
): Promise<Reached> {
  const context = way === 'plain' ? undefined : await tls()
  const plain = await dial(host, address, limit)
  let socket = plain
  try {
    const secured =
      context === undefined ? 'declined' : await secure(plain, host, address.tls, context, limit)
    if (secured !== 'declined') socket = secured
    else if (way === 'tls')
      throw new DialError('TLS_REFUSED', `the server does not offer TLS, and sslmode is ${address.tls.mode}`)
    const encrypted = secured === 'declined' ? undefined : secured
    const local = host.socketPath !== undefined || isLoopback(plain.remoteAddress)
    const proven = encrypted !== undefined && context?.checksChain === true
    const start = new SessionStart(socket)
    await start.run({
      credentials: {
        user: address.user,
        password: host.password,
        rules: address.authentication,
        trusted: local || proven,
        endPoint: encrypted === undefined ? undefined : endPointOf(encrypted),
      },
      database: address.database,
      parameters,
    })
    if (wanted !== 'any') checkRole(await start.role(), wanted)
    const silent = local || proven || address.tls.modeFrom === 'said'
    const findings = silent ? [] : [unproven(host, encrypted)]
    const { greeting } = start
    return { socket, said: start.finish(), greeting, host, findings: [...address.findings, ...findings] }
  } catch (error) {
    socket.destroy()
    plain.destroy()
    throw error
  }
}

function endPointOf(socket: TLSSocket): Buffer | undefined {
  const certificate = socket.getPeerX509Certificate()
  return certificate === undefined ? undefined : endPointHash(certificate.raw)
}

function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false
  const bare = address.replace(/^::ffff:/, '')
  return address === '::1' || (isIPv4(bare) && bare.startsWith('127.'))
}

function unproven(host: HostAddress, encrypted: TLSSocket | undefined): Finding {
  const state = encrypted === undefined ? 'is not encrypted' : 'is encrypted'
  return {
    code: 'CONNECTION_UNVERIFIED',
    severity: 'warning',
    message: `the connection to ${describeHost(host)} ${state}, and nothing proves that the server is the right one`,
    hint: 'say sslmode=verify-full, with sslrootcert=FILE for an authority of your own, or name the sslmode that you accept',
    facts: { host: describeHost(host), encrypted: encrypted !== undefined },
  }
}

function checkRole({ standby, readOnly }: ServerRole, wanted: Wanted): void {
  const problem = {
    any: undefined,
    primary: standby ? 'it is a standby' : undefined,
    standby: standby ? undefined : 'it is a primary, and a standby is wanted',
    'read-write': standby ? 'it is a standby' : readOnly ? 'it is read-only' : undefined,
    'read-only': standby || readOnly ? undefined : 'it is not read-only',
  }[wanted]
  if (problem !== undefined) throw new WrongRoleError(problem)
}
