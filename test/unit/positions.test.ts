import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { excerptAt, offsetOfCharacter, positionAt } from '../../src/core/sql-text.ts'

describe('the place of a character that the server counts', () => {
  it.each([
    ['abc', 1, 0],
    ['abc', 3, 2],
    ['é😀x', 2, 1],
    ['é😀x', 3, 3],
    ['a\r\tb', 4, 3],
    ['😀', 2, 2],
    ['abc', 99, 3],
    ['abc', 0, 0],
    ['', 1, 0],
  ])('in %j, character %i is at offset %i', (text, position, offset) => {
    expect(offsetOfCharacter(text, position)).toBe(offset)
  })

  it('is where the characters before it end', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })), (characters) => {
        const text = characters.join('')
        for (const [index] of characters.entries())
          expect(offsetOfCharacter(text, index + 1)).toBe(characters.slice(0, index).join('').length)
      }),
    )
  })
})

describe('line and column', () => {
  it.each([
    ['abc', 0, 1, 1],
    ['a\nb', 1, 1, 2],
    ['a\nb', 2, 2, 1],
    ['a\nb\n', 4, 3, 1],
    ['é😀x\né😀x', 3, 1, 3],
    ['é😀x\né😀x', 8, 2, 3],
    ['a\tb', 2, 1, 3],
    ['a\rb', 2, 1, 3],
    ['', 0, 1, 1],
    ['\n\n', 2, 3, 1],
  ])('in %j, offset %i is line %i, column %i', (text, offset, line, column) => {
    expect(positionAt(text, offset)).toEqual({ line, column })
  })

  it('lead back to the character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.nat(), (text, n) => {
        const characters = [...text]
        const index = characters.length === 0 ? 0 : n % characters.length
        const { line, column } = positionAt(text, offsetOfCharacter(text, index + 1))
        const lines = text.split('\n').map((content) => [...content, '\n'])
        expect(lines[line - 1]?.[column - 1]).toBe(characters[index] ?? '\n')
      }),
    )
  })

  it('are found in a line of twenty million characters', () => {
    const text = `select '${'x'.repeat(20_000_000)}' oops`
    const position = positionAt(text, text.indexOf('oops'))
    expect(position).toEqual({ line: 1, column: 20_000_011 })
    const { lines, column } = excerptAt(text, position)
    expect(lines[0]?.text.slice(column - 1)).toBe('oops')
  })
})

describe('an excerpt', () => {
  const five = 'one\ntwo\nthree\nfour\nfive'

  it.each([
    [1, [1, 2, 3]],
    [2, [1, 2, 3, 4]],
    [3, [1, 2, 3, 4, 5]],
    [5, [3, 4, 5]],
  ])('around line %i shows the lines %j', (line, numbers) => {
    const excerpt = excerptAt(five, { line, column: 1 })
    expect(excerpt.lines.map(({ number }) => number)).toEqual(numbers)
    expect(excerpt.lines.find(({ number }) => number === line)?.text).toBe(five.split('\n')[line - 1])
  })

  it('shows the end of the text as a line of its own when that is the place', () => {
    expect(excerptAt('select (\n', { line: 2, column: 1 }).lines.at(-1)).toEqual({ number: 2, text: '' })
  })

  it('keeps lines of usual width as they are', () => {
    expect(excerptAt('a\n\té😀 b', { line: 2, column: 5 })).toEqual({
      line: 2,
      column: 5,
      lines: [
        { number: 1, text: 'a' },
        { number: 2, text: '\té😀 b' },
      ],
    })
  })

  it('cuts wide lines around the column, in characters', () => {
    const text = `short\n${'😀'.repeat(500)}X${'é'.repeat(500)}`
    const { column, lines } = excerptAt(text, { line: 2, column: 501 })
    const shown = [...(lines[1]?.text ?? '')]
    expect(shown[column - 1]).toBe('X')
    expect(shown.length).toBeLessThanOrEqual(160)
    expect(shown.slice(0, column - 1).every((character) => character === '😀')).toBe(true)
    expect(lines[0]?.text.length).toBeLessThanOrEqual(160)
  })

  it('always points at the character that was asked for', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.nat(400), (before, after) => {
        const text = `${'é😀'.repeat(before)}!${'x'.repeat(after)}`
        const { column, lines } = excerptAt(text, { line: 1, column: before * 2 + 1 })
        expect([...(lines[0]?.text ?? '')][column - 1]).toBe('!')
      }),
    )
  })
})
