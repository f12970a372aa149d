import { describe, expect, it } from 'vitest'
import { SqlmigError } from '../../src/core/errors.ts'
import { foreignTable } from '../../src/core/foreign-history.ts'
import {
  behindFindings,
  containedHeads,
  headFindings,
  untrustedFinding,
} from '../../src/core/history-findings.ts'
import { chain } from './history-values.ts'
import { codes } from './values.ts'

const rows = chain(
  { event: 'applied', version: '1' },
  { event: 'applied', version: '2' },
  { event: 'reverted', version: '2' },
)
const pin = (row: number) => [{ hash: rows[row]?.hash ?? '', source: '--head' }]
const NAME = 'sqlmig.history'

describe('a pinned head', () => {
  it('may be the newest row or an older one', () => {
    for (const row of [0, 1, 2]) expect(headFindings(NAME, pin(row), rows)).toEqual([])
    expect(behindFindings(NAME, pin(2), rows)).toEqual([])
    expect(containedHeads([...pin(0), ...pin(2)], rows).map(({ newer }) => newer)).toEqual([2, 0])
    const [behind] = behindFindings(NAME, pin(1), rows)
    expect(behind).toMatchObject({
      code: 'HEAD_BEHIND',
      severity: 'warning',
      facts: { newer: 1, head: rows[2]?.hash },
    })
    expect(behind?.message).toContain('1 row since')
  })

  it('is missed when the history lost its end, or all of it', () => {
    const [cut] = headFindings(NAME, pin(2), rows.slice(0, 2))
    expect(cut).toMatchObject({
      code: 'HEAD_MISMATCH',
      severity: 'error',
      facts: { pinned: rows[2]?.hash, head: rows[1]?.hash },
    })
    expect(cut?.message).toContain('its end was cut off')
    const [gone] = headFindings(NAME, pin(2), [])
    expect(gone?.message).toContain('it is empty')
    expect(behindFindings(NAME, pin(2), [])).toEqual([])
    expect(containedHeads(pin(2), rows.slice(0, 2))).toEqual([])
    expect(codes(headFindings(NAME, [...pin(0), ...pin(2)], rows.slice(0, 2)))).toEqual(['HEAD_MISMATCH'])
  })
})

describe('a table that is not as it should be', () => {
  it('is told with what is wrong', () => {
    const problem = { severity: 'error', kind: 'rule', problem: 'it has rules: r', hint: 'drop it' } as const
    expect(untrustedFinding(NAME, problem)).toEqual({
      code: 'HISTORY_UNTRUSTED',
      severity: 'error',
      message: 'sqlmig.history is not as sqlmig made it: it has rules: r',
      hint: 'drop it',
      facts: { problem: 'rule' },
      object: { kind: 'table', name: NAME },
    })
    const error = new SqlmigError('HISTORY_UNTRUSTED', { history: NAME, problems: ['one', 'two'] })
    expect(error).toMatchObject({ exitCode: 4, message: 'sqlmig.history is not as sqlmig made it: one; two' })
  })

  it.each([
    [['version'], 'Rails or dbmate'],
    [['version', 'dirty'], 'golang-migrate'],
    [['version', 'inserted_at'], 'Ecto'],
    [['version_num'], 'Alembic'],
    [['id', 'name', 'batch', 'migration_time'], 'Knex'],
    [['id', 'version_id', 'is_applied', 'tstamp'], 'goose'],
    [['version', 'description', 'installed_on', 'success', 'checksum', 'execution_time'], 'sqlx'],
  ])('may be the one of another tool: %j', (columns, tool) => {
    expect(foreignTable(columns)).toBe(
      `it looks like the table of ${tool} (its columns are ${columns.join(', ')})`,
    )
  })

  it('may be that of nobody known', () => {
    expect(foreignTable(['a', 'b'])).toBe('its columns are a, b')
  })
})

describe('an object that exists already', () => {
  const failure = { sqlstate: '42P07', message: 'relation "b" already exists', hint: 'of the server' }

  it('casts doubt on an empty history', () => {
    const { hint } = new SqlmigError('STATEMENT_FAILED', { failure, emptyHistory: NAME })
    expect(hint).toContain('sqlmig.history held no row when this run began')
    expect(hint).toContain('may have been truncated')
    expect(new SqlmigError('STATEMENT_FAILED', { failure }).hint).toBe('of the server')
  })
})
