import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareVersions, versionKey } from '../../src/core/version.ts'

const digits = fc.stringMatching(/^\d{1,45}$/)

describe('versions', () => {
  it.each([
    ['010', '10'],
    ['0', '000'],
    ['0'.repeat(40), '0'],
    [`000${'9'.repeat(40)}`, '9'.repeat(40)],
  ])('%s and %s are the same', (a, b) => {
    expect(compareVersions(a, b)).toBe(0)
    expect(versionKey(a)).toBe(versionKey(b))
  })

  it.each([
    ['2', '10'],
    ['9', '010'],
    ['9007199254740991', '9007199254740992'],
    ['9007199254740992', '9007199254740993'],
    ['20240101000000', '20240101000001'],
    ['999', '20240101000000'],
    [`${'9'.repeat(39)}8`, '9'.repeat(40)],
  ])('%s comes before %s', (a, b) => {
    expect(compareVersions(a, b)).toBeLessThan(0)
    expect(compareVersions(b, a)).toBeGreaterThan(0)
    expect(versionKey(a)).not.toBe(versionKey(b))
  })

  it('are ordered as the numbers they write', () => {
    fc.assert(
      fc.property(digits, digits, (a, b) => {
        const expected = BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0
        expect(Math.sign(compareVersions(a, b))).toBe(expected)
        expect(versionKey(a) === versionKey(b)).toBe(expected === 0)
      }),
    )
  })

  it('sort the same way whatever order they come in', () => {
    fc.assert(
      fc.property(fc.array(digits, { maxLength: 20 }), (versions) => {
        const sorted = versions.toSorted(compareVersions)
        expect(sorted.map(BigInt)).toEqual(
          versions.map(BigInt).toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
        )
      }),
    )
  })
})
