import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { messageCutter, type RawMessage, type Side } from './wire.ts'

/** A whole message of the protocol on its way through the proxy. */
export interface WireMessage extends RawMessage {
  /** 1-based, in the order in which connections were made. */
  readonly connection: number
  /** 1-based, in this connection and this direction; the start-up message is the client's first. */
  readonly number: number
}

/**
 * What becomes of a message. `drop` swallows it; `reset` sends RST to the client, `close` FIN, and the message is lost; `blackhole`: from
 * this message on nothing goes through in either direction, and nobody's connection ends; `cut-server`: the server sees RST, the client
 * nothing at all; `cut-client`: the other way round. With `after-` the message still arrives.
 */
export type Fault =
  | 'pass'
  | 'drop'
  | 'reset'
  | 'close'
  | 'blackhole'
  | 'cut-server'
  | 'cut-client'
  | 'after-reset'
  | 'after-close'
  | 'after-blackhole'
  | { readonly delayMs: number }
  /** In pieces of so many bytes, each with a turn of the event loop of its own. */
  | { readonly fragment: number }
  | { readonly replace: Buffer }

type After = Extract<Fault, `after-${string}`>

function isAfter(fault: Fault): fault is After {
  return typeof fault === 'string' && fault.startsWith('after-')
}

/** Looks at each message in its order; undefined lets it pass. */
export type Judge = (message: WireMessage) => Fault | undefined

export interface FaultProxyOptions {
  /** What becomes of the connections made while it is asked; undefined serves them. */
  readonly onConnection?: (connection: number) => 'reset' | 'close' | 'blackhole' | undefined
  /** Default `test-end`; with `manual` the caller closes it. */
  readonly cleanup?: 'test-end' | 'manual'
}

export interface FaultProxy {
  /** The URL of the same database, by way of the proxy. */
  readonly url: string
  readonly port: number
  /** Every message so far, also those that were lost, without the bytes. */
  readonly log: readonly Omit<WireMessage, 'bytes'>[]
  /** How many connections were ever made. */
  connections(): number
  resetAll(): void
  closeAll(): void
  /** From now on nothing goes through, in the connections that come as well, and none ends. */
  blackhole(): void
  close(): Promise<void>
}

// Long enough for a process of this machine to read what is in its socket.
const READ_MS = 10

interface Link {
  readonly number: number
  readonly client: Socket
  readonly server: Socket
  /** Once it is dead nothing is forwarded, and no end of one side is told to the other. */
  dead: boolean
}

/** A TCP proxy before a server that understands where messages begin and end, and does to each what it is told. */
export async function startFaultProxy(
  databaseUrl: string,
  judge: Judge = () => undefined,
  options: FaultProxyOptions = {},
): Promise<FaultProxy> {
  const target = new URL(databaseUrl)
  const links: Link[] = []
  const log: Omit<WireMessage, 'bytes'>[] = []
  let swallowing = false
  const noted: Judge = (message) => {
    const { bytes: _, ...rest } = message
    log.push(rest)
    return judge(message)
  }
  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const server = connect({
      port: Number(target.port || 5432),
      host: target.hostname,
      allowHalfOpen: true,
      noDelay: true,
    })
    const link: Link = { number: links.length + 1, client, server, dead: swallowing }
    links.push(link)
    serve(link, noted, options.onConnection?.(link.number))
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const close = async () => {
    for (const { client, server } of links) for (const socket of [client, server]) socket.destroy()
    if (listener.listening) await new Promise<void>((resolve) => listener.close(() => resolve()))
  }
  if (options.cleanup !== 'manual') onTestFinished(close)
  return {
    url: urlAt(databaseUrl, port),
    port,
    log,
    connections: () => links.length,
    resetAll: () => links.forEach((link) => void end(link, 'reset')),
    closeAll: () => links.forEach((link) => void end(link, 'close')),
    blackhole() {
      swallowing = true
      for (const link of links) link.dead = true
    },
    close,
  }
}

function serve(link: Link, judge: Judge, greeting: 'reset' | 'close' | 'blackhole' | undefined): void {
  const { client, server } = link
  for (const socket of [client, server]) socket.on('error', () => {})
  const cutter = messageCutter()
  forward(link, 'client', judge, cutter)
  forward(link, 'server', judge, cutter)
  if (greeting !== undefined) end(link, greeting)
}

/** Everything of one direction happens in its order, also what waits. */
function forward(link: Link, from: Side, judge: Judge, cutter: ReturnType<typeof messageCutter>): void {
  const [source, destination] = from === 'client' ? [link.client, link.server] : [link.server, link.client]
  let queue = Promise.resolve()
  let number = 0
  const inTurn = (work: () => Promise<void> | void) => {
    queue = queue.then(() => (link.dead ? undefined : work()))
  }
  source.on('data', (chunk: Buffer) => {
    for (const raw of cutter(from, chunk)) {
      const message = { ...raw, connection: link.number, number: ++number }
      inTurn(() => apply(link, destination, message, judge(message) ?? 'pass'))
    }
  })
  source.on('end', () =>
    inTurn(() => {
      destination.end()
    }),
  )
  // A reset of one side is a reset of the other.
  source.on('close', (failed) =>
    inTurn(() => {
      if (failed) destination.resetAndDestroy()
    }),
  )
}

async function apply(link: Link, destination: Socket, { bytes }: WireMessage, fault: Fault): Promise<void> {
  const send = (piece: Buffer) => {
    if (!link.dead && destination.writable) destination.write(piece)
  }
  if (fault === 'pass') return send(bytes)
  if (fault === 'drop') return
  if (isAfter(fault)) {
    if (destination.writable) await new Promise((resolve) => destination.write(bytes, resolve))
    return endAfter(link, fault)
  }
  if (typeof fault === 'string') return end(link, fault)
  if ('replace' in fault) return send(fault.replace)
  if ('delayMs' in fault) {
    await sleep(fault.delayMs)
    return send(bytes)
  }
  for (let at = 0; at < bytes.length; at += fault.fragment) {
    send(bytes.subarray(at, at + fault.fragment))
    await new Promise(setImmediate)
  }
}

/** What was delivered must be read too: RST would take from the receiver what it has not read yet, so the server sees FIN. */
async function endAfter(link: Link, fault: After): Promise<void> {
  link.dead = true
  if (fault === 'after-blackhole') return
  await sleep(READ_MS)
  link.server.end()
  if (fault === 'after-reset') link.client.resetAndDestroy()
  else link.client.end()
}

/** A client that is cut off is gone for the server too: its side of the connection ends with RST. */
function end(link: Link, how: 'reset' | 'close' | 'blackhole' | 'cut-server' | 'cut-client'): void {
  link.dead = true
  if (how === 'reset' || how === 'cut-client') link.client.resetAndDestroy()
  if (how === 'close') link.client.end()
  if (how !== 'blackhole' && how !== 'cut-client') link.server.resetAndDestroy()
}

function urlAt(databaseUrl: string, port: number): string {
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return url.href
}
