import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { foldHistory } from '../../src/core/history.ts'
import { type Migration, pairFiles } from '../../src/core/migration.ts'
import { reconcile } from '../../src/core/reconcile.ts'
import { compareVersions } from '../../src/core/version.ts'
import { applied, chain, type Facts, reverted } from './history-values.ts'
import { codes, migration, source } from './values.ts'

const one = migration('001', 'one')
const two = migration('002', 'two')
const three = migration('003', 'three')

const compare = (files: readonly Migration[], ...events: Facts[]) =>
  reconcile(files, foldHistory(chain(...events)))
const states = (found: ReturnType<typeof reconcile>) =>
  found.statuses.map(({ version, state }) => [version, state])

describe('files and history', () => {
  it('agree on nothing', () => {
    expect(compare([])).toEqual({ statuses: [], findings: [], edits: [] })
  })

  it('agree on what is applied and what is pending', () => {
    const found = compare([one, two, three], applied(one), applied(two))
    expect(states(found)).toEqual([
      ['001', 'applied'],
      ['002', 'applied'],
      ['003', 'pending'],
    ])
    expect([...found.findings, ...found.edits]).toEqual([])
    expect(found.statuses[2]).toMatchObject({ migration: three, applied: undefined, incomplete: undefined })
  })

  it('agree that what was reverted is pending again', () => {
    expect(states(compare([one, two], applied(one), applied(two), reverted(two)))).toEqual([
      ['001', 'applied'],
      ['002', 'pending'],
    ])
  })

  it('agree when a number is written differently', () => {
    const found = compare([migration('1', 'one')], applied(one))
    expect(states(found)).toEqual([['1', 'applied']])
    expect(found.findings).toEqual([])
  })
})

describe('an edited file', () => {
  it.each([
    ['up', migration('001', 'one', 'select 2')],
    ['down', migration('001', 'one', undefined, 'select 2')],
  ] as const)('is found: %s', (direction, now) => {
    const found = compare([now], applied(one))
    expect(states(found)).toEqual([['001', 'edited']])
    expect(found.edits).toMatchObject([
      {
        direction,
        file: now[direction],
        finding: {
          code: 'CHECKSUM_MISMATCH',
          severity: 'error',
          version: '001',
          location: { file: `001_one.${direction}.sql` },
          facts: { direction, recorded: one[direction]?.checksum, found: now[direction]?.checksum },
        },
      },
    ])
  })

  it('is found twice when both are', () => {
    expect(compare([migration('001', 'one', 'a', 'b')], applied(one)).edits).toHaveLength(2)
  })

  it('may be a down that is gone', () => {
    const found = compare([{ ...one, down: undefined }], applied(one))
    expect(found.edits).toMatchObject([
      { direction: 'down', file: undefined, finding: { facts: { found: '' } } },
    ])
    expect(found.edits[0]?.finding.message).toContain('gone')
  })

  it('may be a down that came later', () => {
    const found = compare([one], { ...applied(one), downChecksum: null })
    expect(found.edits[0]?.finding.message).toContain('added')
  })

  it('does not matter before it is applied', () => {
    const found = compare([migration('001', 'one', 'a', 'b')], applied(one), reverted(one))
    expect(states(found)).toEqual([['001', 'pending']])
    expect(found.edits).toEqual([])
  })

  it('is compared with its latest application', () => {
    const now = migration('001', 'one', 'a', 'b')
    expect(states(compare([now], applied(one), reverted(one), applied(now)))).toEqual([['001', 'applied']])
  })
})

describe('other disagreements', () => {
  it('a renamed migration', () => {
    const found = compare([migration('001', 'uno')], applied(one))
    expect(states(found)).toEqual([['001', 'edited']])
    expect(found.findings).toMatchObject([
      { code: 'MIGRATION_RENAMED', severity: 'error', facts: { recorded: 'one', found: 'uno' } },
    ])
  })

  it('a missing migration', () => {
    const found = compare([two], applied(one), applied(two))
    expect(states(found)).toEqual([
      ['001', 'missing'],
      ['002', 'applied'],
    ])
    expect(found.findings).toMatchObject([
      { code: 'MIGRATION_MISSING', severity: 'error', version: '001', name: 'one' },
    ])
  })

  it('nothing is missing once it is reverted', () => {
    expect(compare([two], applied(one), reverted(one))).toMatchObject({
      statuses: [{ version: '002' }],
      findings: [],
    })
  })

  it('a migration that comes before one that is applied', () => {
    const found = compare([one, two, three], applied(one), applied(three))
    expect(states(found)).toEqual([
      ['001', 'applied'],
      ['002', 'out-of-order'],
      ['003', 'applied'],
    ])
    expect(found.findings).toMatchObject([
      {
        code: 'OUT_OF_ORDER',
        severity: 'error',
        version: '002',
        location: { file: two.up.file },
        facts: { newest: '003' },
      },
    ])
  })

  it('the newest is the greatest number, not the one applied last', () => {
    const found = compare([one, two, three], applied(three), applied(one))
    expect(codes(found.findings)).toEqual(['OUT_OF_ORDER'])
  })

  it('numbers are compared as numbers', () => {
    const nine = migration('9')
    const ten = migration('10')
    expect(states(compare([nine, ten], applied(nine)))[1]).toEqual(['10', 'pending'])
    expect(states(compare([nine, ten], applied(ten)))[0]).toEqual(['9', 'out-of-order'])
  })
})

