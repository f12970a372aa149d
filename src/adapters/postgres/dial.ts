import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { PostgresAddress } from './address.ts'

const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])
const SSL_ACCEPTED = 'S'.charCodeAt(0)
const SSL_DECLINED = 'N'.charCodeAt(0)
const KEEPALIVE_DELAY_MS = 10_000

/** A failed attempt to reach a server; `code` is the system's, such as ECONNREFUSED. */
export class DialError extends Error {
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export function noAnswer({ connectTimeoutMs }: PostgresAddress): string {
  return `no answer within ${connectTimeoutMs} ms`
}

/**
 * Opens a socket, with TLS when the address asks for it, within the address's time limit. Nagle's algorithm is off: it would hold back
 * small messages for an acknowledgement.
 * @throws DialError
 */
export async function dial(address: PostgresAddress, signal: AbortSignal | undefined): Promise<Socket> {
  const socket =
    address.socketPath === undefined ? connectTcp(address.port, address.host) : connectTcp(address.socketPath)
  const abort = () => socket.destroy(new DialError('ABORTED', 'interrupted'))
  const timer = setTimeout(() => {
    socket.destroy(new DialError('TIMEOUT', noAnswer(address)))
  }, address.connectTimeoutMs)
  signal?.addEventListener('abort', abort, { once: true })
  try {
    await once(socket, 'connect')
    if (address.socketPath === undefined) socket.setNoDelay(true).setKeepAlive(true, KEEPALIVE_DELAY_MS)
    return address.socketPath === undefined ? await secure(socket, address) : socket
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

/** libpq's meaning of sslmode (manual, section 32.19): only verify-ca and verify-full look at the certificate. */
async function secure(socket: Socket, address: PostgresAddress): Promise<Socket> {
  if (address.sslmode === 'disable') return socket
  socket.write(SSL_REQUEST)
  const answer = await firstChunk(socket)
  // More than one byte would have been injected before the handshake (CVE-2021-23222).
  if (answer.length !== 1 || answer[0] !== SSL_ACCEPTED) {
    if (answer.length === 1 && answer[0] === SSL_DECLINED && address.sslmode === 'prefer') return socket
    if (answer[0] !== SSL_DECLINED)
      throw new DialError('CLOSED', 'the server does not speak the protocol of PostgreSQL')
    throw new DialError('TLS_REFUSED', `the server does not offer TLS, and sslmode is ${address.sslmode}`)
  }
  const verify = address.sslmode === 'verify-ca' || address.sslmode === 'verify-full'
  const secured = connectTls({
    socket,
    rejectUnauthorized: verify,
    ...(isIP(address.host) === 0 ? { servername: address.host } : {}),
    ...(address.sslmode === 'verify-ca' ? { checkServerIdentity: () => undefined } : {}),
  })
  await once(secured, 'secureConnect')
  return secured
}

function once(socket: Socket | TLSSocket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (settle: () => void) => {
      socket.removeListener(event, onEvent)
      socket.removeListener('error', onError)
      socket.removeListener('close', onClose)
      settle()
    }
    const onEvent = () => done(resolve)
    const onError = (error: NodeJS.ErrnoException) => done(() => reject(dialError(error)))
    const onClose = () => done(() => reject(new DialError('CLOSED', 'the server closed the connection')))
    socket.once(event, onEvent).once('error', onError).once('close', onClose)
  })
}

function dialError(error: NodeJS.ErrnoException): DialError {
  return error instanceof DialError ? error : new DialError(error.code ?? 'ERROR', describe(error))
}

/** A host name with several addresses fails with an AggregateError whose own message is empty. */
function describe(error: Error): string {
  if (error instanceof AggregateError) return error.errors.map((inner) => (inner as Error).message).join('; ')
  return error.message
}

function firstChunk(socket: Socket): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      socket.pause()
      done(() => resolve(chunk))
    }
    const onError = (error: NodeJS.ErrnoException) => done(() => reject(dialError(error)))
    const onClose = () => done(() => reject(new DialError('CLOSED', 'the server closed the connection')))
    const done = (settle: () => void) => {
      socket.removeListener('data', onData)
      socket.removeListener('error', onError)
      socket.removeListener('close', onClose)
      settle()
    }
    socket.on('data', onData).once('error', onError).once('close', onClose)
  })
}
