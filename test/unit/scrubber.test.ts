import { describe, expect, it } from 'vitest'
import { createScrubber } from '../../src/core/scrubber.ts'
import { passwordsIn } from '../../src/core/written-passwords.ts'

describe('passwords that are written in a text', () => {
  it.each([
    ["create role a password 'one two'", 'one two'],
    ["ALTER USER a WITH ENCRYPTED PASSWORD\n\t'x y'", 'x y'],
    ["alter role a password /* why */ -- more\n 'xyz'", 'xyz'],
    ["alter role a password E'x\\'y'", "x\\'y"],
    ['alter role a password $q$x y$q$', 'x y'],
    ["execute 'alter role a password ''x y'''", 'x y'],
    ["alter role a password 'no end", 'no end'],
    ['alter role a password "x y"', 'x y'],
    ["options (user 'me', password 'x y')", 'x y'],
    ["create subscription s connection 'host=h password=xyz dbname=d' publication p", 'xyz'],
    ["host=h password = 'x y' dbname=d", 'x y'],
    ['postgres://me:xyz@h/d', 'xyz'],
  ])('are found in %s', (text, password) => {
    const [found, ...more] = passwordsIn(text)
    expect(found?.value).toBe(password)
    expect(text.slice(found?.start, found?.end)).toBe(password)
    expect(more).toEqual([])
  })

  it.each([
    'create table users (password text not null, "password" text)',
    "raise exception 'wrong password ';",
    "insert into t (name, password) values ('a', 'b')",
    'create index on users (password "text_ops")',
    'alter role a password null',
    "select 'https://example.com/a'",
  ])('are not seen in %s', (text) => {
    expect(passwordsIn(text)).toEqual([])
  })

  it('are looked for in a time that grows with the text, on one line too', () => {
    const line = "('http://h:80/x', 'password ', 'password=/*'), ".repeat(20_000)
    expect(passwordsIn(line).length).toBeGreaterThan(0)
  })
})

describe('the scrubber', () => {
  const scrubber = createScrubber()
  scrubber.learn({ secrets: ["p@ss'wörd", 'abc', 'admin', 'tiger'], shown: ['admin'] })

  it.each([
    ["the server says p@ss'wörd.", 'the server says ….'],
    ["in SQL p@ss''wörd", 'in SQL …'],
    ["encoded p%40ss'w%C3%B6rd, p%40ss'w%c3%b6rd, p%40ss%27w%C3%B6rd", 'encoded …, …, …'],
    [`base64 ${Buffer.from("p@ss'wörd").toString('base64')}`, 'base64 …'],
    ['too short: abc', 'too short: abc'],
    ['a user is shown: admin', 'a user is shown: admin'],
    ['tigers are not the tiger', 'tigers are not the …'],
  ])('makes of %j %j', (text, expected) => {
    expect(scrubber.text(text)).toBe(expected)
  })

  it('keeps the columns of excerpts and everything that is no text', () => {
    const excerpt = {
      line: 1,
      column: 40,
      lines: [{ number: 1, text: "alter role a password 'xy' oops tiger" }],
    }
    const report = { ok: false, head: null, at: undefined, error: { message: 'tiger', excerpt } }
    expect(scrubber.clean(report)).toEqual({
      ok: false,
      head: null,
      at: undefined,
      error: {
        message: '…',
        excerpt: { ...excerpt, lines: [{ number: 1, text: "alter role a password '**' oops *****" }] },
      },
    })
    expect(report.error.message).toBe('tiger')
  })

  it('takes a short one of a file for a password in quotes only: it may be a name as well', () => {
    const learned = createScrubber()
    learned.learnFrom("alter role a password 'sorrow';", 'sql')
    expect(learned.text('at or near "\'sorrow\'" or "sorrow"')).toBe('at or near "\'…\'" or "…"')
    expect(learned.text('the table app.sorrow')).toBe('the table app.sorrow')
  })

  it('knows what is written in connection strings and in SQL', () => {
    const learned = createScrubber()
    learned.learnFrom('postgres://u:h%40ppy@h/d', 'conninfo')
    learned.learnFrom("alter role a password 'sorrowful';", 'sql')
    learned.learnFrom('update users set password=email', 'sql')
    expect(learned.text('h@ppy h%40ppy, sorrowful: email')).toBe('… …, …: email')
  })
})
