import { describe, expect, it } from 'vitest'
import { databaseFailure, ERROR_CATALOG, isSqlmigError, SqlmigError } from '../../src/core/errors.ts'
import { asSqlmigError, stoppedReport, toErrorReport } from '../../src/core/report.ts'

describe('an error that stops a run', () => {
  it('has its code, its facts, and the words and the exit code of the catalogue', () => {
    const error = new SqlmigError('VERSION_UNKNOWN', { version: '9', known: '1, 2' })
    expect(error).toMatchObject({ code: 'VERSION_UNKNOWN', exitCode: 2, facts: { version: '9' } })
    expect(error.message).toBe('there is no migration 9')
    expect(error.hint).toContain('1, 2')
    expect(isSqlmigError(error, 'VERSION_UNKNOWN')).toBe(true)
    expect(isSqlmigError(error, 'USAGE')).toBe(false)
  })

  it('has an exit code that the contract knows, whatever its code', () => {
    for (const [code, { exit }] of Object.entries(ERROR_CATALOG))
      expect([0, 1, 2, 3, 4, 5, 6, 7, 130], code).toContain(exit)
  })

  it('keeps what caused it', () => {
    const cause = new Error('boom')
    const error = asSqlmigError(cause)
    expect(error).toMatchObject({ code: 'INTERNAL', exitCode: 1, cause })
    expect(asSqlmigError(error)).toBe(error)
    expect(asSqlmigError('text').message).toContain('text')
  })

  it.each([
    ['55P03', undefined, 'another session'],
    ['55P03', 'pid 7', 'pid 7'],
    ['55P04', undefined, 'next migration'],
    ['42P01', undefined, undefined],
  ])('explains SQLSTATE %s', (sqlstate, blockers, words) => {
    const failure = databaseFailure({ sqlstate, message: 'm' }, undefined)
    const error = new SqlmigError(
      'STATEMENT_FAILED',
      blockers === undefined ? { failure } : { failure, blockers },
    )
    if (words === undefined) expect(error.hint).toBeUndefined()
    else expect(error.hint).toContain(words)
  })

  it('gives the hint of the server where it has no better one', () => {
    const failure = databaseFailure({ sqlstate: '42703', message: 'm', hint: 'perhaps isbn' }, '7')
    expect(failure).toEqual({ sqlstate: '42703', message: 'm', hint: 'perhaps isbn', position: 7 })
    expect(new SqlmigError('STATEMENT_FAILED', { failure }).hint).toBe('perhaps isbn')
    const added = databaseFailure({ sqlstate: '55P04', message: 'm', hint: 'must be committed' }, '7')
    expect(new SqlmigError('STATEMENT_FAILED', { failure: added }).hint).toContain('next migration')
  })

  it('has no position where the server gave none', () => {
    for (const position of [undefined, '', '0', 'x'])
      expect(databaseFailure({ message: 'm', detail: undefined }, position)).toEqual({
        sqlstate: '',
        message: 'm',
      })
  })
})

describe('the report of an error', () => {
  it('holds what is known and nothing that is not', () => {
    const failure = databaseFailure({ sqlstate: '42601', message: 'syntax error' }, '3')
    const location = { file: 'a.sql', line: 1, column: 3 }
    const error = new SqlmigError('STATEMENT_FAILED', { failure }, { location })
    expect(toErrorReport(error, 'nothing was applied')).toEqual({
      code: 'STATEMENT_FAILED',
      message: 'syntax error',
      sqlstate: '42601',
      failure,
      location,
      consequence: 'nothing was applied',
    })
    expect(JSON.parse(JSON.stringify(toErrorReport(error)))).toEqual(toErrorReport(error))
  })

  it('is that of a command that never began', () => {
    expect(stoppedReport('up', new SqlmigError('USAGE', { problem: 'p' }))).toMatchObject({
      command: 'up',
      ok: false,
      exitCode: 2,
      target: null,
      findings: [],
      error: { code: 'USAGE', message: 'p' },
    })
  })
})
