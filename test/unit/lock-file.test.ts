import { describe, expect, it } from 'vitest'
import {
  LOCK_FILE,
  lockFindings,
  lockMigrations,
  parseLockFile,
  renderLockFile,
} from '../../src/core/lock-file.ts'
import { codes, migration, source } from './values.ts'

const head = `v1:${'0a'.repeat(32)}`
const first = migration('001', 'a')
const second = migration('0002', 'b', 'create table b ()', 'drop table b')
const parse = (text: string) => parseLockFile(source(LOCK_FILE, text))

describe('a lock file', () => {
  it.each([head, undefined])('comes back as it was written (head %s)', (pinned) => {
    const lock = { head: pinned, migrations: lockMigrations([first, second]) }
    expect(parse(renderLockFile(lock))).toEqual({ lock, findings: [] })
    expect(parse(renderLockFile(lock).replaceAll('\n', '\r\n'))).toEqual({ lock, findings: [] })
    expect(lockFindings(lock, [first, second])).toEqual([])
  })

  it('has a line for each migration, in the order of the versions', () => {
    const migrations = lockMigrations([migration('10', 'z'), migration('9', 'y')])
    const lines = renderLockFile({ head, migrations }).split('\n')
    expect(lines[0]).toMatch(/^# /)
    expect(lines.slice(1).map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      `head ${head}`,
      '9 y',
      '10 z',
      '',
    ])
  })

  it('knows a migration without a down', () => {
    const lock = { head: undefined, migrations: [{ version: '1', name: 'a', up: 'v1:ab', down: null }] }
    expect(renderLockFile(lock)).toContain('\n1 a v1:ab -\n')
    expect(parse(renderLockFile(lock)).lock).toEqual(lock)
  })

  it.each([
    ['<<<<<<< HEAD', 'merge conflict'],
    ['=======', 'merge conflict'],
    ['>>>>>>> other', 'merge conflict'],
    ['001 a v1:ab', 'none of a lock file'],
    ['001 a/b v1:ab v1:cd', 'none of a lock file'],
    ['head none', 'none of a lock file'],
    [`head ${head}\nhead ${head}`, 'pins two heads', 3],
    ['1 a v1:ab -\n001 b v1:ab -', 'has two lines for 001', 3],
  ])('is not one with the line %j', (line, words, at = 2) => {
    const { findings } = parse(`# heading\n${line}\n`)
    expect(findings).toMatchObject([
      { code: 'LOCKFILE_INVALID', severity: 'error', location: { file: LOCK_FILE, line: at } },
    ])
    expect(findings[0]?.message).toContain(words)
    expect(findings[0]?.hint).toContain('sqlmig lock')
  })

  it('is none when it cannot be read', () => {
    expect(codes(parseLockFile({ file: LOCK_FILE, problem: 'is a symbolic link' }).findings)).toEqual([
      'LOCKFILE_INVALID',
    ])
    expect(codes(parseLockFile({ file: LOCK_FILE, bytes: new Uint8Array([0xff]) }).findings)).toEqual([
      'LOCKFILE_INVALID',
    ])
  })
})

describe('a folder that is not as its lock file says', () => {
  const lock = { head: undefined, migrations: lockMigrations([first, second]) }
  const problems = (...migrations: Parameters<typeof lockFindings>[1]) =>
    lockFindings(lock, migrations).map(({ version, facts }) => `${version} ${facts?.['problem']}`)

  it('has another up, down or name, or lacks a line or the files', () => {
    expect(problems(first, migration('002', 'b', 'select 1', 'drop table b'))).toEqual(['002 up'])
    expect(problems(first, migration('002', 'b', 'create table b ()', 'select 1'))).toEqual(['002 down'])
    expect(problems(first, migration('002', 'c', 'create table b ()', 'drop table b'))).toEqual(['002 name'])
    expect(problems(first, second, migration('3'))).toEqual(['3 line-missing'])
    expect(problems(first)).toEqual(['0002 files-missing'])
    expect(problems()).toHaveLength(2)
  })

  it('is told with the file and what to do', () => {
    const [found] = lockFindings(lock, [first, migration('002', 'b', 'create table b ()', 'select 1')])
    expect(found).toMatchObject({
      code: 'LOCKFILE_MISMATCH',
      severity: 'error',
      message: 'sqlmig.lock knows another text of 002_b.down.sql',
      location: { file: '002_b.down.sql' },
    })
    expect(found?.hint).toContain('sqlmig lock')
  })
})
