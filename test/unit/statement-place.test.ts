import { describe, expect, it } from 'vitest'
import { pairFiles } from '../../src/core/migration.ts'
import { splitLexically } from '../../src/core/split.ts'
import { placeInStatement } from '../../src/core/statement-place.ts'
import { source } from './values.ts'

/** `line:column` of a name in the statement of this number, 0-based. */
function placeOf(name: string, text: string, statement = 0): string {
  const [migration] = pairFiles([source('001_a.up.sql', text), source('001_a.down.sql')]).migrations
  const span = splitLexically(migration?.up.text ?? '')[statement]
  if (migration === undefined || span === undefined) throw new Error('no such statement')
  const { location } = placeInStatement(migration.up, span, name)
  expect(location.file).toBe('001_a.up.sql')
  return `${location.line}:${location.column}`
}

describe('the place of an object in a statement', () => {
  it('is the clause of ALTER TABLE that names it', () => {
    const text =
      'alter table t\n  add column a int,\n  add column ab int\n    default 1,\n  add constraint b check (a > 0);'
    expect(placeOf('a', text)).toBe('2:3')
    expect(placeOf('ab', text)).toBe('3:3')
    expect(placeOf('b', text)).toBe('5:3')
  })

  it('is the statement in a DO block that names it', () => {
    const text = `create table t ();\ndo $$\nbegin\n  execute 'create table one ()';\n  create type\n    mood as enum ();\nend $$;`
    expect(placeOf('one', text, 1)).toBe('4:12')
    expect(placeOf('mood', text, 1)).toBe('5:3')
  })

  it('is the beginning of the statement where nothing names it', () => {
    expect(placeOf('t_id_seq', 'select 1;\n\n  create table t (id serial);', 1)).toBe('3:3')
    expect(placeOf('', 'create table t ();')).toBe('1:1')
    expect(placeOf('f', 'select f, create_all();')).toBe('1:1')
  })

  it('does not mind the letter case of names and keywords', () => {
    expect(placeOf('b', 'ALTER TABLE t\n  ADD a int,\n  ADD B int;')).toBe('3:3')
  })

  it.each([
    ['"b""q"', '"b""q"'],
    ['"Co l"', '"Co l"'],
    ['"Ünï"', '"Ünï"'],
    ['"a.b"', '"a.b"'],
    ['"(x)"', '"(x)"'],
    ['a$b', 'a$b'],
  ])('is found for the name %s', (name, written) => {
    expect(placeOf(name, `alter table t\n  add other int,\n  add ${written} int;`)).toBe('3:3')
  })

  it('is not found in a longer name', () => {
    expect(placeOf('"Ün"', 'alter table t\n  add "Ünï" int,\n  add "Ün" int;')).toBe('3:3')
    expect(placeOf('a$', 'alter table t\n  add a$b int,\n  add a$ int;')).toBe('3:3')
  })

  it('counts lines and columns as the file has them', () => {
    expect(placeOf('b', 'create table "🙂" ();\r\n/* 🙂 */ alter table x add b int;', 1)).toBe('2:23')
  })
})