describe('an incomplete migration', () => {
  const started = { event: 'started', version: '002', name: 'two', statements: 3 } as const
  const at = (event: 'statement' | 'done' | 'failed', statementNo: number, reason: string | null = null) =>
    ({ ...started, event, statementNo, reason }) as const

  it.each<[string, Facts[], object, string]>([
    ['no statement', [], { done: 0 }, 'no statement was running'],
    [
      'one in doubt',
      [at('statement', 1), at('done', 1), at('statement', 2)],
      { done: 1, inDoubt: 2 },
      'in doubt',
    ],
    [
      'a failed one',
      [at('statement', 1), at('failed', 1, '23505 duplicate')],
      { done: 0, failed: 1 },
      'statement 1 failed (23505 duplicate)',
    ],
  ])('is reported with %s', (_what, events, facts, words) => {
    const found = compare([one, two], applied(one), started, ...events)
    expect(states(found)).toEqual([
      ['001', 'applied'],
      ['002', 'incomplete'],
    ])
    expect(found.findings).toMatchObject([
      {
        code: 'INCOMPLETE',
        severity: 'error',
        location: { file: '002_two.up.sql' },
        facts: { action: 'apply', statements: 3, ...facts },
      },
    ])
    expect(found.findings[0]?.message).toContain(words)
    expect(found.findings[0]?.hint).toContain('sqlmig up --resume')
  })

  it('is reported without its files too', () => {
    expect(states(compare([], started))).toEqual([['002', 'incomplete']])
  })

  it('may be on its way down', () => {
    const found = compare([two], applied(two), started, at('statement', 1))
    expect(found.findings).toMatchObject([
      { code: 'INCOMPLETE', location: { file: '002_two.down.sql' }, facts: { action: 'revert' } },
    ])
    expect(found.statuses[0]?.applied).toBeDefined()
  })
})

describe('a down that cannot be read', () => {
  it('is not called gone: the folder says what is wrong with it', () => {
    const folder = pairFiles([
      source('001_one.up.sql', one.up.text),
      { file: '001_one.down.sql', problem: 'is a symbolic link' },
    ])
    expect(codes(folder.findings)).toEqual(['FILE_UNREADABLE'])
    const found = compare(folder.migrations, applied(one))
    expect([...found.findings, ...found.edits]).toEqual([])
    expect(states(found)).toEqual([['001', 'applied']])
  })
})

describe('several disagreements', () => {
  it('are all reported, a broken chain among them', () => {
    const files = [migration('001', 'one', 'edited'), two, migration('004', 'renamed'), migration('006')]
    const four = migration('004', 'four')
    const five = migration('005', 'five')
    const rows = chain(applied(one), applied(four), applied(five), {
      event: 'started',
      version: '006',
      name: 'm',
    })
    const tampered = rows.map((row, at) => (at === 3 ? { ...row, actor: 'somebody' } : row))
    const found = reconcile(files, foldHistory(tampered))
    expect(codes(found.findings)).toEqual([
      'CHAIN_BROKEN',
      'OUT_OF_ORDER',
      'MIGRATION_RENAMED',
      'INCOMPLETE',
      'MIGRATION_MISSING',
    ])
    expect(found.findings[0]).toMatchObject({ facts: { row: '4', problem: 'hash' } })
    expect(found.edits).toHaveLength(1)
    expect(states(found)).toEqual([
      ['001', 'edited'],
      ['002', 'out-of-order'],
      ['004', 'edited'],
      ['005', 'missing'],
      ['006', 'incomplete'],
    ])
  })

  it('leave every version with one status, in the order of the numbers', () => {
    const version = fc.stringMatching(/^\d{1,4}$/)
    fc.assert(
      fc.property(fc.array(version), fc.array(version), (inFolder, inHistory) => {
        const keys = (list: readonly string[]) => [...new Set(list.map(Number))].map(String)
        const files = keys(inFolder).map((one) => migration(one))
        const found = compare(files, ...keys(inHistory).map((one) => applied(migration(one))))
        const versions = found.statuses.map((status) => status.version)
        expect(versions).toEqual(keys([...inFolder, ...inHistory]).toSorted(compareVersions))
        for (const { version: of, state } of found.statuses) {
          const known = [keys(inFolder).includes(of), keys(inHistory).includes(of)]
          if (known[0] && known[1]) expect(state).toBe('applied')
          else if (known[1]) expect(state).toBe('missing')
          else expect(['pending', 'out-of-order']).toContain(state)
        }
        expect(found.findings).toHaveLength(
          found.statuses.filter(({ state }) => state === 'missing' || state === 'out-of-order').length,
        )
      }),
    )
  })
})
