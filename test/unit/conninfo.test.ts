import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ConninfoError, parseConninfo } from '../../src/adapters/postgres/conninfo.ts'

const parse = (text: string) => Object.fromEntries(parseConninfo(text))

/** Every answer here is libpq's own (PQconninfoParse of PostgreSQL 15). */
describe('a URI is read as libpq reads it', () => {
  it.each<[string, Record<string, string>]>([
    ['postgres://', {}],
    ['postgresql://h', { host: 'h' }],
    ['postgres://h:5433/db', { host: 'h', port: '5433', dbname: 'db' }],
    ['postgres://u@h/db', { user: 'u', host: 'h', dbname: 'db' }],
    [
      'postgres://u:p%40ss%2Fw%3Ard@h/my%20db',
      { user: 'u', password: 'p@ss/w:rd', host: 'h', dbname: 'my db' },
    ],
    ['postgres://u:a:b@h/db', { user: 'u', password: 'a:b', host: 'h', dbname: 'db' }],
    ['postgres://u:p?a#b@h/db', { user: 'u', password: 'p?a#b', host: 'h', dbname: 'db' }],
    ['postgres://:p@h/db', { password: 'p', host: 'h', dbname: 'db' }],
    ['postgres://u:@h/db', { user: 'u', host: 'h', dbname: 'db' }],
    ['postgres://@h/db', { host: 'h', dbname: 'db' }],
    ['postgres://u@/db', { user: 'u', dbname: 'db' }],
    ['postgres://[::1]', { host: '::1' }],
    ['postgres://[::1]:5433/db', { host: '::1', port: '5433', dbname: 'db' }],
    ['postgres://u@[2001:db8::1234]/db', { user: 'u', host: '2001:db8::1234', dbname: 'db' }],
    ['postgres://[::1]:1,[::2]:2/', { host: '::1,::2', port: '1,2' }],
    ['postgres://%2Fvar%2Frun:5433/db', { host: '/var/run', port: '5433', dbname: 'db' }],
    ['postgres:///db?host=/tmp', { host: '/tmp', dbname: 'db' }],
    ['postgres:///db?host=h1,h2&port=1,2', { host: 'h1,h2', port: '1,2', dbname: 'db' }],
    ['postgres://h1:1,h2:2/db', { host: 'h1,h2', port: '1,2', dbname: 'db' }],
    ['postgres://h1,h2:2/db', { host: 'h1,h2', port: ',2', dbname: 'db' }],
    ['postgres://h1:1,h2/db', { host: 'h1,h2', port: '1,', dbname: 'db' }],
    ['postgres://h1,h2/db', { host: 'h1,h2', port: ',', dbname: 'db' }],
    [
      'postgres://h/db?user=x&password=y&dbname=z&port=7&host=k',
      { host: 'k', port: '7', user: 'x', password: 'y', dbname: 'z' },
    ],
    ['postgres://h?', { host: 'h' }],
    ['postgres://h/db?', { host: 'h', dbname: 'db' }],
    ['postgres://h/db?sslmode=require&', { host: 'h', dbname: 'db', sslmode: 'require' }],
    ['postgres://h/db?%73slmode=require', { host: 'h', dbname: 'db', sslmode: 'require' }],
    ['postgres://h/db?ssl=true', { host: 'h', dbname: 'db', sslmode: 'require' }],
    ['postgres://h:/db', { host: 'h', dbname: 'db' }],
    ['postgres://h/d/b', { host: 'h', dbname: 'd/b' }],
    ['postgres://h/db#x', { host: 'h', dbname: 'db#x' }],
    ['postgres://h/db?application_name=a+b', { host: 'h', dbname: 'db', application_name: 'a+b' }],
    ['postgres://h/db?options=-c%20geqo%3Doff', { host: 'h', dbname: 'db', options: '-c geqo=off' }],
  ])('%s', (text, expected) => {
    expect(parse(text)).toEqual(expected)
  })

  it.each([
    'postgres://[::1',
    'postgres://[]',
    'postgres://[::1]x/db',
    'postgres://h/db?a',
    'postgres://h/db?sslmode=a=b',
    'postgres://u:%@h/db',
    'postgres://u:%zz@h/db',
    'postgres://u:%00@h/db',
  ])('%s is refused', (text) => {
    expect(() => parse(text)).toThrow(ConninfoError)
  })

  it.each([
    'postgres://u:se/cret@h/db',
    'postgres://u:se@cret@h/db',
    'postgres://u:se/cret?word=more@h/db',
    'postgres://u:1/2?cret=more@h/db',
  ])('%s has a password that was not encoded, of which nothing is said', (text) => {
    expect(() => parse(text)).toThrow(ConninfoError)
    try {
      parse(text)
    } catch (error) {
      expect((error as Error).message).toContain('percent-encoded')
      expect((error as Error).message).not.toMatch(/cret|more|\bse\b/)
    }
  })

  it('whatever stands in it, encoded', () => {
    const part = fc.string({ minLength: 1, unit: 'grapheme' }).filter((text) => !text.includes('\0'))
    fc.assert(
      fc.property(part, part, part, (user, password, dbname) => {
        const [u, p, d] = [user, password, dbname].map(encodeURIComponent)
        expect(parse(`postgres://${u}:${p}@h/${d}`)).toEqual({ user, password, host: 'h', dbname })
      }),
    )
  })
})

describe('keyword=value pairs are read as libpq reads them', () => {
  it.each<[string, Record<string, string>]>([
    ['host=h port=5433 dbname=db user=u', { host: 'h', port: '5433', dbname: 'db', user: 'u' }],
    ["  host = h dbname = 'a b' ", { host: 'h', dbname: 'a b' }],
    ["host='it\\'s' dbname='a\\\\b'", { host: "it's", dbname: 'a\\b' }],
    ['password=a\\ b host=h', { password: 'a b', host: 'h' }],
    ["host=''", { host: '' }],
    ['host= dbname=x', { host: 'dbname=x' }],
    ['host=', { host: '' }],
    ["dbname='a'user='b'", { dbname: 'a', user: 'b' }],
    ['host=h  \t\n dbname=d', { host: 'h', dbname: 'd' }],
    ['host=h host=i', { host: 'i' }],
    ['dbname=postgres://h/db', { dbname: 'postgres://h/db' }],
    ['requiressl=1', { sslmode: 'require' }],
    ['requiressl=0', { sslmode: 'prefer' }],
    ['host=h\\', { host: 'h' }],
  ])('%s', (text, expected) => {
    expect(parse(text)).toEqual(expected)
  })

  it.each(['host', "host='abc", "dbname='a'b", "user='a''b'"])('%s is refused', (text) => {
    expect(() => parse(text)).toThrow(ConninfoError)
  })

  it('whatever stands in quotes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        fc.pre(!value.includes('\0'))
        expect(parse(`user='${value.replace(/['\\]/g, '\\$&')}' host=h`)).toEqual({ user: value, host: 'h' })
      }),
    )
  })
})
