const HEADER_BYTES = 5

/**
 * The input for one message of the simple query protocol. PGlite reads the next message from the same input while COPY … FROM stdin waits
 * for data, and ends the engine when there is none (0.5): CopyFail stands there for it. Outside of COPY the server ignores it.
 */
export function queryInput(text: string): Uint8Array {
  const query = protocolMessage('Q', `${text}\0`)
  return /\bstd(?:in|out)\b/i.test(text) ? Buffer.concat([query, NO_DATA]) : query
}

/** The input for a COPY … FROM stdin and its data. The engine lives in this process and takes all of it at once. */
export function copyInput(statement: string, data: Iterable<string>): Uint8Array {
  const messages = [protocolMessage('Q', `${statement}\0`)]
  try {
    for (const chunk of data) messages.push(protocolMessage('d', chunk))
    messages.push(protocolMessage('c', ''))
  } catch (error) {
    messages.push(copyFail(error instanceof Error ? error.message : 'the data ended'))
  }
  return Buffer.concat([...messages, NO_DATA])
}

function copyFail(reason: string): Buffer {
  return protocolMessage('f', `${reason}\0`)
}

const NO_DATA = copyFail('the file holds no data for this statement')

/** A byte of type, a length that counts its own four bytes, the text (manual, section 54.7). */
function protocolMessage(type: 'Q' | 'd' | 'c' | 'f', text: string): Buffer {
  const length = Buffer.byteLength(text, 'utf8')
  const message = Buffer.allocUnsafe(HEADER_BYTES + length)
  message.write(type, 0, 'latin1')
  message.writeInt32BE(length + 4, 1)
  message.write(text, HEADER_BYTES, 'utf8')
  return message
}
