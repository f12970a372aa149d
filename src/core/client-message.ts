/**
 * A message of the client: a byte of type, which the start-up message has not, a length that counts its own four bytes, and what it says
 * (manual, section 54.7).
 */
export function clientMessage(type: string, ...parts: ReadonlyArray<string | Buffer>): Buffer {
  const sizes = parts.map((part) => (typeof part === 'string' ? Buffer.byteLength(part) : part.length))
  const length = sizes.reduce((sum, size) => sum + size, 4)
  const message = Buffer.allocUnsafe(type.length + length)
  let at = message.writeInt32BE(length, message.write(type, 'latin1'))
  for (const part of parts) at += typeof part === 'string' ? message.write(part, at) : part.copy(message, at)
  return message
}

/** What ends a COPY … FROM stdin instead of its data: a server waits for them for ever, and makes an ordinary error of this. */
export function copyFail(reason: string): Buffer {
  return clientMessage('f', reason, '\0')
}
