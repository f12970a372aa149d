import { describe, expect, it } from 'vitest'
import { type SequencePositions, sequenceMoves } from '../../src/core/sequences.ts'
import { movesText } from '../../src/reporters/text.ts'

const positions = (values: Readonly<Record<string, string | null>>): SequencePositions =>
  new Map(Object.entries(values))

describe('sequences that moved', () => {
  it('are there at both moments and stand elsewhere', () => {
    const before = positions({ gone: '1', still: '2', unused: null, moved: '3', first: null, fresh: '9' })
    const after = positions({ fresh: null, first: '1', moved: '5', unused: null, still: '2', made: '4' })
    expect(sequenceMoves(before, after)).toEqual([
      { name: 'moved', before: '3', after: '5' },
      { name: 'first', before: null, after: '1' },
      { name: 'fresh', before: '9', after: null },
    ])
  })

  it('are told with both places', () => {
    expect(
      movesText([
        { name: 'app.a', before: '3', after: '-5' },
        { name: 'app.b', before: null, after: '1' },
        { name: 'app."C"', before: '9', after: null },
      ]),
    ).toBe(
      'sequence app.a stands at -5, before at 3; sequence app.b stands at 1, before unused; sequence app."C" is unused, before at 9',
    )
  })
})
