import { clientMessage, copyFail } from '../../core/client-message.ts'

/**
 * The input for one message of the simple query protocol. PGlite reads the next message from the same input while COPY … FROM stdin waits
 * for data, and ends the engine when there is none (0.5): CopyFail stands there for it. Outside of COPY the server ignores it.
 */
export function queryInput(text: string): Uint8Array {
  const query = clientMessage('Q', text, '\0')
  return /\bstd(?:in|out)\b/i.test(text) ? Buffer.concat([query, NO_DATA]) : query
}

/** The input for a COPY … FROM stdin and its data. The engine lives in this process and takes all of it at once. */
export function copyInput(statement: string, data: Iterable<string>): Uint8Array {
  const messages = [clientMessage('Q', statement, '\0')]
  try {
    for (const chunk of data) messages.push(clientMessage('d', chunk))
    messages.push(clientMessage('c'))
  } catch (error) {
    messages.push(copyFail(error instanceof Error ? error.message : 'the data ended'))
  }
  return Buffer.concat([...messages, NO_DATA])
}

const NO_DATA = copyFail('the file holds no data for this statement')
