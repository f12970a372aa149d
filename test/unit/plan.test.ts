import { describe, expect, it } from 'vitest'
import { isSqlmigError } from '../../src/core/errors.ts'
import { foldHistory } from '../../src/core/history.ts'
import { type Migration, sqlFileOf } from '../../src/core/migration.ts'
import {
  describeSteps,
  filesToCheck,
  makePlan,
  type PlanRequest,
  type RecordedDowns,
} from '../../src/core/plan.ts'
import { reconcile } from '../../src/core/reconcile.ts'
import { applied, chain } from './history-values.ts'
import { migration } from './values.ts'

const pairs = ['001', '002', '003', '004'].map((version) => migration(version))
const [one, two, three, four] = pairs as [Migration, Migration, Migration, Migration]

function statuses(files: readonly Migration[], history: readonly Migration[]) {
  return reconcile(files, foldHistory(chain(...history.map(applied)))).statuses
}

/** The steps, up as `+` and down as `-`, where these migrations have been applied in this order. */
function steps(
  request: PlanRequest,
  history: readonly Migration[],
  files: readonly Migration[] = pairs,
): string {
  const plan = makePlan(request, statuses(files, history))
  return plan.steps
    .map(({ action, version }) => `${action === 'apply' ? '+' : '-'}${Number(version)}`)
    .join(' ')
}

function stop(request: PlanRequest, history: readonly Migration[], files = pairs, recorded?: RecordedDowns) {
  try {
    makePlan(request, statuses(files, history), recorded)
  } catch (error) {
    if (isSqlmigError(error)) return error
    throw error
  }
  throw new Error('no error')
}

const up = (to?: string | number): PlanRequest => ({
  kind: 'up',
  to:
    to === undefined
      ? { kind: 'latest' }
      : typeof to === 'number'
        ? { kind: 'steps', count: to }
        : { kind: 'version', version: to },
})
const down = (to: string | number | 'all'): PlanRequest => ({
  kind: 'down',
  to:
    to === 'all'
      ? { kind: 'all' }
      : typeof to === 'number'
        ? { kind: 'steps', count: to }
        : { kind: 'version', version: to },
})
const goto = (version: string): PlanRequest => ({ kind: 'goto', version })
const redo = (count: number): PlanRequest => ({ kind: 'redo', count })

describe('up', () => {
  it.each([
    ['everything', up(), [], '+1 +2 +3 +4'],
    ['what is pending', up(), [one, two], '+3 +4'],
    ['nothing when nothing is pending', up(), pairs, ''],
    ['what is out of order first', up(), [one, three], '+2 +4'],
    ['up to a version', up('003'), [one], '+2 +3'],
    ['up to a version written differently', up('3'), [one], '+2 +3'],
    ['nothing when the version is applied', up('002'), [one, two], ''],
    ['what is out of order below the version', up('003'), [one, three], '+2'],
    ['some steps', up(2), [one], '+2 +3'],
    ['more steps than there are', up(9), [one], '+2 +3 +4'],
  ])('applies %s', (_what, request, history, expected) => {
    expect(steps(request, history)).toBe(expected)
  })

  it('carries the very texts and checksums of the files', () => {
    const [step] = makePlan(up(1), statuses(pairs, [])).steps
    expect(step).toEqual({
      action: 'apply',
      version: '001',
      name: 'm',
      sql: one.up,
      pair: { up: one.up, down: one.down },
      upChecksum: one.up.checksum,
      downChecksum: one.down?.checksum,
      outOfOrder: false,
    })
  })

  it('says which step is out of order', () => {
    const plan = makePlan(up(), statuses(pairs, [one, three]))
    expect(plan.steps.map((step) => step.outOfOrder)).toEqual([true, false])
  })

  it('applies an irreversible migration, with or without a down', () => {
    const last = { ...migration('1', 'm', '-- sqlmig: irreversible x\ndrop table t', ''), down: undefined }
    expect(makePlan(up(), statuses([last], [])).steps).toMatchObject([{ downChecksum: null }])
  })
})

describe('down', () => {
  const shuffled = [one, three, two]

  it.each([
    ['the newest', down(1), [one, two, three], '-3'],
    ['the one applied last, whatever its number', down(1), shuffled, '-2'],
    ['some steps', down(2), shuffled, '-2 -3'],
    ['more steps than there are', down(9), shuffled, '-2 -3 -1'],
    ['everything', down('all'), shuffled, '-2 -3 -1'],
    ['everything down to version 0', down('0'), shuffled, '-2 -3 -1'],
    ['everything down to version 000', down('000'), [one], '-1'],
    ['down to a version, which stays', down('001'), [one, two, three], '-3 -2'],
    ['down to a version written differently', down('1'), [one, two], '-2'],
    ['what was applied after the version', down('003'), shuffled, '-2'],
    ['what was applied after the version, later numbers too', down('001'), shuffled, '-2 -3'],
    ['nothing when the version is the newest', down('002'), shuffled, ''],
    ['nothing when nothing is applied', down('all'), [], ''],
  ])('reverts %s', (_what, request, history, expected) => {
    expect(steps(request, history)).toBe(expected)
  })

  it('keeps a migration that has version 0 when asked to', () => {
    const zero = migration('000')
    expect(steps(down('0'), [zero, one], [zero, one])).toBe('-1')
  })

  it('says what the applied row says', () => {
    const [step] = makePlan(down(1), statuses([migration('001', 'other')], [one])).steps
    expect(step).toMatchObject({
      action: 'revert',
      name: 'm',
      upChecksum: one.up.checksum,
      downChecksum: one.down?.checksum,
      pair: { up: undefined },
    })
  })
})

