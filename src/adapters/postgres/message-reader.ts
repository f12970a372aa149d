import type { Socket } from 'node:net'
import { closed, DialError, dialError } from './dial.ts'

/** A letter and a length. */
export const HEADER_BYTES = 5
/** Nothing that is said while a session starts is long; an impostor must not fill the memory. */
const LONGEST_MESSAGE = 1_000_000

/** A message of the server: its type, and what comes behind its length (manual, section 54.7). */
export interface Message {
  readonly type: string
  readonly body: Buffer
  readonly whole: Buffer
}

/** Reads a socket message by message until it is handed on. */
export class MessageReader {
  private readonly socket: Socket
  private buffer: Buffer = Buffer.alloc(0)
  private failure: DialError | undefined
  private wake: (() => void) | undefined

  constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', this.onData).on('error', this.onError).on('close', this.onClose)
    socket.resume()
  }

  /** @throws DialError when there will be none */
  async next(): Promise<Message> {
    for (;;) {
      const message = this.take()
      if (message !== undefined) return message
      if (this.failure !== undefined) throw this.failure
      await new Promise<void>((resolve) => {
        this.wake = resolve
      })
    }
  }

  /** Stops reading; what was read and not taken is given back. */
  release(): Buffer {
    this.socket.off('data', this.onData).off('error', this.onError).off('close', this.onClose)
    this.socket.pause()
    return this.buffer
  }

  private readonly onData = (chunk: Buffer) => {
    this.buffer = this.buffer.length === 0 ? chunk : Buffer.concat([this.buffer, chunk])
    this.wake?.()
  }

  private readonly onError = (error: NodeJS.ErrnoException) => this.fail(dialError(error))

  private readonly onClose = () => this.fail(closed())

  private fail(failure: DialError): void {
    this.failure ??= failure
    this.wake?.()
  }

  private take(): Message | undefined {
    if (this.buffer.length < HEADER_BYTES) return undefined
    const length = this.buffer.readInt32BE(1) + 1
    if (length < HEADER_BYTES || length > LONGEST_MESSAGE) throw noPostgres()
    if (this.buffer.length < length) return undefined
    const whole = this.buffer.subarray(0, length)
    this.buffer = this.buffer.subarray(length)
    return { type: String.fromCharCode(whole[0] ?? 0), body: whole.subarray(HEADER_BYTES), whole }
  }
}

export function noPostgres(): DialError {
  return new DialError('CLOSED', 'the server does not speak the protocol of PostgreSQL')
}

/** Texts that end with a zero byte, up to an empty one or the end. */
export function zeroTerminated(body: Buffer): string[] {
  return body
    .toString('utf8')
    .split('\0')
    .filter((text) => text !== '')
}
