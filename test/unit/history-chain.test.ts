import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  findChainBreak,
  genesisHash,
  type HistoryEntry,
  type HistoryRow,
  hashEntry,
} from '../../src/core/history.ts'
import { chain, entry, GENESIS } from './history-values.ts'

const text = fc.string({ unit: fc.constantFrom('a', '1', ':', '-', '\n', 'é', '😀', "'") })
const entries: fc.Arbitrary<HistoryEntry> = fc.record({
  event: fc.constantFrom('applied', 'reverted', 'started', 'statement', 'done', 'failed'),
  version: text,
  name: text,
  attempt: text,
  statementNo: fc.nat(20),
  statements: fc.nat(20),
  transactional: fc.boolean(),
  upChecksum: fc.option(text),
  downChecksum: fc.option(text),
  upSqlHash: fc.option(text),
  downSqlHash: fc.option(text),
  actor: text,
  client: fc.option(text),
  toolVersion: text,
  reason: fc.option(text),
})

const sha = (value: string) => createHash('sha256').update(value).digest('hex')

describe('the hash of a row', () => {
  it('is SHA-256 of the length and the bytes of every field, in the documented order', () => {
    const row = entry({ event: 'applied', version: '001', name: 'é', reason: '' })
    const fields = ['sqlmig-history-1', GENESIS, 'applied', '001', 'é', row.attempt, '0', '0', 'true']
    const encoded = fields.map((field) => `${Buffer.byteLength(field)}:${field}\n`).join('')
    const rest = ['-', '-', '-', '-', '5:owner', '-', '5:1.0.0', '0:', ''].join('\n')
    expect(hashEntry(row, GENESIS)).toBe(`v1:${sha(encoded + rest)}`)
  })

  it('is the same for the same facts, and depends on nothing else', () => {
    const [row] = chain({ event: 'applied', version: '1' })
    if (row === undefined) throw new Error('no row')
    const later = { ...row, id: '99', startedAt: 'x', finishedAt: 'y', durationMs: 7 }
    expect(hashEntry(later, GENESIS)).toBe(row.hash)
  })

  it('differs whenever any fact differs', () => {
    fc.assert(
      fc.property(entries, entries, text, text, (a, b, before, other) => {
        const same = JSON.stringify([a, before]) === JSON.stringify([b, other])
        expect(hashEntry(a, before) === hashEntry(b, other)).toBe(same)
      }),
    )
  })

  it('differs when text moves over the border of two fields', () => {
    const hash = (facts: Partial<HistoryEntry>) =>
      hashEntry(entry({ event: 'applied', version: '1', ...facts }), GENESIS)
    const forgeries = [
      { version: '1', name: '2m' },
      { version: '12', name: 'm' },
      { version: '1', name: '' },
      { version: '', name: '1' },
      { client: null },
      { client: '' },
      { client: '-' },
      { client: 'null' },
      { client: 'a', reason: null },
      { client: null, reason: 'a' },
      { name: 'a\n1:b' },
      { name: 'a', attempt: 'b' },
      { statementNo: 1, statements: 11 },
      { statementNo: 11, statements: 1 },
    ]
    expect(new Set(forgeries.map(hash)).size).toBe(forgeries.length)
  })
})

describe('the chain', () => {
  const sound = chain(
    { event: 'applied', version: '1', upChecksum: `v1:${sha('up')}`, upSqlHash: sha('up') },
    { event: 'applied', version: '2', downChecksum: `v1:${sha('down')}`, downSqlHash: sha('down') },
    { event: 'reverted', version: '2', reason: 'why' },
    { event: 'started', version: '3', statements: 2, transactional: false },
  )
  const replaced = (index: number, change: Partial<HistoryRow>) =>
    sound.map((row, at) => (at === index ? { ...row, ...change } : row))

  it('of what was written is sound, and so is each beginning of it', () => {
    for (let length = 0; length <= sound.length; length++)
      expect(findChainBreak(sound.slice(0, length))).toBeUndefined()
  })

  const edits: ReadonlyArray<Partial<HistoryRow>> = [
    { event: 'reverted' },
    { version: '02' },
    { name: 'n' },
    { attempt: '00000000-0000-4000-8000-000000000001' },
    { statementNo: 1 },
    { statements: 1 },
    { transactional: false },
    { upChecksum: 'v1:' },
    { downChecksum: null },
    { upSqlHash: '' },
    { downSqlHash: null },
    { actor: 'Owner' },
    { client: '' },
    { toolVersion: '1.0.1' },
    { reason: '' },
  ]

  it('is edited in every field that there is', () => {
    const fields = Object.keys(entry({ event: 'applied', version: '1' })).toSorted()
    expect(edits.flatMap(Object.keys).toSorted()).toEqual(fields)
  })

  it.each(edits)('is broken at a row with %j', (change) => {
    expect(findChainBreak(replaced(1, change))).toMatchObject({ row: { id: '2' }, problem: 'hash' })
  })

  it.each([0, 1, 2, 3])('is broken where row %i has another hash', (index) => {
    const found = findChainBreak(replaced(index, { hash: `v1:${sha('x')}` }))
    expect(found).toMatchObject({ row: { id: String(index + 1) }, problem: 'hash' })
  })

  it('is broken behind a row that was edited and sealed anew', () => {
    const facts = { ...sound[1], name: 'forged' } as HistoryRow
    const forged = replaced(1, { name: 'forged', hash: hashEntry(facts, facts.prevHash) })
    expect(findChainBreak(forged)).toMatchObject({ row: { id: '3' }, problem: 'link' })
  })

  it.each([
    ['a row of its middle is gone', sound.toSpliced(1, 1), '3'],
    ['its first row is gone', sound.slice(1), '2'],
    ['two rows are swapped', [0, 2, 1, 3].flatMap((at) => sound[at] ?? []), '3'],
    ['a row comes twice', sound.toSpliced(1, 0, ...sound.slice(0, 1)), '1'],
    [
      'a row of another chain comes in',
      sound.toSpliced(2, 0, ...chain({ event: 'applied', version: '9' })),
      '1',
    ],
    ['its first link is no beginning', replaced(0, { prevHash: `v1:${sha('x')}` }), '1'],
    ['its beginning is of another database', replaced(0, { prevHash: genesisHash('f'.repeat(32)) }), '1'],
  ])('is broken when %s', (_what, rows, id) => {
    expect(findChainBreak(rows)?.row.id).toBe(id)
  })

  it('cannot know that its end is missing: the head hash says that', () => {
    expect(findChainBreak(sound.slice(0, -1))).toBeUndefined()
    expect(sound.at(-2)?.hash).not.toBe(sound.at(-1)?.hash)
  })

  it.each([
    ['up', { upChecksum: `v1:${sha('up')}`, upSqlHash: sha('other') }],
    ['down', { downChecksum: `v1:${sha('down')}`, downSqlHash: sha('other') }],
  ])('is broken when the %s that it keeps is not that of the checksum', (_side, facts) => {
    const rows = chain({ event: 'applied', version: '1' }, { event: 'applied', version: '2', ...facts })
    expect(findChainBreak(rows)).toMatchObject({ row: { id: '2' }, problem: 'sql' })
  })

  it('is sound when SQL was too long to keep, or was hashed in another way', () => {
    const kept = {
      upChecksum: `v1:${sha('a')}`,
      upSqlHash: null,
      downChecksum: 'v2:abc',
      downSqlHash: sha('b'),
    }
    expect(findChainBreak(chain({ event: 'applied', version: '1', ...kept }))).toBeUndefined()
  })
})