describe('redo', () => {
  it.each([
    [redo(1), [one, two, three], '-3 +3'],
    [redo(2), [one, two, three], '-3 -2 +2 +3'],
    [redo(2), [one, three, two], '-2 -3 +2 +3'],
    [redo(9), [one], '-1 +1'],
    [redo(1), [], ''],
  ])('%j', (request, history, expected) => {
    expect(steps(request, history)).toBe(expected)
  })
})

describe('goto', () => {
  it.each([
    ['goes up', '003', [one], '+2 +3'],
    ['goes down', '001', [one, two, three], '-3 -2'],
    ['stays', '002', [one, two], ''],
    ['goes to the beginning', '0', [one, two], '-2 -1'],
    ['goes up from the beginning', '002', [], '+1 +2'],
    ['fills what is out of order below', '003', [one, three], '+2'],
    ['reverts what is later and applies what is not yet', '002', [one, three], '-3 +2'],
    ['leaves alone what was applied late but belongs below', '003', [one, three, two], ''],
    ['takes down and up again what was applied after a later one', '002', [one, three, two], '-2 -3 +2'],
    ['does so among others', '003', [one, four, two], '-2 -4 +2 +3'],
  ])('%s', (_what, version, history, expected) => {
    expect(steps(goto(version), history)).toBe(expected)
  })

  it('always ends with exactly the versions up to the one asked for', () => {
    const histories = [
      [],
      [one],
      [three, one],
      [two, four, one],
      [four, three, two, one],
      [one, two, three, four],
    ]
    for (const history of histories)
      for (const target of pairs) {
        const now = new Set(history.map((pair) => pair.version))
        for (const { action, version } of makePlan(goto(target.version), statuses(pairs, history)).steps) {
          expect(now.has(version)).toBe(action === 'revert')
          if (action === 'apply') now.add(version)
          else now.delete(version)
        }
        expect([...now].toSorted()).toEqual(
          pairs.slice(0, Number(target.version)).map((pair) => pair.version),
        )
      }
  })
})

describe('a plan that cannot be made', () => {
  const irreversible = migration('002', 'm', '-- sqlmig: irreversible drops data\ndrop table t', '')

  it.each([up('009'), down('009'), goto('009'), up('0'), goto('20')])(
    '%j names the versions that are known',
    (request) => {
      const error = stop(request, [one])
      expect(error).toMatchObject({ code: 'VERSION_UNKNOWN', exitCode: 2 })
      expect(error.hint).toContain('001, 002, 003, 004')
    },
  )

  it('shows only the ends of a long list', () => {
    const many = Array.from({ length: 30 }, (_, index) => migration(String(index + 1)))
    expect(stop(up('99'), [], many).hint).toContain('1, 2, 3 … 28, 29, 30')
  })

  it('does not revert down to what is not applied', () => {
    expect(stop(down('003'), [one])).toMatchObject({ code: 'USAGE', exitCode: 2 })
  })

  it.each([down(2), down('all'), down('001'), redo(2), goto('001')])(
    '%j stops at an irreversible migration before anything is reverted',
    (request) => {
      const error = stop(request, [one, irreversible, three], [one, irreversible, three])
      expect(error).toMatchObject({ code: 'IRREVERSIBLE', exitCode: 4 })
      expect(error.message).toContain('drops data')
    },
  )

  it('can be made as long as the irreversible one stays', () => {
    expect(steps(down(1), [one, irreversible, three], [one, irreversible, three])).toBe('-3')
  })

  it('has no step for a missing down', () => {
    expect(stop(down(1), [one], [{ ...one, down: undefined }]).code).toBe('IRREVERSIBLE')
  })
})

describe('reverting from history', () => {
  const kept = sqlFileOf('001_m.down.sql', 'drop table as_recorded')
  const recorded = new Map([['1', { down: kept, irreversible: undefined }]])

  it('sends the recorded SQL, not that of the file', () => {
    const plan = makePlan(down(1), statuses([one], [one]), recorded)
    expect(plan.steps).toMatchObject([{ version: '001', sql: kept }])
  })

  it('needs no files', () => {
    const plan = makePlan(down('all'), statuses([], [one]), recorded)
    expect(plan.steps).toMatchObject([{ version: '001', name: 'm', sql: kept, upChecksum: one.up.checksum }])
  })

  it('respects the reason that the history keeps, though the file is gone', () => {
    const reasoned = new Map([['1', { down: kept, irreversible: 'data is merged' }]])
    expect(() => makePlan(down('all'), statuses([], [one]), reasoned)).toThrow('irreversible: data is merged')
  })

  it('stops where the history keeps no down', () => {
    expect(stop(down(1), [one], pairs, new Map())).toMatchObject({
      code: 'RECORDED_SQL_MISSING',
      exitCode: 4,
    })
  })
})

describe('a plan', () => {
  it('is described step by step', () => {
    const listed = migration('002', 'm', '-- sqlmig: no-transaction\nvacuum', 'select 1')
    const plan = makePlan(up(), statuses([one, listed], []))
    expect(describeSteps(plan)).toEqual([
      {
        action: 'apply',
        version: '001',
        name: 'm',
        file: '001_m.up.sql',
        transactional: true,
        index: 1,
        total: 2,
      },
      {
        action: 'apply',
        version: '002',
        name: 'm',
        file: '002_m.up.sql',
        transactional: false,
        index: 2,
        total: 2,
      },
    ])
  })

  it('has both files checked of what is applied, and the down of what is reverted', () => {
    const files = (request: PlanRequest, history: readonly Migration[]) =>
      filesToCheck(makePlan(request, statuses([one], history))).map(({ file }) => file.file)
    expect(files(up(), [])).toEqual(['001_m.up.sql', '001_m.down.sql'])
    expect(files(down(1), [one])).toEqual(['001_m.down.sql'])
  })
})
