import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** What becomes of one chunk of bytes. */
export type Verdict = 'pass' | 'drop'

export interface Link {
  /** Sends TCP RST to the client; the server sees the end of the connection as well. */
  reset(): void
  /** Ends the client's connection politely, with FIN. */
  finish(): void
}

interface ProxyRules {
  /** Looks at what the client sends. */
  readonly toServer?: (bytes: Buffer, link: Link) => Verdict
  /** Looks at what the server sends. */
  readonly toClient?: (bytes: Buffer, link: Link) => Verdict
  /** Cuts what the server says into pieces of so many bytes. */
  readonly chunkSize?: number
}

export interface Proxy {
  /** The URL of the same database, by way of the proxy. */
  readonly url: string
  /** How many connections were ever made. */
  connections(): number
  resetAll(): void
  finishAll(): void
  /** From now on nothing goes through, and no connection ends. */
  blackhole(): void
}

/** A TCP proxy before the test server that loses what it is told to lose; gone at the end of the test. */
export async function startProxy(databaseUrl: string, rules: ProxyRules = {}): Promise<Proxy> {
  const target = new URL(databaseUrl)
  const links = new Set<Link>()
  const sockets = new Set<Socket>()
  let count = 0
  let swallowing = false
  const server = createServer((client) => {
    count++
    const upstream = connect(Number(target.port || 5432), target.hostname)
    const link: Link = {
      reset() {
        client.resetAndDestroy()
        upstream.destroy()
      },
      finish() {
        client.end()
        upstream.destroy()
      },
    }
    links.add(link)
    pipe(client, upstream, (bytes) => (swallowing ? 'drop' : (rules.toServer?.(bytes, link) ?? 'pass')))
    pipe(
      upstream,
      client,
      (bytes) => (swallowing ? 'drop' : (rules.toClient?.(bytes, link) ?? 'pass')),
      rules.chunkSize,
    )
    for (const socket of [client, upstream]) sockets.add(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return {
    url: urlWithPort(databaseUrl, (server.address() as AddressInfo).port),
    connections: () => count,
    resetAll: () => links.forEach((link) => void link.reset()),
    finishAll: () => links.forEach((link) => void link.finish()),
    blackhole() {
      swallowing = true
    },
  }
}

function pipe(from: Socket, to: Socket, judge: (bytes: Buffer) => Verdict, chunkSize?: number): void {
  for (const socket of [from, to]) socket.setNoDelay(true)
  let queue = Promise.resolve()
  const send = (bytes: Buffer) => {
    if (to.writable) to.write(bytes)
  }
  from.on('data', (bytes: Buffer) => {
    if (judge(bytes) === 'drop') return
    if (chunkSize === undefined) return send(bytes)
    for (let at = 0; at < bytes.length; at += chunkSize) {
      const piece = bytes.subarray(at, at + chunkSize)
      queue = queue.then(async () => {
        send(piece)
        await new Promise(setImmediate)
      })
    }
  })
  from.on('end', () => to.end())
  from.on('error', () => to.destroy())
}

function urlWithPort(databaseUrl: string, port: number): string {
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return url.href
}

/** A server that treats every connection as told; its port. */
export async function startServer(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
