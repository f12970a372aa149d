import { describe, expect, it } from 'vitest'
import { databaseFailure, StatementError } from '../../src/core/errors.ts'
import { guardedByExecute, withoutGuard } from '../../src/core/execute-guard.ts'
import { hintForFailure } from '../../src/core/failure.ts'

describe('the guard of EXECUTE', () => {
  it('holds the text as it is, in quotes that do not occur in it', () => {
    const text = "select '$file1$', $guard1$x$guard1$;\n-- $file2$"
    const guarded = guardedByExecute(text)
    expect(guarded).toContain(`$file3$${text}$file3$`)
    expect(guarded).toMatch(/^do language plpgsql \$guard2\$begin execute .*; end\$guard2\$$/s)
  })

  it('leaves no trace in the failure', () => {
    const text = 'select f();\nselect 1/0'
    const trace = `PL/pgSQL function f() line 1 at RAISE\nSQL statement "${text}"\nPL/pgSQL function inline_code_block line 1 at EXECUTE`
    const failure = databaseFailure({ sqlstate: '22012', message: 'm', where: trace }, undefined)
    expect(withoutGuard(failure, { query: text, position: 20 }, text)).toEqual({
      sqlstate: '22012',
      message: 'm',
      where: 'PL/pgSQL function f() line 1 at RAISE',
      position: 20,
    })
    const short = { ...failure, where: 'PL/pgSQL function inline_code_block line 1 at EXECUTE' }
    expect(withoutGuard(short, undefined, text)).toEqual({ sqlstate: '22012', message: 'm' })
  })

  it('takes no position of SQL that is not the file', () => {
    const failure = databaseFailure({ sqlstate: '42601', message: 'm' }, undefined)
    expect(withoutGuard(failure, { query: 'other', position: 3 }, 'file')).toEqual(failure)
  })

  it('explains what it refuses and what it hides', () => {
    const hint = (sqlstate: string, position?: string) =>
      hintForFailure({ failure: databaseFailure({ sqlstate, message: 'm' }, position), guarded: true })
    expect(hint('0A000')).toContain('transaction statements')
    expect(hint('23505')).toContain('which statement failed')
    expect(hint('42601', '4')).toBeUndefined()
    expect(
      hintForFailure({ failure: databaseFailure({ sqlstate: '0A000', message: 'm' }, undefined) }),
    ).toBeUndefined()
  })

  it('keeps the SQL of the file out of what is printed of an error', () => {
    const error = new StatementError(databaseFailure({ message: 'm' }, undefined), [], {
      query: 'create role r password secret',
      position: 1,
    })
    expect(error.internal?.query).toContain('secret')
    expect(JSON.stringify(error)).not.toContain('secret')
    expect(Object.keys(error)).not.toContain('internal')
  })
})
