import type { Socket } from 'node:net'
import { clientMessage } from '../../core/client-message.ts'
import { Authentication, type Credentials, refusalOf } from './authentication.ts'
import { HEADER_BYTES, type Message, MessageReader, noPostgres } from './message-reader.ts'

const PROTOCOL_3_0 = Buffer.from([0, 3, 0, 0])

export interface StartUp {
  readonly credentials: Credentials
  readonly database: string
  /** Settings of the session, sent with the first message. */
  readonly parameters: Readonly<Record<string, string>>
}

/** What a server says in its greeting; a pooler may say that of another server (manual, section 54.2.1). */
export interface Greeting {
  /** The process of the session, by BackendKeyData. */
  readonly pid: number | undefined
  /** By ParameterStatus, such as `17.2`. */
  readonly version: string | undefined
}

const VERSION = 'server_version\0'

/** What a server is at this moment. */
export interface ServerRole {
  readonly standby: boolean
  readonly readOnly: boolean
}

/**
 * A session from its first message to its first ReadyForQuery (manual, section 54.2.1). This is not left to the driver, which would get
 * to know the password and send it to whoever asks.
 */
export class SessionStart {
  private readonly socket: Socket
  private readonly reader: MessageReader
  private readonly said: Buffer[] = []

  constructor(socket: Socket) {
    this.socket = socket
    this.reader = new MessageReader(socket)
  }

  /** @throws DialError, AuthenticationError, ServerRefusal */
  async run({ credentials, database, parameters }: StartUp): Promise<void> {
    const pairs = { user: credentials.user, database, ...parameters }
    const text = Object.entries(pairs).map(([name, value]) => `${name}\0${value}\0`)
    this.socket.write(clientMessage('', PROTOCOL_3_0, ...text, '\0'))
    await this.authenticate(credentials)
    for (;;) {
      const message = await this.reader.next()
      if (message.type === 'E') throw refusalOf(message, 'session')
      if (!'SKNZ'.includes(message.type)) throw noPostgres()
      this.said.push(message.whole)
      if (message.type === 'Z') return
    }
  }

  private async authenticate(credentials: Credentials): Promise<void> {
    const authentication = new Authentication(this.socket, this.reader, credentials)
    for (let asked = false; ; ) {
      const message = await this.reader.next()
      if (message.type === 'E') throw refusalOf(message, asked ? 'authentication' : 'greeting')
      if (message.type === 'R') {
        asked = true
        if (await authentication.handle(message)) {
          this.said.push(message.whole)
          return
        }
      } else if (message.type === 'N') this.said.push(message.whole)
      // NegotiateProtocolVersion: an older server would say so only to a newer client.
      else if (message.type !== 'v') throw noPostgres()
    }
  }

  /**
   * Asks what the server is, and not what it once reported: a standby reports default_transaction_read_only=off.
   * @throws DialError, ServerRefusal
   */
  async role(): Promise<ServerRole> {
    // Neither looks up a name by the search path.
    this.socket.write(
      clientMessage('Q', 'show transaction_read_only; select pg_catalog.pg_is_in_recovery()\0'),
    )
    const values: string[] = []
    for (;;) {
      const message = await this.reader.next()
      if (message.type === 'E') throw refusalOf(message, 'session')
      if (message.type === 'D') values.push(firstColumn(message))
      // What changes or is said meanwhile is for the driver too.
      if ('SN'.includes(message.type)) this.said.push(message.whole)
      if (message.type === 'Z') break
    }
    return { readOnly: values[0] === 'on', standby: values[1] === 't' }
  }

  /** What the server said of itself. */
  get greeting(): Greeting {
    const version = this.bodies('S').findLast((body) => body.toString('utf8', 0, VERSION.length) === VERSION)
    return {
      pid: this.bodies('K').at(-1)?.readInt32BE(0),
      version: version?.toString('utf8', VERSION.length, version.length - 1),
    }
  }

  private bodies(type: string): Buffer[] {
    return this.said
      .filter((message) => message[0] === type.charCodeAt(0))
      .map((message) => message.subarray(HEADER_BYTES))
  }

  /** Gives up the socket; what is returned is to be told to whoever takes it, as if the server said it now. */
  finish(): Buffer {
    // The driver takes the first ReadyForQuery for the end of the start-up.
    const ready = this.said.findIndex((message) => message[0] === 'Z'.charCodeAt(0))
    const [last] = ready < 0 ? [] : this.said.splice(ready, 1)
    return Buffer.concat([...this.said, ...(last === undefined ? [] : [last]), this.reader.release()])
  }
}

/** DataRow: the number of columns, then a length and a value each. */
function firstColumn({ body }: Message): string {
  return body.length < 6 ? '' : body.toString('utf8', 6, 6 + body.readInt32BE(2))
}
