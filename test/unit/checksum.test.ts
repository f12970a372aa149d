import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checksumOf, decodeSql } from '../../src/core/checksum.ts'
import { bytes } from './values.ts'

const BOM = [0xef, 0xbb, 0xbf]
const text = (value: string) => ({ ok: true, text: value })
const bad = (problem: 'utf8' | 'nul', byteOffset: number) => ({ ok: false, problem, byteOffset })

/** The well-formed sequences but NUL (Unicode 16, table 3-7), one character for each byte. */
const WELL_FORMED = new RegExp(
  [
    '[\x01-\x7f]',
    '[\xc2-\xdf][\x80-\xbf]',
    '\xe0[\xa0-\xbf][\x80-\xbf]',
    '[\xe1-\xec\xee\xef][\x80-\xbf]{2}',
    '\xed[\x80-\x9f][\x80-\xbf]',
    '\xf0[\x90-\xbf][\x80-\xbf]{2}',
    '[\xf1-\xf3][\x80-\xbf]{3}',
    '\xf4[\x80-\x8f][\x80-\xbf]{2}',
  ].join('|'),
  'y',
)

function firstProblem(data: Uint8Array) {
  const text = Buffer.from(data).toString('latin1')
  let at = 0
  for (;;) {
    WELL_FORMED.lastIndex = at
    if (!WELL_FORMED.test(text)) break
    at = WELL_FORMED.lastIndex
  }
  return at === data.length ? undefined : bad(data[at] === 0 ? 'nul' : 'utf8', at)
}

describe('decoding', () => {
  it.each([
    ['plain text', bytes('select 1;\n'), 'select 1;\n'],
    ['nothing', new Uint8Array(), ''],
    ['CRLF as LF', bytes('a\r\nb\r\n'), 'a\nb\n'],
    ['a leading byte order mark as nothing', new Uint8Array([...BOM, ...bytes('a')]), 'a'],
    ['a byte order mark and CRLF together', new Uint8Array([...BOM, ...bytes('a\r\nb')]), 'a\nb'],
    ['a byte order mark alone', new Uint8Array(BOM), ''],
    ['a second byte order mark as it is', new Uint8Array([...BOM, ...BOM]), '\ufeff'],
    ['a bare CR as it is', bytes('a\rb\r\r\nc'), 'a\rb\r\nc'],
    ['characters beyond the BMP as they are', bytes('é😀\u{10ffff}'), 'é😀\u{10ffff}'],
    ['a replacement character that is in the file', bytes('a\ufffdb'), 'a\ufffdb'],
  ])('reads %s', (_what, data, expected) => {
    expect(decodeSql(data)).toEqual(text(expected))
  })

  it.each([
    ['a lone continuation byte', [0x61, 0x80], 1],
    ['an overlong slash', [0x61, 0xc0, 0xaf], 1],
    ['an overlong NUL', [0xc0, 0x80], 0],
    ['an overlong sequence of three', [0x61, 0xe0, 0x80, 0xaf], 1],
    ['an overlong sequence of four', [0xf0, 0x80, 0x80, 0xaf], 0],
    ['a surrogate', [0x61, 0x62, 0xed, 0xa0, 0x80], 2],
    ['a pair of surrogates (CESU-8)', [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80], 0],
    ['a sequence cut off at the end', [0x61, 0xe2, 0x82], 1],
    ['a sequence cut off by a letter', [0xf0, 0x9f, 0x98, 0x61], 0],
    ['a code point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80], 0],
    ['a byte that UTF-8 never uses', [0x61, 0xff], 1],
    ['Latin-1 after multibyte text', [...bytes('é😀'), 0xe9, 0x20], 6],
    ['a bad byte after genuine replacement characters', [...bytes('\ufffdé\ufffd'), 0xfe], 8],
    ['a bad byte after a byte order mark', [...BOM, 0x61, 0xfe], 4],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00], 0],
  ])('names the byte of %s', (_what, data, offset) => {
    expect(decodeSql(new Uint8Array(data))).toEqual(bad('utf8', offset))
  })

  it('names the byte of a NUL, counted from the start of the file', () => {
    expect(decodeSql(new Uint8Array([...BOM, ...bytes('é'), 0, 0]))).toEqual(bad('nul', 5))
  })

  it('reports whichever of NUL and invalid UTF-8 comes first', () => {
    expect(decodeSql(new Uint8Array([0x61, 0, 0xff]))).toEqual(bad('nul', 1))
    expect(decodeSql(new Uint8Array([0x61, 0xff, 0]))).toEqual(bad('utf8', 1))
  })

  it('accepts exactly what is well-formed, and names the first byte that is not', () => {
    const tricky = fc.constantFrom(
      ...[[0x61], [0], [0x80], [0xc2], [0xe0], [0xed], [0xf0], [0xf4], [0xbf], [0xa0], [0xff]],
      ...['é', '€', '😀', '\ufffd', '\r\n'].map((one) => [...bytes(one)]),
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(tricky, fc.array(fc.nat(255), { maxLength: 3 }))), (pieces) => {
        const data = new Uint8Array([0x2d, ...pieces.flat()])
        const decoded = decodeSql(data)
        expect(decoded.ok ? undefined : decoded).toEqual(firstProblem(data))
      }),
      { numRuns: 500 },
    )
  })

  it('gives back any text that holds no CR and no NUL', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const wanted = value.replace(/[\r\0]/g, '').replace(/^\ufeff+/, '')
        expect(decodeSql(bytes(wanted))).toEqual(text(wanted))
      }),
    )
  })
})

describe('the checksum', () => {
  it.each([
    ['', 'v1:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'v1:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['é', 'v1:4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c'],
  ])('of %j is its SHA-256', (value, expected) => {
    expect(checksumOf(value)).toBe(expected)
  })

  it('is the SHA-256 of the bytes of a file that needs no normalising', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const data = bytes(value)
        expect(checksumOf(value)).toBe(`v1:${createHash('sha256').update(data).digest('hex')}`)
      }),
    )
  })

  it('is the same for every way to end lines and with or without a byte order mark', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), fc.boolean(), (lines, mark) => {
        const clean = lines.map((line) => line.replace(/[\r\n\0]/g, ''))
        const read = (data: string) => decodeSql(bytes(data))
        const prefix = mark ? '\ufeff' : ''
        expect(read(`${prefix}-- ${clean.join('\r\n')}`)).toEqual(read(`-- ${clean.join('\n')}`))
      }),
    )
  })
})
