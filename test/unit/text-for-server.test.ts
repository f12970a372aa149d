import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { textForServer } from '../../src/core/file-checks.ts'

describe('the text as the server gets it', () => {
  it('has blanks where pg_dump put its frame, and every other character in its place', () => {
    const text = '--\n\\restrict aB3\nselect 1;\n\\unrestrict aB3\n'
    const sent = textForServer(text)
    expect(sent).toBe(`--\n${' '.repeat(13)}\nselect 1;\n${' '.repeat(15)}\n`)
  })

  it.each([
    ["select '\n\\restrict x\n'", 'a literal'],
    ["select E'\\\n\\\\restrict \\'\n\\restrict x\n'", 'an E literal'],
    ["select E'a'\n'\\'\n\\restrict x\n'", 'a continued literal'],
    ['do $a$\n\\restrict x\n$a$', 'a dollar literal'],
    ['select 1 as "\n\\restrict x"', 'a quoted name'],
    ['/*\n\\restrict x\n*/ select 1', 'a comment'],
    ['copy t from stdin;\n\\restrict x\n\\.\n', 'COPY data'],
    ['\\i restrict\n', 'another command'],
    ['select 1;\n', 'no command at all'],
  ])('leaves %j alone: %s', (text) => {
    expect(textForServer(text)).toBe(text)
  })

  it('blanks each frame, the last one without a line end too', () => {
    expect(textForServer('\\restrict a\n\\restrict b').trim()).toBe('')
  })

  it('keeps the length and all lines of any text', () => {
    const piece = fc.constantFrom(
      '\\restrict k',
      '\\unrestrict k',
      '\n',
      "'",
      '$$',
      '--',
      '/*',
      '*/',
      '"',
      'é',
      ';',
      ' ',
    )
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join('')
        const sent = textForServer(text)
        expect(sent).toHaveLength(text.length)
        for (const [index, character] of [...sent].entries())
          if (character !== ' ') expect(character).toBe([...text][index])
        expect(sent.split('\n')).toHaveLength(text.split('\n').length)
      }),
    )
  })
})
