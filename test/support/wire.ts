/** Who sent a message. */
export type Side = 'client' | 'server'

/** A message as the manual describes it (section 54.7). */
export interface RawMessage {
  readonly from: Side
  /** The letter of the message; of the client's first ones, which have none, `startup`, `ssl`, `cancel`; of the answer to `ssl`, `ssl`. */
  readonly type: string
  /** Of a Query the SQL, of CommandComplete the tag, of ReadyForQuery the status; of an error the SQLSTATE; else empty. */
  readonly text: string
  readonly bytes: Buffer
}

const SSL_REQUEST = 80877103
const GSS_REQUEST = 80877104
const CANCEL_REQUEST = 80877102
const HEADER = 5
// Length and code.
const FIRST_HEADER = 8

interface Stream {
  chunks: Buffer[]
  length: number
  needed: number
}

/**
 * Cuts what both sides of one connection say into whole messages; what is encrypted after a TLS handshake comes as it is, chunk by
 * chunk, with the type `opaque`.
 */
export function messageCutter(): (from: Side, chunk: Buffer) => RawMessage[] {
  const streams: Record<Side, Stream> = { client: emptyStream(), server: emptyStream() }
  let phase: 'startup' | 'ssl-asked' | 'talking' | 'opaque' = 'startup'

  /** The first message of the buffer, or how many bytes it takes to have one. */
  function next(from: Side, buffer: Buffer): RawMessage | number {
    if (phase === 'opaque') return { from, type: 'opaque', text: '', bytes: buffer }
    if (phase === 'ssl-asked' && from === 'server') return answerToSsl(buffer.subarray(0, 1))
    return phase === 'startup' && from === 'client' ? firstMessage(buffer) : lettered(from, buffer)
  }

  function answerToSsl(bytes: Buffer): RawMessage {
    const text = bytes.toString('latin1')
    phase = text === 'S' ? 'opaque' : 'startup'
    return { from: 'server', type: 'ssl', text, bytes }
  }

  function firstMessage(buffer: Buffer): RawMessage | number {
    const length = buffer.length < FIRST_HEADER ? FIRST_HEADER : buffer.readInt32BE(0)
    if (buffer.length < length) return length
    const type = firstType(buffer.readInt32BE(4))
    phase = type === 'ssl' ? 'ssl-asked' : 'talking'
    return { from: 'client', type, text: '', bytes: buffer.subarray(0, length) }
  }

  return (from, chunk) => {
    const stream = streams[from]
    stream.chunks.push(chunk)
    stream.length += chunk.length
    if (stream.length < stream.needed) return []
    let rest = stream.chunks.length === 1 ? chunk : Buffer.concat(stream.chunks)
    const messages: RawMessage[] = []
    stream.needed = 0
    while (rest.length > 0) {
      const found = next(from, rest)
      if (typeof found === 'number') {
        stream.needed = found
        break
      }
      messages.push(found)
      rest = rest.subarray(found.bytes.length)
    }
    stream.chunks = rest.length === 0 ? [] : [rest]
    stream.length = rest.length
    return messages
  }
}

function lettered(from: Side, buffer: Buffer): RawMessage | number {
  const length = buffer.length < HEADER ? HEADER : buffer.readInt32BE(1) + 1
  if (buffer.length < length) return length
  const bytes = buffer.subarray(0, length)
  const type = String.fromCharCode(bytes[0] ?? 0)
  return { from, type, text: textOf(from, type, bytes), bytes }
}

function emptyStream(): Stream {
  return { chunks: [], length: 0, needed: 0 }
}

function firstType(code: number): string {
  if (code === SSL_REQUEST || code === GSS_REQUEST) return 'ssl'
  return code === CANCEL_REQUEST ? 'cancel' : 'startup'
}

function textOf(from: Side, type: string, bytes: Buffer): string {
  const body = bytes.subarray(HEADER)
  if (from === 'client') return type === 'Q' ? body.toString('utf8', 0, body.length - 1) : ''
  if (type === 'C') return body.toString('utf8', 0, body.length - 1)
  if (type === 'Z') return body.toString('latin1', 0, 1)
  return type === 'E' ? (/(?:^|\0)C([0-9A-Z]{5})\0/.exec(body.toString('latin1'))?.[1] ?? '') : ''
}

/** The bytes of a message of one letter. */
export function wireMessage(type: string, body: Buffer): Buffer {
  const header = Buffer.alloc(HEADER)
  header.write(type, 'latin1')
  header.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}
