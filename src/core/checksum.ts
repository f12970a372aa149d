import { createHash } from 'node:crypto'
import { chunksOf } from './sql-text.ts'

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
  const hash = createHash('sha256')
  for (const chunk of chunksOf(text)) hash.update(chunk, 'utf8')
  return `v1:${hash.digest('hex')}`
}

/** Where lenient decoding first put a replacement character that is not in the file itself. */
function firstInvalidUtf8(bytes: Uint8Array): number {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  let offset = 0
  let from = 0
  for (let at = text.indexOf(REPLACEMENT); at >= 0; at = text.indexOf(REPLACEMENT, from)) {
    offset += Buffer.byteLength(text.slice(from, at), 'utf8')
    if (!REPLACEMENT_BYTES.every((byte, i) => bytes[offset + i] === byte)) return offset
    offset += REPLACEMENT_BYTES.length
    from = at + 1
  }
  return offset
}

const REPLACEMENT = '\ufffd'
const REPLACEMENT_BYTES = [0xef, 0xbf, 0xbd]
