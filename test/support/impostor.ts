import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { onTestFinished } from 'vitest'

/** An address of this machine that is not its loopback: to a client a server on it is as remote as any. */
export function remoteAddress(): string | undefined {
  return Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}

export interface Impostor {
  readonly port: number
  /** Everything that clients sent, as text. */
  heard(): string
  connections(): number
}

/** What a server says to the client's next message; undefined: nothing more. */
type Script = ReadonlyArray<Buffer | 'end'>

/** A server that declines TLS and plays a script, one piece for each message of the client. */
export async function startImpostor(script: Script, host = '127.0.0.1'): Promise<Impostor> {
  let heard = ''
  let count = 0
  const port = await listen(host, (socket) => {
    count++
    let step = 0
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1')
      if (isSslRequest(bytes)) return socket.write('N')
      const said = script[step++]
      if (said === 'end') return socket.end()
      return said === undefined ? undefined : socket.write(said)
    })
  })
  return { port, heard: () => heard, connections: () => count }
}

/** Passes everything on to another server. It listens on a host, and its port is returned, or on the path of a socket. */
export async function startRelay(target: { host: string; port: number }, place: string): Promise<number> {
  return listen(place, (socket) => {
    const upstream = connect(target.port, target.host)
    upstream.on('error', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
    socket.pipe(upstream).pipe(socket)
  })
}

async function listen(place: string, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    onConnection(socket)
  })
  if (place.startsWith('/')) server.listen(place)
  else server.listen(0, place)
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return place.startsWith('/') ? 0 : (server.address() as AddressInfo).port
}

function isSslRequest(bytes: Buffer): boolean {
  return bytes.length === 8 && bytes.readInt32BE(4) === 80_877_103
}

/** A message of a server. */
export function serverMessage(type: string, ...parts: ReadonlyArray<string | Buffer | number>): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part)
      return typeof part === 'number' ? int32(part) : part
    }),
  )
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

export const AUTHENTICATION = {
  ok: serverMessage('R', 0),
  password: serverMessage('R', 3),
  md5: serverMessage('R', 5, 'salt'),
  gssapi: serverMessage('R', 7),
  scram: serverMessage('R', 10, 'SCRAM-SHA-256\0\0'),
}

export const READY = serverMessage('Z', 'I')

export function errorMessage(sqlstate: string, message: string): Buffer {
  return serverMessage('E', `SFATAL\0VFATAL\0C${sqlstate}\0M${message}\0\0`)
}
