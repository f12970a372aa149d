import type { Socket } from 'node:net'
import { clientMessage } from '../../core/client-message.ts'
import type { AuthenticationRules } from './address-security.ts'
import { type Message, type MessageReader, noPostgres, zeroTerminated } from './message-reader.ts'
import { md5Answer, ScramClient, ScramError } from './scram.ts'

/** What is known of the connection by the time the server asks for a password. */
export interface Credentials {
  readonly user: string
  readonly password: string | undefined
  readonly rules: AuthenticationRules
  /** Whether the connection proves with whom it is, or cannot leave this machine. */
  readonly trusted: boolean
  readonly endPoint: Buffer | undefined
}

/** The server asks for what it is not given. */
export class AuthenticationError extends Error {
  readonly hint: string

  constructor(message: string, hint: string) {
    super(message)
    this.hint = hint
  }
}

/** The numbers of authentication messages (manual, section 54.7). */
const OK = 0
const PASSWORD = 3
const MD5 = 5
const SASL = 10
const SASL_CONTINUE = 11
const SASL_FINAL = 12
const OTHERS: Readonly<Record<number, string>> = { 2: 'Kerberos', 6: 'SCM', 7: 'GSSAPI', 9: 'SSPI' }

/**
 * Answers a server's requests for authentication until it is satisfied. A password is sent in clear text or as an MD5 hash, which is as
 * good as the password, only where the connection proves with whom it is or the user asked for that method by name.
 */
export class Authentication {
  private readonly credentials: Credentials
  private readonly socket: Socket
  private readonly reader: MessageReader
  private answered = false

  constructor(socket: Socket, reader: MessageReader, credentials: Credentials) {
    this.socket = socket
    this.reader = reader
    this.credentials = credentials
  }

  /**
   * @returns whether the server is satisfied
   * @throws AuthenticationError
   */
  async handle({ body }: Message): Promise<boolean> {
    if (body.length < 4) throw noPostgres()
    const request = body.readInt32BE(0)
    if (request === OK) {
      if (!this.answered) this.check('none')
      return true
    }
    if (request === PASSWORD) this.send(this.passwordFor('password'))
    else if (request === MD5)
      this.send(md5Answer(this.credentials.user, this.passwordFor('md5'), body.subarray(4, 8)))
    else if (request === SASL) await this.scram(zeroTerminated(body.subarray(4)))
    else throw unsupported(OTHERS[request] ?? 'an unknown method')
    this.answered = true
    return false
  }

  private send(answer: string): void {
    this.socket.write(clientMessage('p', answer, '\0'))
  }

  private passwordFor(method: string): string {
    this.check(method)
    const { password } = this.credentials
    if (password !== undefined) return password
    throw new AuthenticationError(
      'the server asks for a password, and there is none',
      'give it with PGPASSWORD or a password file (~/.pgpass)',
    )
  }

  private check(method: string): void {
    const { rules, trusted } = this.credentials
    const scram = method === 'scram-sha-256'
    if (rules.channelBinding === 'require' && !scram)
      throw new AuthenticationError(
        `the server ${ASKS[method]}, and channel_binding=require needs SCRAM over TLS`,
        'leave channel_binding out if you trust the way to the server',
      )
    if (rules.methods !== undefined && !rules.methods.has(method))
      throw new AuthenticationError(
        `the server ${ASKS[method]}, and require_auth does not allow it`,
        `require_auth=${method} would`,
      )
    if (rules.methods === undefined && !trusted && (method === 'password' || method === 'md5'))
      throw new AuthenticationError(
        `the server ${ASKS[method]}, and nothing proves that it is the right one; nothing was sent`,
        `say sslmode=verify-full, use scram-sha-256 on the server, or allow it with require_auth=${method}`,
      )
  }

  private async scram(mechanisms: readonly string[]): Promise<void> {
    const password = this.passwordFor('scram-sha-256')
    const { endPoint, rules } = this.credentials
    try {
      const client = new ScramClient({
        mechanisms,
        password,
        endPoint,
        channelBinding: rules.channelBinding,
      })
      const first = Buffer.from(client.first())
      const length = Buffer.alloc(4)
      length.writeInt32BE(first.length)
      this.socket.write(clientMessage('p', client.mechanism, '\0', length, first))
      const answer = await client.answer(await this.text(SASL_CONTINUE))
      this.socket.write(clientMessage('p', answer))
      client.verify(await this.text(SASL_FINAL))
    } catch (error) {
      if (!(error instanceof ScramError)) throw error
      throw new AuthenticationError(error.message, 'check that it is the right server, and its password')
    }
  }

  /** The text of the next authentication message, which has to be of one kind. */
  private async text(kind: number): Promise<string> {
    const message = await this.reader.next()
    if (message.type === 'E') throw refusalOf(message, 'authentication')
    if (message.type !== 'R' || message.body.length < 4) throw noPostgres()
    if (message.body.readInt32BE(0) !== kind) throw new ScramError('the server breaks off SCRAM')
    return message.body.toString('utf8', 4)
  }
}

const ASKS: Readonly<Record<string, string>> = {
  none: 'lets anybody in without asking',
  password: 'asks for the password in clear text',
  md5: 'asks for an MD5 hash of the password',
  'scram-sha-256': 'asks for SCRAM',
}

function unsupported(method: string): AuthenticationError {
  return new AuthenticationError(
    `the server asks for ${method}, which is not supported`,
    'use scram-sha-256 or a client certificate on the server',
  )
}

/** A server that ended the start-up with an error. */
export class ServerRefusal extends Error {
  readonly sqlstate: string
  /** Before it asked for anything, or later. */
  readonly stage: 'greeting' | 'authentication' | 'session'

  constructor(message: string, sqlstate: string, stage: ServerRefusal['stage']) {
    super(`${message} (SQLSTATE ${sqlstate})`)
    this.sqlstate = sqlstate
    this.stage = stage
  }
}

/** Fields of an ErrorResponse: a byte that names one, then text up to a zero byte (manual, section 54.8). */
export function refusalOf({ body }: Message, stage: ServerRefusal['stage']): ServerRefusal {
  const fields = new Map(zeroTerminated(body).map((field) => [field.charAt(0), field.slice(1)]))
  return new ServerRefusal(fields.get('M') ?? 'the server refused', fields.get('C') ?? '', stage)
}
