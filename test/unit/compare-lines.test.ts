import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareLines } from '../../src/reporters/compare-lines.ts'

const compare = (before: string, after: string) =>
  compareLines([...before], [...after])
    .map(({ sign, text }) => sign + text)
    .join('')

describe('comparing lines', () => {
  it.each([
    ['', '', ''],
    ['abc', 'abc', ' a b c'],
    ['abc', 'axc', ' a-b+x c'],
    ['abc', '', '-a-b-c'],
    ['', 'abc', '+a+b+c'],
    ['abcd', 'bdxe', '-a b-c d+x+e'],
    ['aab', 'ab', ' a-a b'],
  ])('%s and %s', (before, after, lines) => {
    expect(compare(before, after)).toBe(lines)
  })

  it('gives both texts back, and keeps as much as the two have in common', () => {
    const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 9 })
    fc.assert(
      fc.property(text, text, (before, after) => {
        const lines = compareLines(before, after)
        const side = (sign: string) => lines.filter((line) => line.sign !== sign).map((line) => line.text)
        expect([side('+'), side('-')]).toEqual([before, after])
        expect(lines.filter(({ sign }) => sign === ' ')).toHaveLength(longestCommon(before, after))
      }),
    )
  })

  it('says that everything is different where comparing would take too long', () => {
    const before = Array.from({ length: 3000 }, (_, i) => `a${i}`)
    const after = Array.from({ length: 3000 }, (_, i) => `b${i}`)
    const lines = compareLines(['same', ...before], ['same', ...after])
    expect(lines).toHaveLength(6001)
    expect(lines.map(({ sign }) => sign).join('')).toBe(` ${'-'.repeat(3000)}${'+'.repeat(3000)}`)
  })
})

function longestCommon([a, ...before]: readonly string[], [b, ...after]: readonly string[]): number {
  if (a === undefined || b === undefined) return 0
  if (a === b) return 1 + longestCommon(before, after)
  return Math.max(longestCommon([a, ...before], after), longestCommon(before, [b, ...after]))
}
