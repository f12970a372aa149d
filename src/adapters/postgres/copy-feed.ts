import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

const HEADER_BYTES = 5

/** Sends the data of one COPY … FROM stdin (protocol manual, section 55.2.6), never more of it than the socket takes. */
export class CopyFeed {
  private readonly chunks: Iterable<string>
  private readonly over = new AbortController()
  private begun = false

  /** @param chunks text in UTF-8's order; what they throw becomes the reason of a CopyFail */
  constructor(chunks: Iterable<string>) {
    this.chunks = chunks
  }

  /** Whether the server ever asked for the data. */
  get wanted(): boolean {
    return this.begun
  }

  /** The server asks for data (CopyInResponse); false where they have been given already. */
  begin(socket: Duplex): boolean {
    if (this.begun) return false
    this.begun = true
    void this.feed(socket)
    return true
  }

  /** The server has answered, or nobody listens any more. It drops what it is sent after an error until it gets a query. */
  stop(): void {
    this.over.abort()
  }

  private async feed(socket: Duplex): Promise<void> {
    const { signal } = this.over
    try {
      for (const chunk of this.chunks) {
        if (signal.aborted) return
        if (!socket.write(copyMessage('d', chunk))) await once(socket, 'drain', { signal })
        // An error of the server is read between two chunks, and so is a signal of the process.
        await nextTurn()
      }
      if (!signal.aborted) socket.write(copyMessage('c', ''))
    } catch (error) {
      if (!signal.aborted) socket.write(copyFail(error instanceof Error ? error.message : 'the data ended'))
    }
  }
}

/** A server in COPY IN mode waits for data for ever; CopyFail makes an ordinary error of it. */
export function copyFail(reason: string): Buffer {
  return copyMessage('f', `${reason}\0`)
}

/** One byte of type, four bytes of length that count themselves, the text. */
function copyMessage(type: 'c' | 'd' | 'f', text: string): Buffer {
  const length = Buffer.byteLength(text, 'utf8')
  const message = Buffer.allocUnsafe(HEADER_BYTES + length)
  message.write(type, 0, 'latin1')
  message.writeInt32BE(length + 4, 1)
  message.write(text, HEADER_BYTES, 'utf8')
  return message
}
