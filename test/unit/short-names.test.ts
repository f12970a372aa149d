import { describe, expect, it } from 'vitest'
import { firstSchema, withoutSchema } from '../../src/core/short-names.ts'

describe('a statement without a schema', () => {
  it.each([
    ['DROP TYPE public.mood', 'DROP TYPE mood'],
    ['DROP FUNCTION public.f(public.t, app.u)', 'DROP FUNCTION f(t, app.u)'],
    ['ALTER TABLE public."T x" DROP COLUMN public', 'ALTER TABLE "T x" DROP COLUMN public'],
    ['DROP TABLE app.public', 'DROP TABLE app.public'],
    ['DROP TABLE "public".t', 'DROP TABLE "public".t'],
    ['DROP TABLE publication.t', 'DROP TABLE publication.t'],
    ["COMMENT ON TABLE public.t IS 'in public.t'", "COMMENT ON TABLE t IS 'in public.t'"],
    [
      'CREATE FUNCTION public.f() AS $$ select public.g() $$',
      'CREATE FUNCTION f() AS $$ select public.g() $$',
    ],
    ['DROP SCHEMA public', 'DROP SCHEMA public'],
    ['SELECT 1 -- public.t', 'SELECT 1 -- public.t'],
  ])('%s is %s', (statement, expected) => {
    expect(withoutSchema(statement, 'public')).toBe(expected)
  })

  it('is found for quoted schemas, written as they have to be', () => {
    expect(withoutSchema('DROP TABLE "My app".t, my.t', '"My app"')).toBe('DROP TABLE t, my.t')
  })

  it('keeps a column of a table that is called like the schema', () => {
    expect(withoutSchema('ALTER TABLE app.public.x', 'public')).toBe('ALTER TABLE app.public.x')
  })
})

describe('the first schema of a search path', () => {
  it.each([
    ['"$user", public', 'public'],
    ['$user,app , public', 'app'],
    ['"My app", public', '"My app"'],
    ['', undefined],
    ['"$user"', undefined],
    ['"a,b", c', '"a,b"'],
  ])('of %s is %s', (path, expected) => {
    expect(firstSchema(path)).toBe(expected)
  })
})
