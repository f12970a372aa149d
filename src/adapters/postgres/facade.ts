import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import { copyFail } from '../../core/client-message.ts'
import type { TransactionStatus } from '../../ports.ts'
import type { CopyFeed } from './copy-feed.ts'

/** What the server said between two ReadyForQuery messages. */
export interface WireAnswer {
  readonly tags: string[]
  status: TransactionStatus
}

interface Waiting {
  readonly answer: WireAnswer
  /** The data that the message needs. */
  readonly copy: CopyFeed | undefined
  readonly resolve: (answer: WireAnswer) => void
  readonly reject: (reason: Error) => void
}

const HEADER_BYTES = 5
// A peer that never closes its side must not hold us.
const CLOSE_LIMIT_MS = 1000
const STATUS: Readonly<Record<string, TransactionStatus>> = { I: 'idle', T: 'open', E: 'failed' }

/**
 * The socket that the driver sees. The driver (3.4) replaces a dead connection without a word, goes on with a lost transaction in
 * autocommit and can end the process with a TypeError; no option turns that off. So this face connects once and never emits `close`:
 * a loss rejects what is under way and everything after it. It also reads what the driver throws away: every command tag, the
 * transaction status, the server's last words (FATAL), and COPY data that nobody asked for.
 */
export class SocketFacade extends EventEmitter {
  private readonly socket: Duplex
  private readonly waiting: Waiting[] = []
  private pending: Buffer[] = []
  private pendingBytes = 0
  private neededBytes = HEADER_BYTES
  private lost: Error | undefined
  private started = false
  private ended = false
  private fatal: string | undefined
  private readonly onLost: (reason: string) => Error
  private greeting: Buffer | undefined

  /**
   * @param onLost makes the error that every present and future query is rejected with
   * @param greeting what the server said to the start-up message; the driver's own is answered with it and not sent
   */
  constructor(socket: Duplex, onLost: (reason: string) => Error, greeting?: Buffer) {
    super()
    this.socket = socket
    this.onLost = onLost
    this.greeting = greeting
    // An `error` event without a listener would end the process.
    this.on('error', () => {})
    socket.on('data', (chunk: Buffer) => this.receive(chunk))
    socket.on('drain', () => this.emit('drain'))
    socket.on('error', (error: NodeJS.ErrnoException) => this.lose(error.code ?? error.message))
    socket.on('close', () =>
      this.ended ? this.emit('close', false) : this.lose('the connection was closed'),
    )
    // It was paused after the TLS question, so that nothing could be lost before somebody listens.
    socket.resume()
  }

  /** The error of a lost session. */
  get loss(): Error | undefined {
    return this.lost
  }

  /**
   * Registers a message that is about to be sent; resolves at its ReadyForQuery.
   * @param copy the data of a COPY … FROM stdin; no other message may be sent before the answer
   */
  expectAnswer(copy?: CopyFeed): Promise<WireAnswer> {
    if (this.lost !== undefined) return Promise.reject(this.lost)
    return new Promise((resolve, reject) => {
      this.waiting.push({ answer: { tags: [], status: 'idle' }, copy, resolve, reject })
    })
  }

  /** Ends everything: the socket, and every query under way. */
  lose(reason: string): void {
    if (this.lost === undefined) {
      this.rejectAll(reason)
      this.socket.destroy()
    }
    this.emit('error', this.lost)
  }

  private rejectAll(reason: string): void {
    const lost = this.onLost(this.fatal ?? reason)
    this.lost = lost
    for (const { copy, reject } of this.waiting.splice(0)) {
      copy?.stop()
      reject(lost)
    }
  }

  // What follows is the part of net.Socket that the driver uses.

  get readyState(): string {
    if (this.lost === undefined) return 'open'
    return this.ended && !this.socket.destroyed ? 'readOnly' : 'closed'
  }

  write(data: Uint8Array, done?: () => void): boolean {
    const { greeting } = this
    if (greeting !== undefined && this.lost === undefined) {
      this.greeting = undefined
      setImmediate(() => {
        done?.()
        if (this.lost === undefined) this.receive(greeting)
      })
      return true
    }
    if (this.lost === undefined) return this.socket.write(data, done)
    setImmediate(() => this.emit('error', this.lost))
    return true
  }

