import { connect as connectTcp, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { PostgresAddress } from './address.ts'
import type { HostAddress } from './address-hosts.ts'

/** A failed attempt to reach a server; `code` is the system's, such as ECONNREFUSED, or a word of ours. */
export class DialError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** The end of an attempt: its time is up, or the run was interrupted. The socket in hand is cut by then. */
export class Limit {
  private socket: Socket | undefined
  private error: DialError | undefined
  private readonly release: () => void

  constructor(milliseconds: number, signal: AbortSignal | undefined) {
    const timer = setTimeout(() => this.end(new DialError('TIMEOUT', noAnswer(milliseconds))), milliseconds)
    const abort = () => this.end(new DialError('ABORTED', 'interrupted'))
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted === true) abort()
    this.release = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  /** From now on this is the socket that is cut. */
  guard<S extends Socket>(socket: S): S {
    this.socket = socket
    if (this.error !== undefined) socket.destroy(this.error)
    return socket
  }

  /** The attempt is over, for better or worse. */
  clear(): void {
    this.release()
  }

  private end(error: DialError): void {
    this.error = error
    this.socket?.destroy(error)
  }
}

export function noAnswer(milliseconds: number): string {
  return `no answer within ${milliseconds} ms`
}

/**
 * Opens a socket. Nagle's algorithm is off: it would hold back small messages for an acknowledgement.
 * @throws DialError
 */
export async function dial(
  host: HostAddress,
  { keepAlive, connectTimeoutMs }: Pick<PostgresAddress, 'keepAlive' | 'connectTimeoutMs'>,
  limit: Limit,
): Promise<Socket> {
  const { socketPath, port, target } = host
  // Of a name with several addresses each gets its turn; Node's own limit for one is a quarter of a second.
  const autoSelectFamilyAttemptTimeout = Math.max(connectTimeoutMs / 4, 250)
  const socket = limit.guard(
    connectTcp(
      socketPath === undefined
        ? { host: target, port, autoSelectFamilyAttemptTimeout }
        : { path: socketPath },
    ),
  )
  await once(socket, 'connect')
  if (socketPath === undefined) socket.setNoDelay(true).setKeepAlive(keepAlive.enabled, keepAlive.delayMs)
  return socket
}

/** @throws DialError when the socket fails or closes first */
export function once(socket: Socket | TLSSocket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      socket.removeListener(event, onEvent)
      socket.removeListener('error', onError)
      socket.removeListener('close', onClose)
      settle()
    }
    const onEvent = () => done(resolve)
    const onError = (error: NodeJS.ErrnoException) => done(() => reject(dialError(error)))
    const onClose = () => done(() => reject(closed()))
    socket.once(event, onEvent).once('error', onError).once('close', onClose)
  })
}

export function closed(): DialError {
  return new DialError('CLOSED', 'the server closed the connection')
}

export function dialError(error: NodeJS.ErrnoException): DialError {
  return error instanceof DialError ? error : new DialError(error.code ?? 'ERROR', describe(error))
}

/** A host name with several addresses fails with an AggregateError whose own message is empty. */
function describe(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((inner) => (inner as Error).message).join('; ')
  return error.message
}
