import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { clientMessage, copyFail } from '../../core/client-message.ts'

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
        if (!socket.write(clientMessage('d', chunk))) await once(socket, 'drain', { signal })
        // An error of the server is read between two chunks, and so is a signal of the process.
        await nextTurn()
      }
      if (!signal.aborted) socket.write(clientMessage('c'))
    } catch (error) {
      if (!signal.aborted) socket.write(copyFail(error instanceof Error ? error.message : 'the data ended'))
    }
  }
}