  /** The driver says goodbye. The server closes its side when it has released the session's locks, and only then `close` is emitted. */
  end(data?: Uint8Array): this {
    if (this.lost === undefined) {
      this.ended = true
      this.rejectAll('the session was ended')
      this.socket.end(data)
      setTimeout(() => this.socket.destroy(), CLOSE_LIMIT_MS).unref()
    }
    return this
  }

  destroy(): this {
    this.lose('the connection was cut')
    return this
  }

  pause(): this {
    this.socket.pause()
    return this
  }

  resume(): this {
    this.socket.resume()
    return this
  }

  setKeepAlive(): this {
    return this
  }

  override removeAllListeners(event?: string | symbol): this {
    super.removeAllListeners(event)
    this.on('error', () => {})
    return this
  }

  /** Cuts the stream into messages: one byte of type, four bytes of length that count themselves (manual, section 54.1). */
  private receive(chunk: Buffer): void {
    this.pending.push(chunk)
    this.pendingBytes += chunk.length
    if (this.pendingBytes < this.neededBytes) return
    const buffer = this.pending.length === 1 ? chunk : Buffer.concat(this.pending)
    const forDriver: Buffer[] = []
    let at = 0
    this.neededBytes = HEADER_BYTES
    while (buffer.length - at >= HEADER_BYTES) {
      const length = buffer.readInt32BE(at + 1) + 1
      if (length < HEADER_BYTES) {
        this.lose('the server does not speak the protocol of PostgreSQL')
        return
      }
      if (buffer.length - at < length) {
        this.neededBytes = length
        break
      }
      const message = buffer.subarray(at, at + length)
      if (this.read(message)) forDriver.push(message)
      at += length
    }
    const rest = buffer.subarray(at)
    this.pending = rest.length === 0 ? [] : [rest]
    this.pendingBytes = rest.length
    if (forDriver.length > 0)
      this.emit('data', forDriver.length === 1 ? forDriver[0] : Buffer.concat(forDriver))
    this.settle()
  }

  private readonly finished: Waiting[] = []

  /** Takes note of a message; false keeps it from the driver. */
  private read(message: Buffer): boolean {
    switch (String.fromCharCode(message[0] ?? 0)) {
      case 'C':
        this.waiting[0]?.answer.tags.push(message.toString('latin1', HEADER_BYTES, message.length - 1))
        return true
      case 'E':
        this.waiting[0]?.copy?.stop()
        this.noteFatal(message)
        return true
      case 'Z':
        this.finish(String.fromCharCode(message[HEADER_BYTES] ?? 0))
        return true
      case 'G':
        this.answerCopy(message)
        return false
      case 'H':
      case 'c':
      case 'd':
        // COPY TO STDOUT: the driver would hide a later error behind the stream.
        return false
      default:
        return true
    }
  }

  private finish(status: string): void {
    // The first ReadyForQuery ends the start-up and answers no message.
    if (!this.started) {
      this.started = true
      return
    }
    const done = this.waiting.shift()
    if (done === undefined) return
    done.copy?.stop()
    done.answer.status = STATUS[status] ?? 'failed'
    this.finished.push(done)
  }

  /** After the driver has seen the same bytes, so that its rows or its error are there as well. */
  private settle(): void {
    for (const { answer, resolve } of this.finished.splice(0)) resolve(answer)
  }

  private noteFatal(message: Buffer): void {
    const severity = field(message, 'V') ?? field(message, 'S') ?? ''
    if (/^(?:FATAL|PANIC)$/.test(severity))
      this.fatal = `${field(message, 'M')} (SQLSTATE ${field(message, 'C')})`
  }

  /** The server waits for COPY data. The first byte of its message says whether they are to be binary (CopyInResponse). */
  private answerCopy(message: Buffer): void {
    const copy = this.waiting[0]?.copy
    if (message[HEADER_BYTES] !== 0)
      this.socket.write(copyFail('data in binary format cannot stand in a file'))
    else if (copy?.begin(this.socket) !== true)
      this.socket.write(copyFail('the file holds no data for this statement'))
  }
}

/** A field of an ErrorResponse: a byte that names it, then text up to a zero byte (manual, section 54.8). */
function field(message: Buffer, code: string): string | undefined {
  let at = HEADER_BYTES
  while (at < message.length && message[at] !== 0) {
    const end = message.indexOf(0, at + 1)
    if (end < 0) return undefined
    if (message[at] === code.charCodeAt(0)) return message.toString('utf8', at + 1, end)
    at = end + 1
  }
  return undefined
}
