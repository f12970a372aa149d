import { createHash } from 'node:crypto'

/** `v1:` + lower-case hex SHA-256 of the normalised text. The prefix names the algorithm, so that old checksums stay valid. */
export type Checksum = string

export type DecodedText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: 'utf8' | 'nul'; readonly byteOffset: number }

/**
 * Turns the bytes of a migration file into the one text that is hashed, shown and sent:
 * UTF-8, no leading byte order mark, CRLF as LF. Everything else is kept as it is.
 */
export function decodeSql(bytes: Uint8Array): DecodedText {
  const nul = bytes.indexOf(0)
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    // The server's protocol ends a query at a NUL byte, so such a file could never be sent whole.
    if (nul >= 0) return { ok: false, problem: 'nul', byteOffset: nul }
    return { ok: true, text: text.includes('\r\n') ? text.replaceAll('\r\n', '\n') : text }
  } catch {
    const invalid = firstInvalidUtf8(bytes)
    const nulFirst = nul >= 0 && nul < invalid
    return { ok: false, problem: nulFirst ? 'nul' : 'utf8', byteOffset: nulFirst ? nul : invalid }
  }
}

export function checksumOf(text: string): Checksum {
  return `v1:${createHash('sha256').update(text, 'utf8').digest('hex')}`
}

/** The longest prefix that decodes in streaming mode ends where the invalid sequence begins; bisection keeps it simple. */
function firstInvalidUtf8(bytes: Uint8Array): number {
  const decodes = (length: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true })
      return true
    } catch {
      return false
    }
  }
  let valid = 0
  let invalid = bytes.length + 1
  while (invalid - valid > 1) {
    const middle = Math.floor((valid + invalid) / 2)
    if (middle <= bytes.length && decodes(middle)) valid = middle
    else invalid = middle
  }
  return sequenceStart(bytes, valid)
}

/** Steps back over a sequence that was begun but never finished, so that the offset names its first byte. */
function sequenceStart(bytes: Uint8Array, offset: number): number {
  for (let back = 1; back <= 3 && back <= offset; back++) {
    const byte = bytes[offset - back] ?? 0
    if (byte >= 0xc0) {
      const expected = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
      return expected > back ? offset - back : offset
    }
    if (byte < 0x80) return offset
  }
  return offset
}
