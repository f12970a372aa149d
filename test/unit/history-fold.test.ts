import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldHistory, type HistoryEvent } from '../../src/core/history.ts'
import { chain } from './history-values.ts'

const fold = (...events: ReadonlyArray<[HistoryEvent, string, number?]>) =>
  foldHistory(
    chain(
      ...events.map(([event, version, statementNo = 0]) => ({
        event,
        version,
        statementNo,
        statements: 3,
        reason: event,
      })),
    ),
  )

/** Versions in the order of application. */
function order(state: ReturnType<typeof foldHistory>): string[] {
  return [...state.applied.values()].toSorted((a, b) => a.order - b.order).map(({ row }) => row.version)
}

describe('what is applied', () => {
  it('is nothing at first', () => {
    expect(foldHistory([])).toEqual({ applied: new Map(), incomplete: new Map(), head: undefined, rows: [] })
  })

  it('is what was applied and not reverted, in the order of application', () => {
    const state = fold(['applied', '003'], ['applied', '001'], ['applied', '002'], ['reverted', '001'])
    expect(order(state)).toEqual(['003', '002'])
  })

  it('moves to the end when it is applied anew', () => {
    const state = fold(['applied', '1'], ['applied', '2'], ['reverted', '1'], ['applied', '1'])
    expect(order(state)).toEqual(['2', '1'])
    expect(state.applied.get('1')?.row.id).toBe('4')
  })

  it('knows one version under every spelling', () => {
    expect(order(fold(['applied', '010'], ['reverted', '10']))).toEqual([])
    expect(fold(['applied', '010']).applied.get('10')?.row.version).toBe('010')
  })

  it('has the newest hash for its head', () => {
    const rows = chain({ event: 'applied', version: '1' }, { event: 'reverted', version: '1' })
    expect(foldHistory(rows).head).toBe(rows[1]?.hash)
  })

  it('is what a simple list says, after any sequence of events', () => {
    const event = fc.tuple(
      fc.constantFrom<HistoryEvent>('applied', 'reverted'),
      fc.constantFrom('1', '2', '3', '4'),
    )
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let list: string[] = []
        for (const [what, version] of events) {
          list = list.filter((one) => one !== version)
          if (what === 'applied') list.push(version)
        }
        const state = fold(...events)
        expect(order(state)).toEqual(list)
        expect([...state.applied.values()].map((record) => record.order).toSorted()).toEqual([...list.keys()])
      }),
    )
  })
})

describe('a migration without a transaction', () => {
  const start = ['started', '1'] as const

  it.each<[string, Array<[HistoryEvent, string, number?]>, object]>([
    ['has begun', [], { done: 0, inDoubt: undefined, failed: undefined }],
    ['has sent its first statement', [['statement', '1', 1]], { done: 0, inDoubt: 1, failed: undefined }],
    [
      'has done its first statement',
      [
        ['statement', '1', 1],
        ['done', '1', 1],
      ],
      { done: 1, inDoubt: undefined, failed: undefined },
    ],
    [
      'has sent its second statement',
      [
        ['statement', '1', 1],
        ['done', '1', 1],
        ['statement', '1', 2],
      ],
      { done: 1, inDoubt: 2, failed: undefined },
    ],
    [
      'has failed',
      [
        ['statement', '1', 1],
        ['done', '1', 1],
        ['statement', '1', 2],
        ['failed', '1', 2],
      ],
      { done: 1, inDoubt: undefined, failed: { statementNo: 2, reason: 'failed' } },
    ],
    [
      'has gone on after its failure',
      [
        ['statement', '1', 1],
        ['failed', '1', 1],
        ['statement', '1', 1],
        ['done', '1', 1],
      ],
      { done: 1, inDoubt: undefined, failed: undefined },
    ],
  ])('is incomplete when it %s', (_what, events, expected) => {
    const state = fold([...start], ...events)
    expect(state.incomplete.get('1')).toMatchObject({ action: 'apply', started: { id: '1' }, ...expected })
    expect(state.applied.size).toBe(0)
  })

  it('remembers what the statements were that it sent or counted as done, also over a second attempt', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((digit) => `v1:${digit.repeat(64)}`)
    const row = (event: HistoryEvent, statementNo = 0, reason?: string) => ({
      event,
      version: '1',
      statementNo,
      ...(reason === undefined ? {} : { reason }),
    })
    const rows = [
      row('started'),
      row('statement', 1, a),
      row('done', 1),
      row('statement', 2, b),
      row('failed', 2, '23505 v1:0'),
    ]
    const failed = foldHistory(chain(...rows)).incomplete.get('1')
    expect(failed).toMatchObject({ done: 1, failed: { statementNo: 2 } })
    expect([...(failed?.checksums ?? [])]).toEqual([
      [1, a],
      [2, b],
    ])
    const resumed = foldHistory(chain(...rows, row('started', 0, 'resumed at statement 2'))).incomplete.get(
      '1',
    )
    expect(resumed).toMatchObject({ ...failed, started: { id: '6' } })
    const skipped = foldHistory(
      chain(...rows, row('started', 0, 'resumed at statement 2'), row('done', 2, `${c} skipped`)),
    ).incomplete.get('1')
    expect(skipped).toMatchObject({ done: 2, failed: undefined, inDoubt: undefined })
    expect(skipped?.checksums.get(2)).toBe(c)
    expect(foldHistory(chain(...rows, row('started'))).incomplete.get('1')).toMatchObject({ done: 0 })
  })

  it('is applied at the end, and incomplete no more', () => {
    const state = fold([...start], ['statement', '1', 1], ['done', '1', 1], ['applied', '1'])
    expect(state.incomplete.size).toBe(0)
    expect(order(state)).toEqual(['1'])
  })

  it('is being reverted when it was applied before, and counts as applied until that is done', () => {
    const begun = [
      ['applied', '1'],
      ['started', '1'],
      ['statement', '1', 1],
    ] as Array<[HistoryEvent, string, number?]>
    const state = fold(...begun)
    expect(state.incomplete.get('1')).toMatchObject({ action: 'revert', inDoubt: 1 })
    expect(order(state)).toEqual(['1'])
    const after = fold(...begun, ['done', '1', 1], ['reverted', '1'])
    expect([after.incomplete.size, after.applied.size]).toEqual([0, 0])
  })

  it('does not touch others', () => {
    const state = fold(['started', '1'], ['statement', '1', 1], ['applied', '2'], ['statement', '3', 9])
    expect([...state.incomplete.keys()]).toEqual(['1'])
    expect(order(state)).toEqual(['2'])
  })
})
